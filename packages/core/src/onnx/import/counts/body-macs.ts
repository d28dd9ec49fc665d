/**
 * @file Multiply-accumulates of the bodies of If, Loop and Scan. The shapes in them are seen as those around them are: the file is run
 * once, with the shapes of what a body multiplies as further outputs of the body, a row for each time that it runs.
 */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type GraphProto,
  type NodeProto,
  TensorProtoSchema,
} from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { elements, type Shape } from "../../../graph/graph.js";
import type { Runtime, TensorData } from "../../../runtime/session.js";
import { changed, subgraphsOf } from "../file/attributes.js";
import { made } from "../file/made-nodes.js";
import type { NormalisedFile } from "../forms/normalise.js";
import type { Role } from "../roles/roles.js";
import { floatInfo, type Opsets, runOnZeros, shapeNodes } from "../shapes.js";
import { signalsOf } from "./gates.js";
import { countingOf, macsOfNode } from "./macs.js";
import { operatorName } from "./operators.js";

export interface BodyMacs {
  readonly macs: number;
  /** What is not counted, as a note has it. */
  readonly uncounted: readonly string[];
}

/**
 * Multiply-accumulates of nodes with bodies, by the name of a node's first output.
 * @param input - The shape of one image.
 */
export async function macsOfBodies(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
): Promise<ReadonlyMap<string, BodyMacs>> {
  const nodesWithBodies = file.nodes.filter(multiplies);
  if (nodesWithBodies.length === 0) return new Map();
  const signals = signalsOf([file.input.name], file.nodes);
  const settled = new Set(nodesWithBodies.filter((node) => isSettled(node, signals, opsets)));
  const probes = new Probes();
  const nodes = file.nodes.map((node) => (settled.has(node) ? probes.addTo(node) : node));
  const counted = await macsSeen(runtime, { ...file, nodes, outputs: probes.outputs }, roles, input, opsets, probes);
  return new Map(
    nodesWithBodies.map((node) => {
      const [output = ""] = node.output;
      const seen = settled.has(node) ? (counted?.get(output) ?? (counted && NONE)) : undefined;
      if (seen === undefined) return [output, { macs: 0, uncounted: [`the bodies of ${operatorName(node)}`] }];
      return [output, { macs: seen.macs, uncounted: [...seen.uncounted, ...uncountedIn(node)] }];
    }),
  );
}

const NONE: BodyMacs = { macs: 0, uncounted: [] };

