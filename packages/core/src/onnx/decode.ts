/**
 * @file ONNX bytes to Graph. Reads networks over the closed set of operators; whatever else a file holds is answered with
 * the name of what is not known.
 */

import { fromBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { InputError, unknownName } from "../base/errors.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { elements, type Graph, type Initialisation, type OperatorName, type Shape } from "../graph/graph.js";
import type { AttributeValue } from "../graph/operator.js";
import { operators } from "../graph/operators/registry.js";
import { rulesOf } from "../graph/rules.js";
import { foldGelus, type RawNode } from "./gelu.js";
import { foldSwishes } from "./swish.js";

/** A model as it stands in a file. */
export interface DecodedModel {
  readonly graph: Graph;
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads an ONNX model.
 * @throws {@link InputError} where the bytes are no ONNX model, or hold what the closed set of operators does not cover.
 */
export function decode(bytes: Uint8Array): DecodedModel {
  const model = parse(bytes);
  const opset = Number(model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0n);
  if (model.graph === undefined || opset === 0) throw new InputError("the file holds no ONNX graph");
  return {
    graph: decodeGraph(model.graph),
    opset,
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new InputError("not an ONNX file: its protocol buffer cannot be read", { cause });
  }
}

function decodeGraph(proto: GraphProto): Graph {
  const initializers = new Map(proto.initializer.map((tensor) => [tensor.name, tensor]));
  const [input, ...others] = proto.input.filter(({ name }) => !initializers.has(name));
  if (input === undefined || others.length > 0) {
    throw new InputError(`needs a model of one input, was given ${input === undefined ? 0 : others.length + 1}`);
  }
  if (proto.output.length === 0) throw new InputError("needs a model with an output, was given none");
  const b = new GraphBuilder(proto.name);
  const tensors = new Map<string, Tensor>([[input.name, b.input(input.name, inputShape(input))]]);
  const nodes = foldGelus<NodeProto | RawNode>(proto.node, (name) => {
    const tensor = initializers.get(name);
    return tensor && elements(dimsOf(tensor)) === 1 ? valuesOf(tensor)[0] : undefined;
  });
  for (const node of foldSwishes<NodeProto | RawNode>(nodes)) addNode(b, node, tensors, initializers);
  return b.build(proto.output.map(({ name }) => known(tensors, name, "the graph's outputs")));
}

function inputShape({ name, type }: GraphProto["input"][number]): Shape {
  const dims = type?.value.case === "tensorType" ? type.value.value.shape?.dim : undefined;
  if (dims === undefined || dims.length === 0) throw new InputError(`input "${name}" has no shape`);
  return dims.map(({ value }, axis) => {
    if (axis === 0) return 1;
    // Some exporters write 0 for a length that is not fixed.
    if (value.case !== "dimValue" || value.value === 0n) {
      throw new InputError(`axis ${axis} of input "${name}" has no fixed length`);
    }
    return lengthOf(value.value, `axis ${axis} of input "${name}"`);
  });
}

function lengthOf(length: bigint, what: string): number {
  const n = Number(length);
  if (!Number.isSafeInteger(n) || n < 0) throw new InputError(`${what} has the length ${length}`);
  return n;
}

function known(tensors: ReadonlyMap<string, Tensor>, name: string, where: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new InputError(`tensor "${name}" of ${where} is given by no node before it`);
  return tensor;
}

function addNode(
  b: GraphBuilder,
  node: NodeProto | RawNode,
  tensors: Map<string, Tensor>,
  initializers: ReadonlyMap<string, TensorProto>,
): void {
  if (!Object.hasOwn(operators, node.opType)) throw unknownName("operator", node.opType, Object.keys(operators));
  const operator = node.opType as OperatorName;
  const inputs = node.input.map((name, index) => {
    const initializer = initializers.get(name);
    if (initializer !== undefined && !tensors.has(name)) {
      // Of two stored factors, the left one is what a weight is applied to: a code of positions.
      const isData = node.opType === "MatMul" && index === 0 && initializers.has(node.input[1] ?? "");
      tensors.set(name, addTensor(b, initializer, node, index, isData));
    }
    return known(tensors, name, `node "${node.name}"`);
  });
  const attributes = "attribute" in node ? attributesOf(node, operator) : {};
  const { block, layer } = placeOf(node);
  // The type of the attributes hangs on the operator, which is known only at run time.
  const results = b.block(block, () => b.nodes(operator, layer, inputs, node.output.length, attributes as never));
  node.output.forEach((name, i) => {
    const result = results[i];
    if (result !== undefined) tensors.set(name, result);
  });
}

/** Block and layer of a node by its name, or, since names are optional in a file, by what it gives. */
function placeOf({ name, opType, output }: NodeProto | RawNode): { readonly block: string; readonly layer: string } {
  const path = (name === "" ? (output[0] ?? "") : name).split("/");
  if (path.at(-1) === opType) path.pop();
  const [block = "", ...layer] = path;
  return { block, layer: layer.join("/") };
}

/** When nothing that is read of a node hangs on an attribute. */
type Dispensable = Readonly<Record<string, (attribute: AttributeProto) => boolean>>;

const pooling: Dispensable = {
  auto_pad: ({ s }) => ascii(s) === "NOTSET",
  ceil_mode: ({ i }) => i === 0n,
  dilations: ({ ints }) => ints.every((n) => n === 1n),
};

/** Attributes of ONNX that the closed set does without. */
const dispensable: Partial<Record<OperatorName, Dispensable>> = {
  AveragePool: pooling,
  BatchNormalization: { momentum: () => true, training_mode: () => true, spatial: ({ i }) => i === 1n },
  Conv: { auto_pad: ({ s }) => ascii(s) === "NOTSET" },
  Gelu: { approximate: ({ s }) => ascii(s) === "none" },
  LayerNormalization: { stash_type: () => true },
  // The order in which indices of maxima are counted, which nothing here takes.
  MaxPool: { ...pooling, storage_order: () => true },
  ReduceSum: { noop_with_empty_axes: () => true },
  Pad: { mode: ({ s }) => ascii(s) === "constant" },
  Reshape: { allowzero: ({ i }) => i === 0n },
  Split: { num_outputs: () => true },
  Swish: { alpha: ({ f }) => f === 1 },
};

function isDispensable(operator: OperatorName, attribute: AttributeProto): boolean {
  const rules = dispensable[operator] ?? {};
  return Object.hasOwn(rules, attribute.name) && rules[attribute.name]?.(attribute) === true;
}

/** The name of a mode, as attributes hold it. */
function ascii(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 32), (byte) => String.fromCharCode(byte)).join("");
}

