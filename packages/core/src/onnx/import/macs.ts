/** @file Multiply-accumulates of a file's node that is not of the closed set, from the shapes that were seen: one a weight's use. */

import type { NodeProto } from "onnx-buf";
import { elements, type Shape } from "../../graph/graph.js";
import { intOf, textOf } from "./attributes.js";

/** Operators that multiply and accumulate, and are not counted here. */
export const uncounted: ReadonlySet<string> = new Set([
  "Attention",
  "BiasSplitGelu",
  "DeformConv",
  "FusedMHA",
  "GRU",
  "GroupQueryAttention",
  "LSTM",
  "MatMulNBits",
  "MultiHeadAttention",
  "QAttention",
  "RNN",
]);

/** @param shapeOf Of inputs and outputs at batch 1. */
export function macsOfNode(node: NodeProto, shapeOf: (name: string) => Shape | undefined): number {
  const input = (index: number): Shape => shapeOf(node.input[index] ?? "") ?? [];
  const output = elements(shapeOf(node.output[0] ?? "") ?? []);
  switch (node.opType) {
    case "Conv":
    case "ConvInteger":
    case "FusedConv":
      return output * elements(input(1).slice(1));
    case "QLinearConv":
      return output * elements(input(3).slice(1));
    case "ConvTranspose":
      return elements(input(0)) * elements(input(1).slice(1));
    case "Gemm":
    case "FusedGemm":
      return output * (input(0)[intOf(node, "transA", 0) ? 0 : 1] ?? 1);
    case "MatMul":
    case "MatMulInteger":
    case "QLinearMatMul":
      return output * (input(0).at(-1) ?? 1);
    case "FusedMatMul":
      return output * (input(0).at(intOf(node, "transA", 0) ? -2 : -1) ?? 1);
    case "Einsum":
      return einsumMacs(
        textOf(node, "equation", ""),
        node.input.map((_, i) => input(i)),
      );
    default:
      return 0;
  }
}

/** The product of the lengths of all axes of two factors. */
function einsumMacs(equation: string, factors: readonly Shape[]): number {
  const terms = equation.replaceAll(" ", "").split("->")[0]?.split(",") ?? [];
  if (factors.length !== 2 || equation.includes(".")) return 0;
  const lengths = new Map<string, number>();
  terms.forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      lengths.set(letter, factors[i]?.[axis] ?? 1);
    });
  });
  return elements([...lengths.values()]);
}
