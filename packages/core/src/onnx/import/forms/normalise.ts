/**
 * @file A file's graph in one form, whatever its age and exporter: float16 becomes float32; constants, weights that are filled or
 * reshaped, and what passes its input on are no nodes any more; nodes are in order, and all that they read is there.
 */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  TensorProto_DataType as DataType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
} from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { elements, type Shape } from "../../../graph/graph.js";
import { changed, intOf, intsOf, readsOf, subgraphsOf, tensorOf } from "../file/attributes.js";
import { withWeightsOfBodies } from "../file/bodies.js";
import { checkNodes, limits } from "../file/limits.js";
import { ordered, reaching } from "../file/order.js";
import {
  type ExternalData,
  embedded,
  floatsOf,
  integersOf,
  isFloat,
  isHalf,
  MOST_ELEMENTS,
  type StoredFloats,
  shapeOfStored,
} from "../file/stored.js";
import { Unblocker } from "./blocked.js";
import { Dequantiser } from "./quantised.js";

export interface NormalisedFile {
  readonly input: ValueInfoProto;
  readonly outputs: readonly string[];
  /** In topological order. */
  readonly nodes: readonly NodeProto[];
  readonly floats: ReadonlyMap<string, StoredFloats>;
  /** Stored tensors of other types. */
  readonly tensors: ReadonlyMap<string, TensorProto>;
  /** Numbers of those that are integers. */
  readonly integers: ReadonlyMap<string, readonly number[]>;
  readonly hadHalf: boolean;
  readonly wasQuantised: boolean;
  /** Whether numbers of the program are values of nodes, apart from the tensors that the graph holds. */
  readonly hasConstantNodes: boolean;
}

/** @throws {@link InputError} where the graph does not hold together. */
export function normalise(proto: GraphProto, external: ExternalData | undefined): NormalisedFile {
  const graph = new Normalisation(proto, external);
  return graph.result();
}

class Normalisation {
  readonly #external: ExternalData | undefined;
  readonly #floats = new Map<string, StoredFloats>();
  readonly #tensors = new Map<string, TensorProto>();
  readonly #integers = new Map<string, readonly number[]>();
  readonly #aliases = new Map<string, string>();
  /** Tensors whose names have to stay: outputs, and what bodies of control flow take. */
  readonly #kept: ReadonlySet<string>;
  readonly #proto: GraphProto;
  readonly #input: ValueInfoProto;
  #hadHalf = false;