/** `undefined` where ONNX Runtime does not run the file with further outputs, whose lengths change from one time to the next. */
async function macsSeen(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
  probes: Probes,
): Promise<ReadonlyMap<string, BodyMacs> | undefined> {
  if (probes.outputs.length === 0) return new Map();
  try {
    return probes.macs(await runOnZeros(runtime, file, roles, input, opsets));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

/** Whether a node has bodies in which something multiplies and accumulates, or may do so. */
function multiplies(node: NodeProto): boolean {
  if (countingOf(node) !== "bodies") return false;
  return innerNodes(node).some((inner) => multiplies(inner) || !["none", "bodies"].includes(countingOf(inner)));
}

function innerNodes(node: NodeProto): readonly NodeProto[] {
  return subgraphsOf(node).flatMap((graph) => graph.node);
}

function uncountedIn(node: NodeProto): readonly string[] {
  return innerNodes(node).flatMap((inner) => {
    const counting = countingOf(inner);
    if (counting === "bodies") return uncountedIn(inner);
    return counting === "uncounted" || counting === "unknown" ? [operatorName(inner)] : [];
  });
}

/** Rounds until it is settled which states of a loop hang on the image, at most. */
const MOST_ROUNDS = 8;

/** The opset since which Scan has no batch of its own. */
const OPSET_OF_SCAN = 9;

/** Whether how often bodies run, and which, is the same for all images. */
function isSettled(node: NodeProto, signals: ReadonlySet<string>, opsets: Opsets): boolean {
  const [first = "", second = ""] = node.input;
  switch (node.opType) {
    case "If":
      return !signals.has(first) && subgraphsOf(node).every((body) => areSettled(body, signals, opsets));
    case "Loop": {
      const [body] = subgraphsOf(node);
      if (body === undefined || signals.has(first) || signals.has(second)) return false;
      const inner = signalsInLoop(node, body, signals);
      return inner !== undefined && !inner.has(body.output[0]?.name ?? "") && areSettled(body, inner, opsets);
    }
    case "Scan": {
      const [body] = subgraphsOf(node);
      const inputs = body?.input.map(({ name }) => name) ?? [];
      const isRead = (opsets.opsets.get("") ?? 0) >= OPSET_OF_SCAN && body !== undefined;
      return isRead && areSettled(body, signalsIn(body, [...signals, ...inputs]), opsets);
    }
    default:
      return false;
  }
}

function areSettled(body: GraphProto, signals: ReadonlySet<string>, opsets: Opsets): boolean {
  const inner = signalsIn(body, [...signals]);
  return body.node.every((node) => !multiplies(node) || isSettled(node, inner, opsets));
}

/** Tensors in a body that hang on the image; `undefined` where they are not settled soon. */
function signalsInLoop(
  { input: [, , ...initial] }: NodeProto,
  body: GraphProto,
  signals: ReadonlySet<string>,
): ReadonlySet<string> | undefined {
  const states = initial.map((name, i) => ({
    before: body.input[2 + i]?.name ?? "",
    after: body.output[1 + i]?.name ?? "",
    isSignal: signals.has(name),
  }));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const inner = signalsIn(body, [
      ...signals,
      ...states.filter(({ isSignal }) => isSignal).map(({ before }) => before),
    ]);
    const late = states.filter(({ isSignal, after }) => !isSignal && inner.has(after));
    if (late.length === 0) return inner;
    for (const state of late) state.isSignal = true;
  }
  return undefined;
}

function signalsIn(body: GraphProto, from: readonly string[]): ReadonlySet<string> {
  return signalsOf(from, body.node);
}

/** A node of a body, with the names under which the shapes of its tensors come out of the run. */
interface Site {
  /** First output of the node around it that is in no body. */
  readonly of: string;
  readonly node: NodeProto;
  readonly probes: ReadonlyMap<string, string>;
}

/** In place of a shape: the branch was not taken. */
const NOT_TAKEN = -1;

/** A probe as one depth of bodies calls it: a name is given once in a file. */
function named(probe: string, depth: number): string {
  return `${probe}:${depth}`;
}

/** Shapes in bodies, which are handed out of each body around them. */
class Probes {
  /** As the graph itself calls them. */
  readonly outputs: string[] = [];
  readonly #sites: Site[] = [];
  #count = 0;

  /** The node with the shapes of what its bodies multiply as further outputs. */
  addTo(node: NodeProto): NodeProto {
    const added = this.#added(node, node.output[0] ?? "", 0);
    for (const probe of added.probes) this.outputs.push(named(probe, 0));
    return added.node;
  }

  #added(node: NodeProto, of: string, depth: number): { readonly node: NodeProto; readonly probes: readonly string[] } {
    const bodies = new Map(subgraphsOf(node).map((body) => [body, this.#inside(body, of, depth + 1)]));
    const probes = [...bodies.values()].flatMap((inside) => inside.probes);
    const withOutputs = (body: GraphProto): GraphProto => {
      const inside = bodies.get(body);
      const own = new Set(inside?.probes);
      const missing = probes.filter((probe) => !own.has(probe));
      return changed(body, {
        node: [...missing.map((probe) => notTaken(named(probe, depth + 1))), ...(inside?.nodes ?? body.node)],
        output: [...body.output, ...probes.map((probe) => floatInfo({ name: named(probe, depth + 1) }))],
      });
    };
    const attribute = node.attribute.map((one) =>
      one.g === undefined ? alongFirstAxis(one, probes.length) : changed(one, { g: withOutputs(one.g) }),
    );
    const [body] = bodies.keys();
    const unread = (body?.output.length ?? 0) - (node.opType === "Loop" ? 1 : 0) - node.output.length;
    const output = [
      ...node.output,
      ...Array.from({ length: Math.max(0, unread) }, () => this.#name()),
      ...probes.map((probe) => named(probe, depth)),
    ];
    return { node: changed(node, { attribute, output }), probes };
  }

  #inside(body: GraphProto, of: string, depth: number) {
    const nodes: NodeProto[] = [];
    const probes: string[] = [];
    for (const node of body.node) {
      if (multiplies(node)) {
        const added = this.#added(node, of, depth);
        nodes.push(added.node);
        for (const probe of added.probes) probes.push(probe);
        continue;
      }
      nodes.push(node);
      if (countingOf(node) !== "counted") continue;
      const read = [...new Set([...node.input, node.output[0] ?? ""])].filter((name) => name !== "");
      const site = new Map(read.map((name) => [name, this.#name()]));
      this.#sites.push({ of, node, probes: site });
      for (const [name, probe] of site) for (const node of shapeNodes(name, named(probe, depth))) nodes.push(node);
      for (const probe of site.values()) probes.push(probe);
    }
    return { nodes, probes };
  }

  #name(): string {
    return `esnas:body:${this.#count++}`;
  }

  /** @param seen - What the run gave for the outputs. */
  macs(seen: Readonly<Record<string, TensorData>>): ReadonlyMap<string, BodyMacs> {
    const result = new Map<string, BodyMacs>();
    for (const { of, node, probes } of this.#sites) {
      const rows = new Map([...probes].map(([name, probe]) => [name, rowsOf(seen[named(probe, 0)])]));
      const known = result.get(of) ?? { macs: 0, uncounted: [] };
      let macs: number | undefined = 0;
      for (let time = 0; time < (rows.get(node.output[0] ?? "")?.count ?? 0); time++) {
        const shapes = new Map([...rows].map(([name, { row }]) => [name, row(time)]));
        if ([...shapes.values()].some(([first]) => first === NOT_TAKEN)) continue;
        const once = macsOfNode(node, (name) => shapes.get(name));
        macs = once === undefined || macs === undefined ? undefined : macs + once;
      }
      const uncounted = macs === undefined ? [...known.uncounted, operatorName(node)] : known.uncounted;
      result.set(of, { macs: known.macs + (macs ?? 0), uncounted });
    }
    return result;
  }
}

/** Shapes, one for each time that a body ran. */
function rowsOf(tensor: TensorData | undefined) {
  const rank = tensor?.shape.at(-1) ?? 0;
  return {
    count: elements(tensor?.shape.slice(0, -1) ?? [0]),
    row: (time: number): Shape => [...(tensor?.data.subarray(time * rank, (time + 1) * rank) ?? [])],
  };
}

function notTaken(output: string): NodeProto {
  const t = create(TensorProtoSchema, { dims: [1n], dataType: DataType.FLOAT, floatData: [NOT_TAKEN] });
  const value = create(AttributeProtoSchema, { name: "value", type: AttributeKind.TENSOR, t });
  return made("Constant", [], [output], [value]);
}

/** Axes and directions of a Scan's outputs, with those of further ones. */
function alongFirstAxis(attribute: AttributeProto, more: number): AttributeProto {
  if (!attribute.name.startsWith("scan_output_")) return attribute;
  return changed(attribute, { ints: [...attribute.ints, ...new Array<bigint>(more).fill(0n)] });
}
