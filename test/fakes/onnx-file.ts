/** @file Small ONNX files for tests, node by node. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";

export type Attribute = number | string | readonly number[] | TensorProto;

/** `[operator, inputs, outputs, attributes]`; the operator with its domain before a colon where it has one. */
export type NodeSpec = readonly [
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
];

export interface FileSpec {
  readonly nodes: readonly NodeSpec[];
  readonly tensors: readonly TensorProto[];
  readonly input?: readonly number[];
  readonly output: string;
  readonly opset?: number;
}

export function floats(name: string, dims: readonly number[], values: number | ((i: number) => number)): TensorProto {
  const length = dims.reduce((a, b) => a * b, 1);
  const floatData = Array.from({ length }, (_, i) => (typeof values === "number" ? values : values(i)));
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: DataType.FLOAT, floatData });
}

export function integers(
  name: string,
  dataType: DataType,
  dims: readonly number[],
  values: number | ((i: number) => number),
): TensorProto {
  const length = dims.reduce((a, b) => a * b, 1);
  const list = Array.from({ length }, (_, i) => (typeof values === "number" ? values : values(i)));
  const data = dataType === DataType.INT64 ? { int64Data: list.map(BigInt) } : { int32Data: list };
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, ...data });
}

/** Numbers as training leaves them: none is round, none repeats. */
export function trained(size: number, shift = 0): (i: number) => number {
  return (i) => shift + size * Math.sin(12.9898 * (i + 1) + 78.233 * size);
}

function attribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === "number" && Number.isInteger(value)) {
    return create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(value) });
  }
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: AttributeKind.FLOAT, f: value });
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: AttributeKind.STRING, s: new TextEncoder().encode(value) });
  }
  if ("dims" in value) return create(AttributeProtoSchema, { name, type: AttributeKind.TENSOR, t: value });
  return create(AttributeProtoSchema, { name, type: AttributeKind.INTS, ints: value.map(BigInt) });
}

function nodeOf([operator, input, output, attributes = {}]: NodeSpec): NodeProto {
  const [domain = "", opType = ""] = operator.includes(":") ? operator.split(":") : ["", operator];
  return create(NodeProtoSchema, {
    name: `${opType}-${output[0]}`,
    domain,
    opType,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
}

function infoOf(name: string, shape?: readonly number[]): ValueInfoProto {
  const dim = shape?.map((n) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(n) } }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: DataType.FLOAT,
    ...(dim && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value } }),
  });
}

/** A file that takes the image `x`, of 3 channels and 16 pixels a side unless it is said otherwise. */
export function onnxFile({ nodes, tensors, input = [1, 3, 16, 16], output, opset = 17 }: FileSpec): Uint8Array {
  const opsets = new Map([
    ["", opset],
    ["com.microsoft", 1],
  ]);
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: "test",
      opsetImport: [...opsets].map(([domain, version]) =>
        create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
      ),
      graph: create(GraphProtoSchema, {
        name: "test",
        node: nodes.map(nodeOf),
        initializer: [...tensors],
        input: [infoOf("x", input)],
        output: [infoOf(output)],
      }),
    }),
  );
}