  constructor(given: GraphProto, external: ExternalData | undefined) {
    this.#external = external;
    if (given.sparseInitializer.length > 0) throw new InputError("the graph has sparse tensors, which are not read");
    const proto = withWeightsOfBodies(given);
    this.#proto = proto;
    for (const tensor of proto.initializer) this.#store(tensor.name, tensor);
    const [input, ...others] = proto.input.filter(({ name }) => !this.#isStored(name));
    if (input === undefined || others.length > 0) {
      throw new InputError(`needs a model of one input, was given ${input === undefined ? 0 : others.length + 1}`);
    }
    if (proto.output.length === 0) throw new InputError("needs a model with an output, was given none");
    this.#input = input;
    const captured = proto.node.flatMap((node) => (subgraphsOf(node).length > 0 ? readsOf(node) : []));
    this.#kept = new Set([...captured, ...proto.output.map(({ name }) => name)]);
  }

  result(): NormalisedFile {
    const nodes: NodeProto[] = [];
    const given = ordered(this.#proto.node, (name) => name === this.#input.name || this.#isStored(name));
    const tensorOf = (name: string) => this.#tensors.get(this.#aliases.get(name) ?? name);
    const dequantiser = new Dequantiser({ floats: this.#floats, tensorOf, external: this.#external }, given);
    const unblocker = new Unblocker(this.#floats, given);
    for (const node of given) {
      for (const plain of dequantiser.rewritten(unblocker.rewritten(this.#widened(node)))) {
        const input = plain.input.map((name) => this.#aliases.get(name) ?? name);
        const renamed = changed(plain, { input });
        if (!this.#folded(renamed)) nodes.push(renamed);
      }
    }
    const known = new Set([...nodes.flatMap(({ output }) => output), this.#input.name]);
    const outputs = this.#proto.output.map(({ name }) => name);
    for (const name of outputs) {
      if (!known.has(name)) throw new InputError(`output "${name}" is given by no node`);
    }
    const kept = reaching(nodes, outputs);
    checkNodes(kept);
    return {
      input: this.#input,
      outputs,
      nodes: kept,
      floats: this.#floats,
      tensors: this.#embedded(new Set(kept.flatMap(readsOf))),
      integers: this.#integers,
      hadHalf: this.#hadHalf,
      wasQuantised: dequantiser.isUsed,
      hasConstantNodes: this.#proto.node.some(({ opType }) => opType === "Constant"),
    };
  }

  /** Tensors that are read, with their bytes. */
  #embedded(read: ReadonlySet<string>): ReadonlyMap<string, TensorProto> {
    const tensors = [...this.#tensors].filter(([name]) => read.has(name));
    return new Map(tensors.map(([name, tensor]) => [name, embedded(tensor, this.#external)]));
  }

  #isStored(name: string): boolean {
    return this.#floats.has(name) || this.#tensors.has(name);
  }

  #store(name: string, tensor: TensorProto, isNode = false): void {
    if (this.#isStored(name)) throw new InputError(`there are two tensors of the name "${name}"`);
    const shape = shapeOfStored(tensor);
    if (isFloat(tensor.dataType)) {
      if (isHalf(tensor.dataType)) this.#hadHalf = true;
      this.#floats.set(name, { shape, values: () => floatsOf(tensor, this.#external), origin: name, isNode });
      return;
    }
    this.#tensors.set(name, changed(tensor, { name }));
    const integers = elements(shape) <= 4096 ? integersOf(tensor, this.#external) : undefined;
    if (integers !== undefined) this.#integers.set(name, integers);
  }

  /** A node that computes in float32 what was float16. */
  #widened(node: NodeProto): NodeProto {
    return changed(node, { attribute: node.attribute.map((attribute) => this.#widenedAttribute(node, attribute)) });
  }

  #widenedAttribute(node: NodeProto, attribute: AttributeProto): AttributeProto {
    const { name, type, t, i, g, graphs } = attribute;
    if (type === AttributeKind.TENSOR && t !== undefined && isHalf(t.dataType)) {
      return changed(attribute, { t: this.#widenedTensor(t) });
    }
    const isType = (node.opType === "Cast" && name === "to") || name === "dtype";
    if (isType && isHalf(Number(i))) {
      this.#hadHalf = true;
      return changed(attribute, { i: BigInt(DataType.FLOAT) });
    }
    if (g === undefined && graphs.length === 0) return attribute;
    return changed(attribute, {
      ...(g && { g: this.#widenedGraph(g) }),
      graphs: graphs.map((graph) => this.#widenedGraph(graph)),
    });
  }

  #widenedTensor(tensor: TensorProto): TensorProto {
    this.#hadHalf = true;
    return create(TensorProtoSchema, {
      name: tensor.name,
      dims: tensor.dims,
      dataType: DataType.FLOAT,
      rawData: new Uint8Array(floatsOf(tensor, this.#external).slice().buffer),
    });
  }

  #widenedGraph(graph: GraphProto): GraphProto {
    return changed(graph, {
      node: graph.node.map((node) => this.#widened(node)),
      initializer: graph.initializer.map((tensor) =>
        isHalf(tensor.dataType) ? this.#widenedTensor(tensor) : embedded(tensor, this.#external),
      ),
      input: graph.input.map(withFloat),
      output: graph.output.map(withFloat),
      valueInfo: [],
    });
  }

  /** Takes a node out of the graph where it computes nothing on signals; says whether it did. */
  #folded(node: NodeProto): boolean {
    const [output = ""] = node.output;
    if (node.domain !== "" && node.domain !== "ai.onnx") return false;
    if (node.output.slice(1).some((name) => name !== "" && this.#isRead(name))) return false;
    switch (node.opType) {
      case "Constant":
        return this.#foldConstant(node, output);
      case "ConstantOfShape":
        return this.#foldFilled(node, output);
      case "Identity":
      case "Dropout":
        return this.#foldIdentity(node, output);
      case "Cast":
      case "Flatten":
      case "Reshape":
      case "Squeeze":
      case "Transpose":
      case "Unsqueeze":
        return this.#foldMoved(node, output);
      case "Gather":
        return this.#foldTaken(node, output);
      default:
        return false;
    }
  }

  #reads: ReadonlySet<string> | undefined;

  #isRead(name: string): boolean {
    this.#reads ??= new Set(this.#proto.node.flatMap(readsOf));
    return this.#reads.has(name) || this.#kept.has(name);
  }

  #foldConstant(node: NodeProto, output: string): boolean {
    const value = tensorOf(node, "value") ?? plainConstant(node);
    if (value === undefined || this.#proto.output.some(({ name }) => name === output)) return false;
    this.#store(output, changed(value, { name: output }), true);
    return true;
  }

  #foldFilled(node: NodeProto, output: string): boolean {
    const shape = this.#integers.get(node.input[0] ?? "");
    const value = tensorOf(node, "value");
    if (shape === undefined || (value !== undefined && value.dataType !== DataType.FLOAT)) return false;
    if (this.#proto.output.some(({ name }) => name === output)) return false;
    const n = elements(shape);
    if (shape.some((length) => length < 0) || !(n <= MOST_ELEMENTS)) {
      throw new InputError(`tensor "${output}" is filled to [${shape.join(", ")}]: at most ${MOST_ELEMENTS} elements`);
    }
    const fill = value === undefined ? 0 : (floatsOf(value, this.#external)[0] ?? 0);
    this.#floats.set(output, { shape, values: () => new Float32Array(n).fill(fill), origin: output });
    return true;
  }

  #foldIdentity(node: NodeProto, output: string): boolean {
    const [input = ""] = node.input;
    if (node.opType === "Dropout" && node.input.length > 2) return false;
    if (this.#kept.has(output) || input === "") return false;
    const float = this.#floats.get(input);
    // A constant under two names is two constants: each is used in its own place.
    if (float !== undefined) this.#floats.set(output, float);
    else this.#aliases.set(output, input);
    return true;
  }

  /** Whole numbers that become floats: bounds of Clip, which PyTorch writes as int64 constants behind a Cast. */
  #castNumbers({ opType, input: [name = ""] }: NodeProto): StoredFloats | undefined {
    const numbers = opType === "Cast" ? this.#integers.get(name) : undefined;
    const tensor = this.#tensors.get(name);
    if (numbers === undefined || tensor === undefined) return undefined;
    return { shape: shapeOfStored(tensor), values: () => Float32Array.from(numbers) };
  }

  /** A number of the program that is taken out of a list of some. */
  #foldTaken({ input: [list = "", index = ""] }: NodeProto, output: string): boolean {
    const float = this.#floats.get(list);
    const [at, ...others] = this.#integers.get(index) ?? [];
    const tensor = this.#tensors.get(index);
    if (float?.isNode !== true || float.shape.length !== 1 || tensor === undefined || this.#kept.has(output))
      return false;
    const [length = 0] = float.shape;
    if (at === undefined || others.length > 0 || at < -length || at >= length) return false;
    const values = () => Float32Array.of(float.values().at(at) ?? 0);
    this.#floats.set(output, { shape: shapeOfStored(tensor), values, isNode: true });
    return true;
  }

  /** A weight that is reshaped or transposed before it is used is a weight of that shape. */
  #foldMoved(node: NodeProto, output: string): boolean {
    const weight = this.#floats.get(node.input[0] ?? "") ?? this.#castNumbers(node);
    if (weight === undefined || this.#kept.has(output)) return false;
    const { shape, values } = weight;
    if (node.opType === "Cast") {
      if (intOf(node, "to", 0) !== DataType.FLOAT) return false;
      this.#floats.set(output, weight);
      return true;
    }
    if (node.opType === "Transpose") {
      const perm = intsOf(node, "perm") ?? shape.map((_, axis) => axis).toReversed();
      if (perm.toSorted((a, b) => a - b).join() !== shape.map((_, axis) => axis).join()) return false;
      this.#floats.set(output, {
        ...weight,
        shape: perm.map((axis) => shape[axis] ?? 1),
        values: () => transposed(values(), shape, perm),
      });
      return true;
    }
    const operand = node.input[1] === undefined ? undefined : this.#integers.get(node.input[1]);
    if (node.input[1] !== undefined && operand === undefined) return false;
    const target = reshapedTo(node, shape, operand);
    if (target === undefined || elements(target) !== elements(shape)) return false;
    this.#floats.set(output, { ...weight, shape: target });
    return true;
  }
}

function withFloat(info: ValueInfoProto): ValueInfoProto {
  const value = info.type?.value;
  if (info.type === undefined || value?.case !== "tensorType" || !isHalf(value.value.elemType)) return info;
  const tensor = changed(value.value, { elemType: DataType.FLOAT });
  return changed(info, { type: changed(info.type, { value: { case: "tensorType", value: tensor } }) });
}

/** The forms of a constant that hold plain numbers. */
function plainConstant({ attribute: [attribute] }: NodeProto): TensorProto | undefined {
  switch (attribute?.name) {
    case "value_float":
      return create(TensorProtoSchema, { dataType: DataType.FLOAT, floatData: [attribute.f] });
    case "value_floats":
      return create(TensorProtoSchema, {
        dataType: DataType.FLOAT,
        dims: [BigInt(attribute.floats.length)],
        floatData: attribute.floats,
      });
    case "value_int":
      return create(TensorProtoSchema, { dataType: DataType.INT64, int64Data: [attribute.i] });
    case "value_ints":
      return create(TensorProtoSchema, {
        dataType: DataType.INT64,
        dims: [BigInt(attribute.ints.length)],
        int64Data: attribute.ints,
      });
    default:
      return undefined;
  }
}

function reshapedTo(node: NodeProto, shape: Shape, operand: readonly number[] | undefined): Shape | undefined {
  const axes = (rank: number) =>
    (operand ?? intsOf(node, "axes"))?.map((axis) => (axis < 0 ? axis + rank : axis)).toSorted((a, b) => a - b);
  switch (node.opType) {
    case "Reshape": {
      const copied = operand?.map((n, axis) => (n === 0 ? (shape[axis] ?? 0) : n));
      const known = elements((copied ?? []).filter((n) => n !== -1));
      return copied?.map((n) => (n === -1 ? elements(shape) / known : n));
    }
    case "Flatten": {
      const axis = intOf(node, "axis", 1);
      const first = axis < 0 ? axis + shape.length : axis;
      return [elements(shape.slice(0, first)), elements(shape.slice(first))];
    }
    case "Squeeze": {
      const removed = axes(shape.length);
      const places = removed && new Set(removed);
      return shape.filter((n, axis) => (places === undefined ? n !== 1 : !places.has(axis)));
    }
    default: {
      const added = operand ?? intsOf(node, "axes") ?? [];
      const rank = shape.length + added.length;
      if (rank > limits.axes)
        throw new InputError(`node "${node.name}" gives a tensor of ${rank} axes: at most ${limits.axes}`);
      return (axes(rank) ?? []).reduce<Shape>((result, axis) => result.toSpliced(axis, 0, 1), shape);
    }
  }
}

function transposed(values: Float32Array, shape: Shape, perm: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const lengths = perm.map((axis) => shape[axis] ?? 1);
  const steps = perm.map((axis) => strides[axis] ?? 1);
  const result = new Float32Array(values.length);
  const at = lengths.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from] ?? 0;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      from += steps[axis] ?? 0;
      at[axis] = (at[axis] ?? 0) + 1;
      if ((at[axis] ?? 0) < (lengths[axis] ?? 0)) break;
      from -= (steps[axis] ?? 0) * (lengths[axis] ?? 0);
      at[axis] = 0;
    }
  }
  return result;
}
