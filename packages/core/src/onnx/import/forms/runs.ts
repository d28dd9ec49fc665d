/**
 * @file One form for what exporters write as several nodes: activations, normalisations, softmax. A run of element-wise nodes and
 * means is grown backwards from each node until it hangs on one tensor, and is then known by what it computes. The file's own nodes
 * still run; what is told of them, and how they are scored, is that of the one operator that they act as.
 */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type NodeProto,
  NodeProtoSchema,
} from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import { isSameShape } from "../../../graph/operator.js";
import { intOf, intsOf, readsOf } from "../file/attributes.js";
import {
  activationOf,
  bends,
  elementwise,
  type KnownFunction,
  normalisationOf,
  POINTS,
  reductions,
  SAMPLES,
  standInOf,
} from "./functions.js";

/** One node of a file, or several that act as one. */
export interface Unit {
  /** What runs. */
  readonly nodes: readonly NodeProto[];
  /** What it is. It reads the tensor that enters the unit first, and gives what the last of the nodes gives. */
  readonly node: NodeProto;
  /** What tables call it, where that is not its operator. */
  readonly title?: string;
}

/** What is known of a file's tensors. */
export interface Tensors {
  /** The value of a constant of one element. */
  scalarOf(name: string): number | undefined;
  /** Whether a tensor is a stored float that is no such constant. */
  isStored(name: string): boolean;
  integersOf(name: string): readonly number[] | undefined;
  shapeOf(name: string): Shape | undefined;
  /** Whether constants were float16. */
  readonly isHalf: boolean;
}

/** Nodes of the longest run that is known: a normalisation as TensorFlow writes it, with changes of type. */
const LONGEST = 16;

/** Bends of the most that one function has. */
const MOST_BENDS = 5;

/** Tensors of the most that a run hangs on while it is grown. */
const WIDEST = 6;

/** Operators that give no numbers, but truth. */
const comparisons = new Set(["Greater", "GreaterOrEqual", "Less", "LessOrEqual"]);

/** Runs of a file that are compared with functions, at most: a few for each activation. No exporter writes more. */
const MOST_ATTEMPTS = 10_000;

/** What stands for another operator by itself. */
const standingIn = new Set(["Max", "Where"]);

/** Operators that read numbers in their first input alone. */
const ofFirst = new Set(["Cast", "Expand", ...Object.keys(reductions)]);

/** Units in order: each run that computes a known function of one tensor is one. */
export function unitsOf(nodes: readonly NodeProto[], outputs: readonly string[], tensors: Tensors): readonly Unit[] {
  const index = new RunIndex(nodes, outputs, tensors);
  const taken = new Set<NodeProto>();
  const runs = new Map<NodeProto, Unit>();
  // From the back, so that the longest run that ends in a node is looked for before its parts.
  for (const last of nodes.toReversed()) {
    if (taken.has(last)) continue;
    const unit = index.runEndingIn(last, taken);
    if (unit === undefined) continue;
    for (const node of unit.nodes) taken.add(node);
    runs.set(last, unit);
  }
  return nodes.flatMap((node) => runs.get(node) ?? (taken.has(node) ? [] : { nodes: [node], node }));
}

/** The tensors that a unit reads of what is around it: those of the operator that it acts as first. */
export function readsOfUnit({ nodes, node }: Unit): readonly string[] {
  const inner = new Set(nodes.flatMap(({ output }) => output));
  return [...new Set([...readsOf(node), ...nodes.flatMap(readsOf)])].filter((name) => !inner.has(name));
}

/** A run while it is grown. */
interface Run {
  readonly last: NodeProto;
  /** The latest first. */
  readonly nodes: NodeProto[];
  /** What it hangs on and is computed by nodes. */
  readonly open: Set<string>;
  readonly stored: string[];
  readonly within: Map<string, number>;
  bends: number;
  /** Axes that means are taken over. */
  axes?: readonly number[];
}

class RunIndex {
  readonly #giver = new Map<string, NodeProto>();
  readonly #place = new Map<NodeProto, number>();
  readonly #readers = new Map<string, number>();
  readonly #scalars = new Map<string, number>();
  readonly #tensors: Tensors;
  #attempts = 0;

  constructor(nodes: readonly NodeProto[], outputs: readonly string[], tensors: Tensors) {
    this.#tensors = tensors;
    nodes.forEach((node, i) => {
      this.#place.set(node, i);
      for (const name of node.output) this.#giver.set(name, node);
      for (const name of new Set(readsOf(node))) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
      this.#foldScalar(node);
    });
    for (const name of outputs) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
  }

