/** @file What nodes do with signals that are codes: which move them, which make them, and which read them as the numbers that they are. */

import type { NodeProto } from "onnx-buf";
import { readsOf } from "../file/attributes.js";
import { movers } from "../file/movers.js";

/** Operators that give negative numbers for some inputs, so that a cut at 0 bends. */
export const linear = new Set([
  "Add",
  "BatchNormalization",
  "Conv",
  "ConvTranspose",
  "FusedConv",
  "Gemm",
  "MatMul",
  "Sub",
  "Sum",
]);

/** Operators that give what they are given, elsewhere. */
export const moving = new Set([...movers, "AveragePool", "GlobalAveragePool", "MaxPool"]);

/** What makes codes of a signal. */
const quantisers = new Set(["DynamicQuantizeLinear", "QuantizeLinear"]);

/**
 * Codes that something reads as numbers, as those of images: they have to stay codes.
 * @param nodes - In topological order.
 */
export function codesReadAsNumbers(
  nodes: readonly NodeProto[],
  isQuantised: (node: NodeProto) => boolean,
): Set<string> {
  const codes = new Set(nodes.flatMap(({ opType, output }) => (quantisers.has(opType) ? output.slice(0, 1) : [])));
  const numbers = new Set<string>();
  if (codes.size === 0) return numbers;
  for (const node of nodes.toReversed()) {
    if (isQuantised(node)) continue;
    const passes = moving.has(node.opType) && node.opType !== "Cast";
    if (passes && !node.output.some((name) => numbers.has(name))) continue;
    for (const name of readsOf(node)) numbers.add(name);
  }
  return new Set([...numbers].filter((name) => codes.has(name)));
}
