/** @file Nodes that are written in the place of a file's own. */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from "onnx-buf";

/** Inputs without those that are left out at the end. */
export function withoutTrailing(names: readonly string[]): string[] {
  return names.slice(0, names.findLastIndex((name) => name !== "") + 1);
}

/** The attribute of a Transpose. */
export function perm(axes: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name: "perm", type: AttributeKind.INTS, ints: axes.map(BigInt) });
}

export function made(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: NodeProto["attribute"] = [],
  domain = "",
): NodeProto {
  return create(NodeProtoSchema, {
    name: output[0] ?? "",
    domain,
    opType,
    input: [...input],
    output: [...output],
    attribute,
  });
}