function attributesOf(node: NodeProto, operator: OperatorName): Record<string, AttributeValue> {
  const { attributeTypes } = rulesOf<Readonly<Record<string, AttributeValue>>>(operator);
  const attributes: Record<string, AttributeValue> = {};
  for (const attribute of node.attribute) {
    const { name, i, f, ints, s } = attribute;
    const type = Object.hasOwn(attributeTypes, name) ? attributeTypes[name] : undefined;
    if (type === "int") attributes[name] = Number(i);
    else if (type === "float") attributes[name] = f;
    else if (type === "ints") attributes[name] = ints.map(Number);
    else if (type === "string") attributes[name] = ascii(s);
    else if (!isDispensable(operator, attribute)) {
      throw new InputError(`attribute "${name}" of ${operator} "${node.name}" is not known, or not with this value`);
    }
  }
  return attributes;
}

function dimsOf(tensor: TensorProto): Shape {
  return tensor.dims.map((n) => lengthOf(n, `an axis of tensor "${tensor.name}"`));
}

/** The numbers of a tensor of float32 or int64. */
function valuesOf(tensor: TensorProto): Float32Array | number[] {
  const n = elements(dimsOf(tensor));
  const raw = tensor.rawData;
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    throw new InputError(`tensor "${tensor.name}" lies in another file, which is not read`);
  }
  const whole = (found: number) => {
    if (found !== n) throw new InputError(`tensor "${tensor.name}" claims ${n} elements and holds ${found}`);
  };
  if (tensor.dataType === DataType.FLOAT) {
    whole(raw.length > 0 ? raw.length / 4 : tensor.floatData.length);
    return raw.length > 0 ? new Float32Array(new Uint8Array(raw).buffer) : Float32Array.from(tensor.floatData);
  }
  if (tensor.dataType === DataType.INT64) {
    whole(raw.length > 0 ? raw.length / 8 : tensor.int64Data.length);
    return Array.from(raw.length > 0 ? new BigInt64Array(new Uint8Array(raw).buffer) : tensor.int64Data, Number);
  }
  throw new InputError(
    `tensor "${tensor.name}" is of the type ${DataType[tensor.dataType] ?? tensor.dataType}; known: FLOAT, INT64`,
  );
}

/** Scalars, integers and data are constants of the graph; all else that is stored is a parameter. */
function addTensor(
  b: GraphBuilder,
  tensor: TensorProto,
  node: NodeProto | RawNode,
  index: number,
  isData: boolean,
): Tensor {
  const shape = dimsOf(tensor);
  const values = valuesOf(tensor);
  if (!(values instanceof Float32Array)) return b.constant(tensor.name, "int64", values, shape);
  if (shape.length === 0 || isData) return b.constant(tensor.name, "float32", [...values], shape);
  const runningStatistic = node.opType === "BatchNormalization" && index >= 3;
  return b.parameter(tensor.name, shape, initialisationOf(node, index, shape), {
    trainable: !runningStatistic,
    values,
  });
}

/** How a parameter would be drawn anew, by the part that it has in its operator. */
function initialisationOf(node: NodeProto | RawNode, index: number, shape: Shape): Initialisation {
  if (node.opType.endsWith("Normalization")) return { kind: index === 1 || index === 4 ? "ones" : "zeros" };
  // A layer scale; a bias, an embedding of positions, or a class token.
  if (node.opType === "Mul") return { kind: "ones" };
  if (shape.length === 1 || ["Add", "Pad"].includes(node.opType)) return { kind: "zeros" };
  return { kind: "normal", std: Math.sqrt(2 / fanOutOf(node, shape)) };
}

function fanOutOf(node: NodeProto | RawNode, shape: Shape): number {
  const attribute = (name: string) =>
    "attribute" in node ? Number(node.attribute.find((candidate) => candidate.name === name)?.i ?? 0n) : 0;
  if (node.opType === "Conv") return elements(shape) / (shape[1] ?? 1) / (attribute("group") || 1);
  if (node.opType === "ConvTranspose") return elements(shape) / (shape[0] ?? 1);
  return (attribute("transB") ? shape[0] : shape.at(-1)) ?? 1;
}
