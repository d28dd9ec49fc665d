/** @file Small ONNX files for tests as lists of nodes, from the image `x` to one output. */

import { TensorProto_DataType as DataType, type TensorProto } from "onnx-buf";
import { type Attributes, bytes, integers, type Numbers, node, onnxFile, tensor } from "./onnx-file.js";

/** `[operator, inputs, outputs, attributes]`; the operator with its domain before it where it has one. */
export type NodeSpec = readonly [
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Attributes,
];

export interface FileSpec {
  readonly nodes: readonly NodeSpec[];
  readonly tensors: readonly TensorProto[];
  readonly input?: readonly number[];
  readonly output: string;
  readonly opset?: number;
}

/** A stored tensor of whole numbers of a type. */
export function wholes(name: string, dataType: DataType, dims: readonly number[], values: Numbers): TensorProto {
  if (dataType !== DataType.INT64) return bytes(name, dims, dataType, values);
  const length = dims.reduce((a, b) => a * b, 1);
  return integers(
    name,
    Array.from({ length }, (_, i) => (typeof values === "number" ? values : values(i))),
    dims,
  );
}

/** Numbers as training leaves them: none is round, none repeats. */
export function trained(size: number, shift = 0): (i: number) => number {
  return (i) => shift + size * Math.sin(12.9898 * (i + 1) + 78.233 * size);
}

/** A file that takes the image `x`, of 3 channels and 16 pixels a side unless it is said otherwise. */
export function specifiedFile({ nodes, tensors, input = [1, 3, 16, 16], output, opset = 17 }: FileSpec): Uint8Array {
  const written = nodes.map(([operator, from, to, attributes]) =>
    node(operator, from, to, attributes, `${operator.split(".").at(-1)}-${to[0]}`),
  );
  const parts = { input: [tensor("x", input)], output: [tensor(output, undefined)], nodes: written, stored: tensors };
  return onnxFile(parts, opset, ["com.microsoft"]);
}
