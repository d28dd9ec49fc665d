/**
 * @file Which of the tensors that a file holds are trained, and how each would be drawn anew. A file does not say: the operator that
 * reads a tensor tells, and where it does not, where the tensor stands and what numbers it has.
 */

import type { NodeProto } from "onnx-buf";
import { elements, type Initialisation } from "../../../graph/graph.js";
import { intOf, subgraphsOf } from "../file/attributes.js";
import { withBodies } from "../file/bodies.js";
import { readable, type StoredFloats } from "../file/stored.js";
import type { NormalisedFile } from "../forms/normalise.js";
import { axesOf, isAsLargeAsSines, isEven, isGrid, isRound, isTurn, relativeNumbers } from "./buffers.js";
import { isWeighted, type Part, partOf } from "./parts.js";

export interface Role {
  readonly trainable: boolean;
  /** How it is drawn anew. `given`: as the file has it, whatever the seed, or filled. */
  readonly initialisation: Initialisation;
  readonly fill?: number;
  /** How many numbers are trained, where it is not all of them. */
  readonly trained?: number;
  /** An earlier tensor that it is a form of, with which it is drawn. */
  readonly sharedWith?: string;
  /** A weight whose inputs stand before its outputs. */
  readonly isInputsFirst?: boolean;
  /** Where the file does not tell: what it was taken for, or kept for want of a rule. */
  readonly doubt?: "parameter" | "buffer" | "kept";
}

const trained = (kind: "ones" | "zeros", doubt?: "parameter"): Role => ({
  trainable: true,
  initialisation: { kind },
  ...(doubt && { doubt }),
});
const fixed = (kind: "ones" | "zeros" | "given", doubt?: "buffer"): Role => ({
  trainable: false,
  initialisation: { kind },
  ...(doubt && { doubt }),
});

export interface Roles {
  /** By name; a tensor that is used twice has the role of its first use. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Of numbers that stand alone: trained, unless they turn out to be a part of a function that is written out. */
  readonly scalars: ReadonlyMap<string, Role>;
}

/** Roles of the float tensors that are no settings. */
export function rolesOf(file: NormalisedFile): Roles {
  return new RoleFinder(file).result();
}

/** Numbers that are looked at to tell tables from weights, at most. */
const MOST_NUMBERS = 2 ** 25;

/** Nodes after which a signal is no image any more. */
const bending = new Set(["Relu", "Sigmoid", "Softmax", "Tanh"]);

class RoleFinder {
  readonly #file: NormalisedFile;
  readonly #nodes: readonly NodeProto[];
  /** Tensors that do not hang on the image. */
  readonly #still: ReadonlySet<string>;
  /** Tensors made of the image without weights. */
  readonly #raw: ReadonlySet<string>;
  /** Tensors that a weight is applied to later. */
  readonly #beforeWeights: ReadonlySet<string>;
  readonly #giver = new Map<string, NodeProto>();
  readonly #readers = new Map<string, NodeProto[]>();
  readonly #parts: ReadonlyMap<string, Part>;
  /** Whether weights lie in tensors of the graph, so that values of nodes are none. */
  readonly #hasInitialisers: boolean;
  readonly #values = new Map<StoredFloats, Float32Array | undefined>();
  /** Numbers that may still be looked at. */
  #unread = MOST_NUMBERS;

