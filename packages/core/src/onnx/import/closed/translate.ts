/**
 * @file A file's graph as a graph of ours: nodes of the closed set where they do what the file's do, opaque ones in all other places.
 * Where all are of the closed set the graph is as if it had been built here; else the file's own nodes run in their places.
 */

import type { NodeProto } from "onnx-buf";
import { GraphError, InputError } from "../../../base/errors.js";
import {
  type Constant,
  elements,
  type Graph,
  type Node,
  type OpaqueName,
  type Parameter,
  type Shape,
} from "../../../graph/graph.js";
import { isSameShape, type Operand } from "../../../graph/operator.js";
import { rulesOf as rulesOfOperator } from "../../../graph/rules.js";
import type { BodyMacs } from "../counts/body-macs.js";
import { gatesOf, signalsOf } from "../counts/gates.js";
import { countingOf, macsOfNode } from "../counts/macs.js";
import { cutsAtZero, gates, nonlinearities, nonlinearityInputOf } from "../counts/nonlinearities.js";
import { operatorName } from "../counts/operators.js";
import type { NormalisedFile } from "../forms/normalise.js";
import { readsOfUnit, type Unit } from "../forms/runs.js";
import { takesAnyBatch } from "../image/batch.js";
import type { Role } from "../roles/roles.js";
import { type Opsets, settingsOf } from "../shapes.js";
import { alongAxesOf } from "./axis-maps.js";
import { closedFormsOf } from "./closed.js";
import { contractionOf } from "./contractions.js";
import type { Closed, FreshConstant, Surroundings } from "./form.js";

/** Where weights come from: drawn anew by seed, or as they are in the file. */
export const weightSources = ["random", "file"] as const satisfies readonly WeightSource[];

export type WeightSource = "random" | "file";

/** What was seen of tensors when the file was run. */
export interface SeenTensors {
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Numbers of those that say where nodes read. */
  readonly indices: ReadonlyMap<string, readonly number[]>;
}

export interface Translation {
  readonly graph: Graph;
  /** What nodes are called in tables, by name; parts of one node of the file but for the last have none. */
  readonly titles: ReadonlyMap<string, string>;
  /** What multiplies and accumulates, or may do so, and is not counted. */
  readonly uncounted: readonly string[];
}

export interface TranslationOptions {
  readonly opsets: Opsets;
  readonly weights: WeightSource;
  /** Multiply-accumulates of nodes with bodies, by their first output. */
  readonly bodies: ReadonlyMap<string, BodyMacs>;
}

/** Gates that are open or shut; what tanh gives is a signal. */
const sigmoids = new Set(["HardSigmoid", "Sigmoid"]);

/** The identity in a linearised network. */
const passing = new Set([
  "Cast",
  "Dropout",
  "GroupNormalization",
  "Identity",
  "InstanceNormalization",
  "LRN",
  "LayerNormalization",
  "MeanVarianceNormalization",
  "QuantizeLinear",
  "RMSNormalization",
  "SimplifiedLayerNormalization",
]);

/** @param fixedBatch - Looks by runs why the batch has to be 1; asked where the rules of the closed set cannot say. */
export async function translate(
  name: string,
  file: NormalisedFile,
  units: readonly Unit[],
  roles: ReadonlyMap<string, Role>,
  { shapes, indices }: SeenTensors,
  { opsets, weights, bodies }: TranslationOptions,
  fixedBatch: () => Promise<string | undefined>,
): Promise<Translation> {
  const translator = new Translator(file, units, roles, { shapes, indices }, opsets, weights, bodies);
  for (const unit of units) translator.add(unit);
  return translator.result(name, fixedBatch);
}

