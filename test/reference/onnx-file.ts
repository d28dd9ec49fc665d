/** @file Small ONNX files written node by node, as somebody else's exporter may write them. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type GraphProto,
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

export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | TensorProto
  | GraphProto;

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A node; its operator may have a domain before it: `com.microsoft.QGemm`. */
export function node(
  operator: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes = {},
  name = "",
): NodeProto {
  const at = operator.lastIndexOf(".");
  return create(NodeProtoSchema, {
    name,
    domain: operator.slice(0, Math.max(0, at)),
    opType: operator.slice(at + 1),
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
  });
}

/** A number is an INT where it is whole, else a FLOAT; `{ float: 1 }` is a FLOAT in any case. */
export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  const of = (type: AttributeKind, fields: Partial<AttributeProto>) =>
    Object.assign(create(AttributeProtoSchema, { name, type }), fields);
  if (typeof value === "string") return of(AttributeKind.STRING, { s: new TextEncoder().encode(value) });
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? of(AttributeKind.INT, { i: BigInt(value) })
      : of(AttributeKind.FLOAT, { f: value });
  }
  if ("float" in value) return of(AttributeKind.FLOAT, { f: value.float });
  if ("dims" in value) return of(AttributeKind.TENSOR, { t: value });
  if ("node" in value) return of(AttributeKind.GRAPH, { g: value });
  return of(AttributeKind.INTS, { ints: value.map(BigInt) });
}

/** One number for all elements, or a number for each. */
export type Numbers = number | ((i: number) => number);

function listed(shape: readonly number[], values: Numbers): number[] {
  const length = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length }, (_, i) => (typeof values === "number" ? values : values(i)));
}

/** A stored tensor of floats. */
export function floats(name: string, shape: readonly number[], values: Numbers = 0.5): TensorProto {
  const floatData = listed(shape, values);
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: DataType.FLOAT, floatData });
}

/** A stored list of floats. */
export function floatList(name: string, values: readonly number[]): TensorProto {
  return floats(name, [values.length], (i) => values[i] ?? 0);
}

/** A stored tensor of whole numbers of 64 bits; without a shape a list. */
export function integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]) {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: DataType.INT64,
    int64Data: values.map(BigInt),
  });
}

/** A stored tensor of small whole numbers or truth values. */
export function bytes(name: string, shape: readonly number[], dataType: DataType, values: Numbers = 1): TensorProto {
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType, int32Data: listed(shape, values) });
}

/** A tensor by name; lengths that are texts are open. */
export function tensor(
  name: string,
  lengths: readonly (number | string)[] | undefined,
  elemType = DataType.FLOAT,
): ValueInfoProto {
  const dim = lengths?.map((length) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof length === "number" ? { case: "dimValue", value: BigInt(length) } : { case: "dimParam", value: length },
    }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType,
    ...(dim && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  const type = create(TypeProtoSchema, { value: { case: "tensorType", value } });
  return create(ValueInfoProtoSchema, { name, type });
}

export interface GraphParts {
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
  readonly stored?: readonly TensorProto[];
}

export function graph({ input, output, nodes, stored = [] }: GraphParts): GraphProto {
  return create(GraphProtoSchema, {
    name: "test",
    input: [...input],
    output: [...output],
    node: [...nodes],
    initializer: [...stored],
  });
}

/** A file of a graph; `domains` besides ONNX's own have version 1. */
export function onnxFile(parts: GraphParts, opset = 13, domains: readonly string[] = []): Uint8Array {
  const sets = [["", opset] as const, ...domains.map((domain) => [domain, 1] as const)];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: opset > 20 ? 10n : 8n,
      opsetImport: sets.map(([domain, version]) =>
        create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
      ),
      graph: graph(parts),
    }),
  );
}
