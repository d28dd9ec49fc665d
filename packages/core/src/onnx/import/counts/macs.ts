/** @file Multiply-accumulates of a file's node that is not of the closed set, from the shapes that were seen: one a weight's use. */

import type { NodeProto } from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import { intOf, textOf } from "../file/attributes.js";
import { operatorName, uncounted, withBodies, withoutMacs } from "./operators.js";

interface Shapes {
  /** Empty where the input is left out. */
  input(index: number): Shape;
  /** Elements of the first output. */
  readonly output: number;
}

/** `undefined` where it cannot be told. */
type Rule = (shapes: Shapes, node: NodeProto) => number | undefined;

/** Each number that comes out takes the weights of its group. */
const convolution =
  (weight: number): Rule =>
  ({ input, output }) =>
    output * elements(input(weight).slice(1));

/** Each number that goes in takes the weights that lead from it. */
const transposedConvolution: Rule = ({ input }) => elements(input(0)) * elements(input(1).slice(1));

/** Each number that comes out takes a row of the first factor, which may be transposed. */
const product: Rule = ({ input, output }, node) => {
  const [isTransposed, movesBatch] = [intOf(node, "transA", 0) !== 0, intOf(node, "transBatchA", 0) !== 0];
  return output * (input(0).at(isTransposed ? (movesBatch ? 0 : -2) : -1) ?? 1);
};

const einsum: Rule = ({ input }, node) =>
  einsumMacs(
    textOf(node, "equation", ""),
    node.input.map((_, i) => input(i)),
  );

const rules: Readonly<Record<string, Rule | undefined>> = {
  Conv: convolution(1),
  ConvInteger: convolution(1),
  ConvTranspose: transposedConvolution,
  DeformConv: convolution(1),
  Einsum: einsum,
  Gemm: product,
  MatMul: product,
  MatMulInteger: product,
  QLinearConv: convolution(3),
  QLinearMatMul: product,
  "com.microsoft.ConvTransposeWithDynamicPads": transposedConvolution,
  "com.microsoft.DynamicQuantizeMatMul": product,
  "com.microsoft.FusedConv": convolution(1),
  "com.microsoft.FusedGemm": product,
  "com.microsoft.FusedMatMul": product,
  "com.microsoft.FusedMatMulActivation": product,
  "com.microsoft.GemmFastGelu": product,
  "com.microsoft.GemmFloat8": product,
  "com.microsoft.MatMulBlockQuantizedFp4Weight": product,
  "com.microsoft.MatMulBlockQuantizedFp8Weight": product,
  "com.microsoft.MatMulBnb4": product,
  "com.microsoft.MatMulFpQ4": product,
  "com.microsoft.MatMulInteger16": product,
  "com.microsoft.MatMulIntegerToFloat": product,
  "com.microsoft.MatMulNBits": product,
  "com.microsoft.NhwcConv": convolution(1),
  "com.microsoft.NhwcFusedConv": convolution(1),
  "com.microsoft.QGemm": product,
  "com.microsoft.QLinearConv": convolution(3),
  "com.microsoft.QOrderedMatMul": product,
  "com.microsoft.TransposeMatMul": product,
};

/** How multiply-accumulates of an operator are told; `unknown` for those of no list. */
export type Counting = "counted" | "bodies" | "none" | "uncounted" | "unknown";

export function countingOf(node: Pick<NodeProto, "domain" | "opType">): Counting {
  const name = operatorName(node);
  if (Object.hasOwn(rules, name)) return "counted";
  if (withBodies.has(name)) return "bodies";
  if (withoutMacs.has(name)) return "none";
  return uncounted.has(name) ? "uncounted" : "unknown";
}

/**
 * @param shapeOf - Of inputs and outputs at batch 1.
 * @returns `undefined` where there may be some that are not counted here. Those of bodies are counted elsewhere.
 */
export function macsOfNode(node: NodeProto, shapeOf: (name: string) => Shape | undefined): number | undefined {
  const counting = countingOf(node);
  if (counting === "none") return 0;
  const rule = counting === "counted" ? rules[operatorName(node)] : undefined;
  const [output, ...inputs] = [node.output[0] ?? "", ...node.input].map((name) => (name === "" ? [] : shapeOf(name)));
  if (rule === undefined || output === undefined || inputs.includes(undefined)) return undefined;
  return rule({ input: (index) => inputs[index] ?? [], output: elements(output) }, node);
}

/**
 * The product of the lengths of all axes of two factors: what a loop over all of them takes. One factor is moved and summed, without a
 * product. How many products there are of three depends on their order, which is the runtime's.
 */
function einsumMacs(equation: string, factors: readonly Shape[]): number | undefined {
  if (factors.length < 2) return 0;
  if (factors.length > 2) return undefined;
  const terms = equation.replaceAll(/\s/g, "").split("->")[0]?.split(",") ?? [];
  const lengths = new Map<string, number>();
  for (const [i, shape] of factors.entries()) {
    const labels = labelsOf(terms[i] ?? "", shape.length);
    if (labels?.length !== shape.length) return undefined;
    // A length of 1 is repeated along the other factor's.
    for (const [axis, label] of labels.entries()) {
      const [length = 1, known = 1] = [shape[axis], lengths.get(label)];
      lengths.set(label, known === 1 ? length : known);
    }
  }
  return elements([...lengths.values()]);
}

/** A letter for each axis of a factor; axes of the ellipsis are numbered from the last, as they are aligned. */
export function labelsOf(term: string, rank: number): readonly string[] | undefined {
  const [before = "", after, ...others] = term.split("...");
  if (others.length > 0) return undefined;
  if (after === undefined) return [...before];
  const n = rank - before.length - after.length;
  return [...before, ...Array.from({ length: Math.max(0, n) }, (_, i) => `...${n - i}`), ...after];
}