class Translator {
  readonly #file: NormalisedFile;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #seen: ReadonlyMap<string, Shape>;
  readonly #opsets: Opsets;
  readonly #weights: WeightSource;
  readonly #bodies: ReadonlyMap<string, BodyMacs>;
  readonly #uncounted = new Set<string>();
  readonly #nodes: Node[] = [];
  readonly #parameters = new Map<string, Parameter>();
  readonly #constants = new Map<string, Constant>();
  readonly #shapes = new Map<string, Shape>();
  readonly #sources = new Map<string, readonly NodeProto[]>();
  readonly #titles = new Map<string, string>();
  readonly #names = new Set<string>();
  /** Tensors that hang on the image. */
  readonly #signals: ReadonlySet<string>;
  readonly #surroundings: Surroundings;
  /** Tensors that another signal is multiplied by. */
  readonly #factors: ReadonlySet<string>;
  /** Those and outputs. */
  readonly #gates: ReadonlySet<string>;
  #isExact = true;

  constructor(
    file: NormalisedFile,
    units: readonly Unit[],
    roles: ReadonlyMap<string, Role>,
    { shapes, indices }: SeenTensors,
    opsets: Opsets,
    weights: WeightSource,
    bodies: ReadonlyMap<string, BodyMacs>,
  ) {
    this.#file = file;
    this.#roles = roles;
    this.#seen = shapes;
    this.#opsets = opsets;
    this.#weights = weights;
    this.#bodies = bodies;
    const nodes = units.map(({ node }) => node);
    this.#signals = signalsOf([file.input.name], nodes);
    this.#surroundings = {
      opset: opsets.opsets.get("") ?? 0,
      operand: (tensor) => this.#operand(tensor),
      shape: (tensor) => this.#operand(tensor)?.shape ?? shapes.get(tensor),
      numbers: (tensor) => this.#operand(tensor)?.values ?? indices.get(tensor),
      isSignal: (tensor) => this.#signals.has(tensor),
      isFactor: (tensor) => this.#factors.has(tensor),
    };
    this.#factors = gatesOf(nodes, [], this.#signals);
    this.#gates = gatesOf(nodes, file.outputs, this.#signals);
    this.#shapes.set(file.input.name, shapes.get(file.input.name) ?? []);
  }

  add(unit: Unit): void {
    const isSignal = unit.node.output.some((output) => this.#signals.has(output));
    const forms = closedFormsOf(unit.node, this.#surroundings);
    const fitting = forms?.map((form) => this.#fitted(form, unit.node));
    const isOwn = (isSignal || this.#isOfWeights(unit, forms)) && !this.#isUncounted(unit);
    if (isOwn && fitting?.every((node) => node !== undefined)) {
      for (const node of fitting) this.#addClosed(node, unit, node === fitting.at(-1));
    } else {
      this.#addOpaque(unit, isSignal);
    }
  }

  async result(name: string, fixedBatch: () => Promise<string | undefined>): Promise<Translation> {
    const graph: Graph = {
      name,
      input: this.#file.input.name,
      outputs: this.#file.outputs,
      nodes: this.#nodes,
      parameters: this.#parameters,
      constants: this.#constants,
      shapes: this.#shapes,
    };
    const titles = this.#titles;
    const uncounted = [...this.#uncounted];
    if (this.#isExact && takesAnyBatch(graph)) return { graph, titles, uncounted };
    const reason = await fixedBatch();
    if (this.#isExact && reason === undefined) return { graph, titles, uncounted };
    const tensors = [...this.#file.tensors.values(), ...settingsOf(this.#file, this.#roles)];
    const file = { ...this.#opsets, sources: this.#sources, titles, tensors, ...(reason && { fixedBatch: reason }) };
    return { graph: { ...graph, file }, titles, uncounted };
  }

  /** What is computed of weights and constants, as it would be in a network of ours. */
  #isOfWeights({ node }: Unit, forms: readonly Closed[] | undefined): boolean {
    const isExact = forms?.every(({ exact }) => exact) ?? false;
    return isExact && node.input.some((name) => this.#roles.has(name));
  }

  /** The form with all that ONNX fills in, if the closed set's rules give the shapes that were seen. */
  #fitted(form: Closed, node: NodeProto) {
    const outputs =
      form.outputs ??
      node.output.filter((name) => name !== "").map((name) => ({ name, shape: this.#seen.get(name) ?? [] }));
    const operands = form.inputs.map((input) =>
      typeof input === "string" ? (this.#operand(input) ?? this.#partial.get(input)) : input,
    );
    if (!operands.every((operand) => operand !== undefined)) return undefined;
    for (const { name, shape } of form.outputs ?? []) this.#partial.set(name, { shape });
    const rules = rulesOfOperator(form.operator);
    try {
      const attributes = Object.assign({}, rules.defaults(operands), form.attributes);
      const shapes = rules.shape(operands, attributes, outputs.length);
      if (!shapes.every((shape, i) => isSameShape(shape, outputs[i]?.shape ?? []))) return undefined;
      return { ...form, attributes, outputs };
    } catch (error) {
      if (error instanceof GraphError) return undefined;
      throw error;
    }
  }

  readonly #numbers = new Map<string, Operand>();
  /** Parts that stand-ins give to one another. */
  readonly #partial = new Map<string, Operand>();

  #addClosed(form: Closed & { outputs: readonly { name: string; shape: Shape }[] }, unit: Unit, isLast: boolean): void {
    const name = this.#nameOf(unit, form.operator);
    for (const input of form.inputs) this.#addInput(input);
    for (const { name: output, shape } of form.outputs) this.#addShape(output, shape);
    this.#nodes.push({
      name,
      operator: form.operator,
      attributes: form.attributes,
      inputs: form.inputs.map((input) => (typeof input === "string" ? input : input.name)),
      outputs: form.outputs.map((output) => output.name),
      block: blockOf(name),
    } as unknown as Node);
    if (isLast) {
      this.#titles.set(name, titleOf(unit));
      this.#sources.set(name, unit.nodes);
    }
    if (!form.exact) this.#isExact = false;
  }

  #addOpaque(unit: Unit, isSignal: boolean): void {
    this.#isExact = false;
    const { nodes, node } = unit;
    const name = this.#nameOf(unit, node.opType);
    const outputs = node.output.filter((output) => output !== "");
    for (const output of outputs) this.#addShape(output, this.#seen.get(output) ?? []);
    const reads = readsOfUnit(unit);
    // Signals first: what passes is the first input.
    const inputs = [
      ...reads.filter((read) => this.#signals.has(read)),
      ...reads.filter((read) => !this.#signals.has(read) && (this.#roles.has(read) || this.#shapes.has(read))),
    ];
    for (const input of inputs) this.#addInput(input);
    const macs = this.#macsOf(node);
    const known = isSignal ? this.#linearIn(node, inputs) : undefined;
    const operator = known?.operator ?? (isSignal ? this.#opaqueKind(unit) : "OpaqueConstant");
    const attributes = { macs, ...known?.attributes };
    // The attributes are those of the operator; the union of nodes cannot say so.
    this.#nodes.push({ name, operator, attributes, inputs, outputs, block: blockOf(name) } as Node);
    this.#titles.set(name, titleOf(unit));
    this.#sources.set(name, nodes);
  }

  /** What a node is to flow, where it is linear in its signals. */
  #linearIn(node: NodeProto, inputs: readonly string[]) {
    const along = alongAxesOf(node, this.#surroundings);
    if (along !== undefined) return { operator: "OpaqueAlongAxes", attributes: along } as const;
    const product = contractionOf(node, inputs, this.#surroundings);
    return product && ({ operator: "OpaqueContraction", attributes: product } as const);
  }

  /** Multiply-accumulates as far as they are counted; what is not is kept for a note. */
  #macsOf(node: NodeProto): number {
    const inBodies = this.#bodies.get(node.output[0] ?? "");
    for (const name of inBodies?.uncounted ?? []) this.#uncounted.add(name);
    if (countingOf(node) === "bodies") return inBodies?.macs ?? 0;
    const macs = macsOfNode(node, (tensor) => this.#anyShape(tensor));
    if (macs === undefined) this.#uncounted.add(operatorName(node));
    return macs ?? 0;
  }

  /** Metrics look at samples one by one: the first axis has to be the batch alone. */
  #isUncounted(unit: Unit): boolean {
    const input = nonlinearityInputOf(unit);
    return input !== undefined && this.#signals.has(input) && (this.#shapes.get(input)?.[0] ?? 1) !== 1;
  }

  #opaqueKind(unit: Unit): OpaqueName {
    const { node } = unit;
    const { opType, output } = node;
    if (this.#isUncounted(unit)) return "OpaquePassing";
    if (opType === "Clip" && !cutsAtZero(node, (low) => this.#operand(low)?.values?.[0])) return "OpaquePassing";
    if (nonlinearities.has(opType)) return "OpaqueNonlinearity";
    if (sigmoids.has(opType) && this.#factors.has(output[0] ?? "")) return "OpaqueGate";
    if (gates.has(opType)) return this.#gates.has(output[0] ?? "") ? "OpaquePassing" : "OpaqueNonlinearity";
    return passing.has(opType) ? "OpaquePassing" : "Opaque";
  }

  #operand(name: string): Operand | undefined {
    const role = this.#roles.get(name);
    if (role !== undefined) {
      const parameter = this.#parameterOf(name, role);
      return { shape: parameter.shape, parameter };
    }
    const integers = this.#file.integers.get(name);
    const tensor = this.#file.tensors.get(name);
    if (integers !== undefined && tensor !== undefined) return { shape: tensor.dims.map(Number), values: integers };
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const float = this.#file.floats.get(name);
    if (float !== undefined) {
      const operand = { shape: float.shape, values: [...float.values()] };
      this.#numbers.set(name, operand);
      return operand;
    }
    const shape = this.#shapes.get(name);
    return shape && { shape };
  }

  #anyShape(name: string): Shape | undefined {
    return this.#operand(name)?.shape ?? this.#seen.get(name) ?? this.#file.tensors.get(name)?.dims.map(Number);
  }

  #parameterOf(name: string, role: Role): Parameter {
    const known = this.#parameters.get(name);
    if (known !== undefined) return known;
    const float = this.#file.floats.get(name);
    if (float === undefined) throw new Error(`there is no weight "${name}"`);
    const isGiven = this.#weights === "file" || role.initialisation.kind === "given";
    const isFilled = role.fill !== undefined && this.#weights !== "file";
    const parameter: Parameter = {
      name,
      shape: float.shape,
      trainable: role.trainable,
      initialisation: isGiven ? { kind: "given" } : role.initialisation,
      ...(isGiven && {
        values: isFilled ? new Float32Array(elements(float.shape)).fill(role.fill ?? 0) : float.values(),
      }),
      ...(role.trained !== undefined && { trained: role.trained }),
    };
    this.#parameters.set(name, parameter);
    this.#shapes.set(name, float.shape);
    return parameter;
  }

  #addInput(input: string | FreshConstant): void {
    if (typeof input !== "string") {
      this.#constants.set(input.name, input);
      this.#shapes.set(input.name, input.shape);
      return;
    }
    const operand = this.#operand(input);
    if (operand?.values === undefined || this.#constants.has(input)) return;
    const type = this.#file.floats.has(input) ? "float32" : "int64";
    this.#constants.set(input, { name: input, type, shape: operand.shape, values: operand.values });
    this.#shapes.set(input, operand.shape);
  }

  #addShape(name: string, shape: Shape): void {
    if (this.#shapes.has(name)) throw new InputError(`there are two tensors of the name "${name}"`);
    this.#shapes.set(name, shape);
  }

  /** The file's own name for a node, made one of its kind. */
  #nameOf({ nodes, node }: Unit, otherwise: string): string {
    const own = node.name || node.output[0] || otherwise;
    const base = nodes.length === 1 ? own : own.replace(/\/half$/, "");
    let name = base;
    for (let n = 2; this.#names.has(name); n++) name = `${base}#${n}`;
    this.#names.add(name);
    return name;
  }
}

function titleOf({ node: { domain, opType }, title }: Unit): string {
  return title ?? (domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`);
}

function blockOf(name: string): string {
  return name.includes("/") ? (name.split("/")[0] ?? "") : "";
}
