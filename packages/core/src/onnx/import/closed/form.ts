/** @file What stands in the closed set for a node of a file, what is known around the node, and how forms are written. */

import type { NodeProto } from "onnx-buf";
import type { OperatorName, Shape } from "../../../graph/graph.js";
import type { AttributeValue, Operand } from "../../../graph/operator.js";

/** Constants that a node of the closed set reads, and the file's has as attributes or not at all. */
export interface FreshConstant {
  readonly name: string;
  readonly type: "float32" | "int64";
  readonly values: readonly number[];
  readonly shape: Shape;
}

/** A node of the closed set that does what the file's node does. */
export interface Closed {
  readonly operator: OperatorName;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly inputs: readonly (string | FreshConstant)[];
  /** Written by itself it computes what the file's node does; else the file's own has to run. */
  readonly exact: boolean;
  /** Names of outputs, where they are not the file's node's: parts that nothing reads. */
  readonly outputs?: readonly { readonly name: string; readonly shape: Shape }[];
}

/** What is known of the tensors around a node. */
export interface Surroundings {
  readonly opset: number;
  operand(name: string): Operand | undefined;
  shape(name: string): Shape | undefined;
  /** The numbers of a constant, or of a tensor that says where a node reads. */
  numbers(name: string): readonly number[] | undefined;
  /** Whether a tensor hangs on the image. */
  isSignal(name: string): boolean;
  /** Whether another signal is multiplied by it. */
  isFactor(name: string): boolean;
}

export type Form = (node: NodeProto, around: Surroundings) => readonly Closed[] | undefined;

/** Inputs without those that are left out at the end; `undefined` where one is left out before another. */
export function given(node: NodeProto): readonly string[] | undefined {
  const last = node.input.findLastIndex((name) => name !== "");
  const inputs = node.input.slice(0, last + 1);
  return inputs.includes("") ? undefined : inputs;
}

export function exactly(
  operator: OperatorName,
  inputs: readonly (string | FreshConstant)[] | undefined,
  attributes: Closed["attributes"] = {},
): readonly Closed[] | undefined {
  return inputs && [{ operator, attributes, inputs, exact: true }];
}

export function standIn(
  operator: OperatorName,
  inputs: readonly (string | FreshConstant)[],
  attributes: Closed["attributes"] = {},
): readonly Closed[] {
  return [{ operator, attributes, inputs, exact: false }];
}

export const plain: Form = (node) => exactly(node.opType as OperatorName, given(node));

export function fresh(
  node: NodeProto,
  label: string,
  type: FreshConstant["type"],
  values: readonly number[],
  shape?: Shape,
) {
  return { name: `${node.output[0]}|${label}`, type, values, shape: shape ?? [values.length] };
}

export function targetOf(node: NodeProto, shape: Shape, label = "target"): FreshConstant {
  return fresh(
    node,
    label,
    "int64",
    shape.map((n, axis) => (axis === 0 ? -1 : n)),
  );
}

/** The constant of one element among two inputs, and the other input. */
export function scalarOperand(node: NodeProto, around: Surroundings, index: number): number | undefined {
  const values = around.operand(node.input[index] ?? "")?.values;
  return values?.length === 1 ? values[0] : undefined;
}