  constructor(file: NormalisedFile) {
    this.#file = file;
    this.#nodes = withBodies(file.nodes);
    for (const node of this.#nodes) {
      for (const name of node.output) this.#giver.set(name, node);
      for (const name of new Set(node.input)) {
        const readers = this.#readers.get(name);
        if (readers === undefined) this.#readers.set(name, [node]);
        else readers.push(node);
      }
    }
    this.#still = this.#stillTensors();
    this.#raw = this.#rawTensors();
    this.#beforeWeights = this.#tensorsBeforeWeights();
    this.#parts = this.#partsOfTensors();
    this.#hasInitialisers = [...this.#parts].some(
      ([name, { kind }]) => kind === "weight" && file.floats.get(name)?.isNode === false,
    );
  }

  result(): Roles {
    const roles = new Map<string, Role>();
    const scalars = new Map<string, Role>();
    const ofNorms = this.#rolesOfNormalisations();
    const firstOf = new Map<string, string>();
    for (const name of this.#inOrder()) {
      const float = this.#file.floats.get(name);
      const part = this.#parts.get(name);
      if (float === undefined || part === undefined) continue;
      const isAlone = elements(float.shape) === 1 && (part.kind === "factor" || part.kind === "term");
      const role = ofNorms.get(name) ?? (isAlone ? this.#scalarRole(part, float) : this.#roleOf(part, float));
      if (role === undefined) continue;
      const { origin = name } = float;
      const first = firstOf.get(origin);
      if (first === undefined && role.trainable) firstOf.set(origin, name);
      (isAlone ? scalars : roles).set(name, first === undefined ? role : this.#shared(role, float, first));
    }
    return { roles, scalars };
  }

  /** A tensor is counted once; exporters write tensors that are equal as one, which those that begin at 1 or 0 are by chance. */
  #shared(role: Role, float: StoredFloats, first: string): Role {
    if (!role.trainable) return role;
    const values = role.initialisation.kind === "normal" ? undefined : this.#valuesOf(float);
    if (values !== undefined && isEven(values)) return role;
    return { ...role, trained: 0, sharedWith: first };
  }

  /** Names of stored tensors as nodes read them. */
  #inOrder(): readonly string[] {
    const names = this.#nodes.flatMap(({ input }) => input);
    return [...new Set(names)].filter((name) => this.#file.floats.has(name));
  }

  /** `undefined` where the numbers lie in a file that is not there, and where there are too many to look at. */
  #valuesOf(float: StoredFloats | undefined): Float32Array | undefined {
    if (float === undefined) return undefined;
    const size = elements(float.shape);
    if (!this.#values.has(float) && size <= this.#unread) {
      this.#unread -= size;
      this.#values.set(float, readable(float));
    }
    return this.#values.get(float);
  }

  readonly #isStill = (name: string | undefined): boolean => name !== undefined && this.#still.has(name);

  #stillTensors(): Set<string> {
    const { floats, tensors, nodes, input } = this.#file;
    const still = new Set(["", ...floats.keys(), ...tensors.keys()]);
    still.delete(input.name);
    const add = (inner: readonly NodeProto[]) => {
      for (const node of inner) {
        const bodies = subgraphsOf(node);
        const isOfShapes = node.opType === "Shape" || node.opType === "Size";
        if (bodies.length === 0 && (isOfShapes || node.input.every((name) => still.has(name)))) {
          for (const name of node.output) still.add(name);
        }
        for (const { node: body, initializer } of bodies) {
          for (const { name } of initializer) still.add(name);
          add(body);
        }
      }
    };
    add(nodes);
    return still;
  }

  #rawTensors(): Set<string> {
    const raw = new Set([this.#file.input.name]);
    for (const node of this.#nodes) {
      const signals = node.input.filter((name) => !this.#still.has(name));
      if (signals.length === 0 || !signals.every((name) => raw.has(name)) || bending.has(node.opType)) continue;
      const isOfWeights = node.input.some((name, index) => {
        const kind = this.#still.has(name) ? partOf(node, index, this.#isStill)?.kind : undefined;
        return kind === "weight" || kind === "scale";
      });
      if (!isOfWeights) for (const name of node.output) raw.add(name);
    }
    return raw;
  }

  #tensorsBeforeWeights(): Set<string> {
    const before = new Set<string>();
    for (const node of this.#nodes.toReversed()) {
      const isBefore = node.output.some((name) => before.has(name)) || isWeighted(node, this.#isStill);
      if (isBefore) for (const name of node.input) if (!this.#still.has(name)) before.add(name);
    }
    return before;
  }

  /** From the back, so that what is computed of stored tensors alone has the part that its own reader gives it. */
  #partsOfTensors(): Map<string, Part> {
    const parts = new Map<string, Part>();
    for (const node of this.#nodes.toReversed()) {
      const passed = this.#isPassing(node) ? parts.get(node.output[0] ?? "") : undefined;
      for (const [index, name] of [...node.input.entries()].toReversed()) {
        if (!this.#still.has(name) || name === "") continue;
        const own = partOf(node, index, this.#isStill);
        if (own?.kind === "setting") continue;
        const isOwn = !this.#isPassing(node) || (own?.kind === "weight" && node.opType !== "Gather");
        const part = isOwn ? own : this.#passedPart(passed, own, name);
        if (part !== undefined) parts.set(name, part);
      }
    }
    return parts;
  }

  /** Computes a tensor of stored ones, without a signal. */
  #isPassing(node: NodeProto): boolean {
    return node.output.every((name) => this.#still.has(name)) && subgraphsOf(node).length === 0;
  }

  /** A weight that is computed, as of a standardised convolution: what is smaller than it scales or shifts it. */
  #passedPart(passed: Part | undefined, own: Part | undefined, name: string): Part | undefined {
    if (passed?.kind !== "weight" || (own?.kind !== "factor" && own?.kind !== "term")) return passed;
    const float = this.#file.floats.get(name);
    return float !== undefined && axesOf(float.shape) <= 1 ? own : passed;
  }

  #roleOf(part: Part, float: StoredFloats): Role | undefined {
    switch (part.kind) {
      case "weight":
        return {
          trainable: true,
          initialisation: { kind: "normal", std: part.std(float.shape) },
          isInputsFirst: part.isInputsFirst ?? false,
        };
      case "scale":
        return this.#isOfProgram(float) ? fixed("ones") : trained("ones");
      case "bias":
        return this.#isOfProgram(float) ? fixed("zeros") : trained("zeros");
      case "shift":
        return trained("zeros");
      case "mean":
        return fixed("zeros");
      case "variance":
        return fixed("ones");
      case "slope":
        // As PyTorch begins.
        return { trainable: true, initialisation: { kind: "given" }, fill: part.isNegated ? -0.25 : 0.25 };
      case "state":
        return this.#roleOfState(float);
      case "factor":
      case "term":
        return this.#roleOfOperand(part, float);
      case "beside":
        return elements(float.shape) === 1 ? undefined : this.#roleBeside(float);
      case "table":
        return elements(float.shape) === 1 ? undefined : fixed("given");
      case "setting":
        return undefined;
      case "unknown":
        if (elements(float.shape) === 1) return undefined;
        if (this.#isOfProgram(float)) return fixed("given", "buffer");
        return { trainable: true, initialisation: { kind: "given" }, doubt: "kept" };
    }
  }

  /** The value of a node, in a file that has its weights elsewhere. */
  #isOfProgram({ isNode = false }: StoredFloats): boolean {
    return isNode && this.#hasInitialisers;
  }

  #roleOfState(float: StoredFloats): Role {
    const values = this.#valuesOf(float);
    const isEmpty = values === undefined || values.every((value) => value === 0);
    return isEmpty || this.#isOfProgram(float) ? fixed("given") : trained("zeros", "parameter");
  }

  #roleBeside(float: StoredFloats): Role {
    const values = this.#valuesOf(float);
    if (values !== undefined && (isRound(values) || isGrid(values, float.shape))) return fixed("given");
    if (this.#isOfProgram(float)) return fixed("given", "buffer");
    return trained("zeros");
  }

  #roleOfOperand({ kind, node }: Part & { kind: "factor" | "term" }, float: StoredFloats): Role {
    const axes = axesOf(float.shape);
    const signals = node.input.filter((name) => !this.#still.has(name));
    // Mean and deviation of images.
    if (signals.length > 0 && signals.every((name) => this.#raw.has(name))) {
      return fixed("given", axes > 1 ? "buffer" : undefined);
    }
    if (this.#isOfProgram(float)) return fixed("given", "buffer");
    const initial = kind === "factor" ? "ones" : "zeros";
    const isLast = !node.output.some((name) => this.#beforeWeights.has(name));
    const isBias = signals.some((name) => this.#isWeightedOutput(name));
    if (axes <= 1 && (!isLast || isBias)) return trained(initial);
    const values = this.#valuesOf(float);
    if (values !== undefined && (isRound(values) || isGrid(values, float.shape))) return fixed("given");
    if (axes <= 1) return trained(initial);
    if (isLast) return fixed("given", "buffer");
    if (values === undefined) return trained(initial, "parameter");
    // Drawn as if it were trained, so that no score hangs on what the file does not tell.
    if (kind === "term" ? isAsLargeAsSines(values) : isTurn(values)) return fixed(initial, "buffer");
    const numbers = kind === "term" && !isEven(values) ? relativeNumbers(values, float.shape) : undefined;
    if (numbers !== undefined) return { ...trained(initial), trained: numbers };
    return trained(initial, "parameter");
  }

  #isWeightedOutput(name: string): boolean {
    const giver = this.#giver.get(name);
    return giver !== undefined && isWeighted(giver, this.#isStill);
  }

  /**
   * A number by itself is trained where it is the bias of a layer of one output, or where the file has the numbers of its program as
   * values of nodes, as PyTorch's exporter does, and this one not.
   */
  #scalarRole({ kind, node }: Part & { kind: "factor" | "term" }, float: StoredFloats): Role | undefined {
    if (float.isNode !== false) return undefined;
    const signals = node.input.filter((name) => !this.#still.has(name));
    if (signals.length === 0 || signals.every((name) => this.#raw.has(name))) return undefined;
    const role = trained(kind === "factor" ? "ones" : "zeros", "parameter");
    if (kind === "term" && node.opType !== "Sub" && signals.some((name) => this.#isOfOneOutput(name))) {
      return trained("zeros");
    }
    return this.#file.hasConstantNodes || float.shape.length > 1 ? role : undefined;
  }

  #isOfOneOutput(name: string): boolean {
    const node = this.#giver.get(name);
    const shape = this.#file.floats.get(node?.input[1] ?? "")?.shape;
    if (node === undefined || shape === undefined) return false;
    if (node.opType === "MatMul") return shape.at(-1) === 1;
    if (node.opType === "Conv") return shape[0] === 1;
    return node.opType === "Gemm" && shape[intOf(node, "transB", 0) ? 0 : 1] === 1;
  }

  /** Scales and biases that stand in a normalisation only because its operator wants them. */
  #rolesOfNormalisations(): Map<string, Role> {
    const roles = new Map<string, Role>();
    for (const node of this.#nodes) {
      const [, scaleName = "", biasName = ""] = node.input;
      const [scale, bias] = [scaleName, biasName].map((name) => this.#file.floats.get(name));
      const isNorm = this.#parts.get(scaleName)?.kind === "scale" && partOf(node, 1, this.#isStill)?.kind === "scale";
      if (!isNorm || scale === undefined || bias === undefined) continue;
      const [scales, biases] = [this.#valuesOf(scale), this.#valuesOf(bias)];
      // As Caffe has it: the normalisation has no scale of its own, and the one behind it is in nodes of its own.
      const isBeforeScale = this.#isBeforeScale(node);
      const isConstant = [scales, biases].every((values) => values === undefined || isEven(values));
      const isOne = scales?.every((value) => value === 1) ?? false;
      const isZero = biases?.every((value) => value === 0) ?? false;
      const doubt = isBeforeScale ? undefined : "buffer";
      if ((isConstant && isBeforeScale) || (isOne && isZero && node.opType === "InstanceNormalization")) {
        add(roles, scaleName, fixed("ones", doubt));
        add(roles, biasName, fixed("zeros", doubt));
      } else if (isOne && !isConstant && node.opType === "BatchNormalization") {
        // Keras without scales, and MXNet with fixed ones, write a 1 for each.
        add(roles, scaleName, fixed("ones", "buffer"));
      }
    }
    return roles;
  }

  #isBeforeScale({ output: [y = ""] }: NodeProto): boolean {
    const [mul] = this.#readers.get(y) ?? [];
    const [add] = this.#readers.get(mul?.output[0] ?? "") ?? [];
    if (mul?.opType !== "Mul" || add?.opType !== "Add") return false;
    return [mul, add].every(({ input }) =>
      input.some((name) => {
        const shape = this.#file.floats.get(name)?.shape;
        return shape !== undefined && elements(shape) > 1 && axesOf(shape) <= 1;
      }),
    );
  }
}

function add(roles: Map<string, Role>, name: string, role: Role): void {
  if (!roles.has(name)) roles.set(name, role);
}