  /** What is computed of constants of one element is one. */
  #foldScalar(node: NodeProto): void {
    const evaluate = this.#isKnown(node) ? elementwise[node.opType] : undefined;
    if (evaluate === undefined || node.input.length > WIDEST || node.opType === "Expand") return;
    const inputs = operandsOf(node).map((name) => this.#scalarOf(name));
    if (inputs.length > 0 && operandsOf(node).every((name, i) => name === "" || inputs[i] !== undefined)) {
      this.#scalars.set(node.output[0] ?? "", evaluate(node, inputs));
    }
  }

  #scalarOf(name: string): number | undefined {
    return this.#scalars.get(name) ?? this.#tensors.scalarOf(name);
  }

  /** The longest run that ends in a node and computes a known function. */
  runEndingIn(last: NodeProto, taken: ReadonlySet<NodeProto>): Unit | undefined {
    const run: Run = { last, nodes: [], open: new Set(), stored: [], within: new Map(), bends: 0 };
    let best: Unit | undefined;
    for (let next: NodeProto | undefined = last; next !== undefined && run.nodes.length < LONGEST; ) {
      if (taken.has(next) || !this.#added(run, next)) break;
      if (run.open.size === 1) best = this.#known(run) ?? best;
      next = this.#latest(run.open);
    }
    return best;
  }

  /** Adds a node to a run, if it can be part of one and nothing outside of the run reads what it gives. */
  #added(run: Run, node: NodeProto): boolean {
    const [output = "", ...others] = node.output;
    if (!this.#isKnown(node) || others.length > 0 || node.input.length > WIDEST) return false;
    if (node !== run.last && this.#readers.get(output) !== run.within.get(output)) return false;
    if (isReduction(node)) {
      const axes = this.#axesOf(node);
      if (axes === undefined || (run.axes !== undefined && run.axes.join() !== axes.join())) return false;
      run.axes = axes;
    }
    if (bends.has(node.opType) && ++run.bends > MOST_BENDS) return false;
    run.nodes.push(node);
    run.open.delete(output);
    for (const name of new Set(operandsOf(node))) {
      if (name === "") continue;
      run.within.set(name, (run.within.get(name) ?? 0) + 1);
      if (this.#scalarOf(name) !== undefined) continue;
      if (!this.#tensors.isStored(name)) run.open.add(name);
      else if (!run.stored.includes(name)) run.stored.push(name);
    }
    return run.open.size <= WIDEST;
  }

  #isKnown(node: NodeProto): boolean {
    const { opType, domain } = node;
    if (domain !== "" && domain !== "ai.onnx") return false;
    if (opType === "Cast" && ![DataType.FLOAT, DataType.BOOL].includes(intOf(node, "to", 0))) return false;
    return Object.hasOwn(elementwise, opType) || Object.hasOwn(reductions, opType);
  }

  /** The axes of a mean that leaves them at a length of 1. */
  #axesOf(node: NodeProto): readonly number[] | undefined {
    const [x = "", given = ""] = node.input;
    const rank = this.#tensors.shapeOf(x)?.length;
    const axes = given === "" ? intsOf(node, "axes") : this.#tensors.integersOf(given);
    if (rank === undefined || axes === undefined || axes.length === 0 || intOf(node, "keepdims", 1) !== 1)
      return undefined;
    return axes.map((axis) => (axis < 0 ? axis + rank : axis)).toSorted((a, b) => a - b);
  }

  #latest(open: ReadonlySet<string>): NodeProto | undefined {
    let latest: NodeProto | undefined;
    for (const name of open) {
      const giver = this.#giver.get(name);
      if (giver !== undefined && this.#placeOf(giver) > this.#placeOf(latest)) latest = giver;
    }
    return latest;
  }

  #placeOf(node: NodeProto | undefined): number {
    return node === undefined ? -1 : (this.#place.get(node) ?? -1);
  }

  /** The run as one node, if it computes a function that is known. */
  #known(run: Run): Unit | undefined {
    const [input = ""] = run.open;
    const shape = this.#tensors.shapeOf(input);
    if (shape === undefined || (run.bends === 0 && run.axes === undefined)) return undefined;
    if (givesTruth(run.last)) return undefined;
    if (run.nodes.length === 1 && !standingIn.has(run.last.opType)) return undefined;
    if (!this.#keepsShape(run, shape) || ++this.#attempts > MOST_ATTEMPTS) return undefined;
    const nodes = run.nodes.toReversed();
    const known =
      run.axes === undefined ? this.#activation(run, nodes, input) : this.#normalisation(run, nodes, input, shape);
    if (known === undefined) return undefined;
    const operands = (known.operands ?? []).map((i) => run.stored[i] ?? "");
    const node = create(NodeProtoSchema, {
      name: run.last.name,
      opType: known.opType,
      domain: known.domain ?? "",
      input: [input, ...operands],
      output: run.last.output,
      attribute: Object.entries(known.attributes ?? {}).map(([name, value]) => attributeOf(name, value)),
    });
    return { nodes, node, ...(known.title !== undefined && { title: known.title }) };
  }

  /** Whether all that is computed has the shape of what enters, but for means. */
  #keepsShape({ nodes, axes, last }: Run, shape: Shape): boolean {
    const reduced = axes && shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return nodes.every((node) => {
      const given = this.#tensors.shapeOf(node.output[0] ?? "");
      if (given === undefined) return false;
      return isSameShape(given, shape) || (node !== last && reduced !== undefined && isSameShape(given, reduced));
    });
  }

  #activation(run: Run, nodes: readonly NodeProto[], input: string): KnownFunction | undefined {
    const stored = run.stored.map((_, i) => standInOf(i, POINTS.length));
    return activationOf(this.#evaluate(run, nodes, input, POINTS, stored, 1), stored, this.#tensors.isHalf);
  }

  #normalisation(run: Run, nodes: readonly NodeProto[], input: string, shape: Shape): KnownFunction | undefined {
    const { axes = [] } = run;
    const n = elements(axes.map((axis) => shape[axis] ?? 1));
    const stored = run.stored.map((_, i) => standInOf(i, SAMPLES.length));
    const known = normalisationOf((values) => this.#evaluate(run, nodes, input, values, stored, n), stored, n);
    const [first = 0] = axes;
    const isTrailing = first + axes.length === shape.length;
    if (known === undefined) return undefined;
    if (known.opType === "Softmax" || known.opType === "LpNormalization") {
      return axes.length === 1 ? { ...known, attributes: { ...known.attributes, axis: first } } : undefined;
    }
    const { opType, title = opType } = known;
    // Over other axes than the last it is none of ONNX's, and of no closed form.
    return isTrailing
      ? { ...known, attributes: { ...known.attributes, axis: first } }
      : { ...known, domain: "esnas", title };
  }

  /** What a run gives for numbers of the tensor that enters it. */
  #evaluate(
    run: Run,
    nodes: readonly NodeProto[],
    input: string,
    values: readonly number[],
    stored: readonly (readonly number[])[],
    n: number,
  ): readonly number[] {
    const known = new Map<string, Numbers>([[input, values]]);
    run.stored.forEach((name, i) => {
      known.set(name, stored[i] ?? []);
    });
    let result: readonly number[] = values;
    for (const node of nodes) {
      const operands = operandsOf(node).map((name) => known.get(name) ?? [this.#scalarOf(name)]);
      result = isReduction(node) ? reduced(node, operands[0] ?? [], n) : broadcasted(node, operands);
      known.set(node.output[0] ?? "", result);
    }
    return result;
  }
}

function givesTruth(node: NodeProto): boolean {
  return comparisons.has(node.opType) || (node.opType === "Cast" && intOf(node, "to", 0) === DataType.BOOL);
}

type Numbers = readonly (number | undefined)[];

function isReduction({ opType }: NodeProto): boolean {
  return Object.hasOwn(reductions, opType);
}

function reduced({ opType }: NodeProto, operand: Numbers, n: number): number[] {
  const values = operand.map((value = Number.NaN) => value);
  return [reductions[opType]?.(values, n) ?? Number.NaN];
}

function broadcasted(node: NodeProto, operands: readonly Numbers[]): number[] {
  const evaluate = elementwise[node.opType];
  const length = operands.reduce((longest, operand) => Math.max(longest, operand.length), 1);
  const result = new Array<number>(length).fill(Number.NaN);
  const inputs = new Array<number | undefined>(operands.length);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < operands.length; k++) inputs[k] = operands[k]?.[operands[k]?.length === 1 ? 0 : i];
    result[i] = evaluate?.(node, inputs) ?? Number.NaN;
  }
  return result;
}

/** The inputs of a node that it computes with. */
function operandsOf({ opType, input }: NodeProto): readonly string[] {
  return ofFirst.has(opType) ? input.slice(0, 1) : input;
}

function attributeOf(name: string, value: number | string) {
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeKind.STRING,
      s: Uint8Array.from(value, (c) => c.charCodeAt(0)),
    });
  }
  return name === "axis" || name === "p" || name === "negated"
    ? create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(value) })
    : create(AttributeProtoSchema, { name, type: AttributeKind.FLOAT, f: value });
}
