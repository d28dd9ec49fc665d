/**
 * @file What an operator does with a tensor that the file holds, by the operator and the input's place: multiply a signal by it as by a
 * weight, shift by it, or read it as a setting.
 */

import type { NodeProto } from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import { intOf, textOf } from "../file/attributes.js";

export type Part =
  /** Drawn with a standard deviation that hangs on the shape. */
  | { readonly kind: "weight"; readonly std: (shape: Shape) => number; readonly isInputsFirst?: boolean }
  /** Of a normalisation. */
  | { readonly kind: "scale" | "bias" | "mean" | "variance" }
  /** Of a layer with weights, or of a fused operator. */
  | { readonly kind: "shift" }
  /** Of a PReLU. */
  | { readonly kind: "slope"; readonly isNegated: boolean }
  /** In which a recurrent layer begins. */
  | { readonly kind: "state" }
  /** What a signal is multiplied with or added to, element by element. */
  | { readonly kind: "factor" | "term"; readonly node: NodeProto }
  /** What stands beside a signal, as a class token does. */
  | { readonly kind: "beside" }
  /** Sines, windows and other tables that nothing trains. */
  | { readonly kind: "table" }
  /** A bound, a size: no weight anywhere. */
  | { readonly kind: "setting" }
  /** Of an operator that is not known here. */
  | { readonly kind: "unknown"; readonly node: NodeProto };

const scale: Part = { kind: "scale" };
const bias: Part = { kind: "bias" };
const shift: Part = { kind: "shift" };
const state: Part = { kind: "state" };
const beside: Part = { kind: "beside" };
const table: Part = { kind: "table" };
const setting: Part = { kind: "setting" };

/** Kaiming-normal with fan-out, as our own networks have it. */
function weight(fanOut: (shape: Shape) => number, isInputsFirst = false): Part {
  return { kind: "weight", std: (shape) => Math.sqrt(2 / Math.max(1, fanOut(shape))), isInputsFirst };
}

const lastAxis = weight((shape) => shape.at(-1) ?? 1, true);

/** As PyTorch draws recurrent layers: uniform within 1 / sqrt(hidden size). */
function recurrent(node: NodeProto): Part {
  const hidden = intOf(node, "hidden_size", 1);
  return { kind: "weight", std: () => 1 / Math.sqrt(3 * Math.max(1, hidden)) };
}

const convolution = (node: NodeProto): Part =>
  weight((shape) => elements(shape) / (shape[1] ?? 1) / intOf(node, "group", 1));

const gemm = (node: NodeProto) => [
  weight((shape) => (intOf(node, "transA", 0) ? shape[1] : shape[0]) ?? 1, intOf(node, "transA", 0) !== 0),
  intOf(node, "transB", 0) ? weight((shape) => shape[0] ?? 1) : lastAxis,
  shift,
];

const matMul = (node: NodeProto) => [
  weight((shape) => shape.at(-2) ?? 1),
  intOf(node, "transB", 0) ? weight((shape) => shape.at(-2) ?? 1) : lastAxis,
];

/** Outputs of a factor: the axes that the result has and the other factors do not. */
function einsum(node: NodeProto): readonly Part[] {
  const [left = "", result = ""] = textOf(node, "equation", "").replaceAll(" ", "").split("->");
  const terms = left.split(",");
  return terms.map((term, i) => {
    const others = terms.filter((_, j) => j !== i).join("");
    return weight((shape) =>
      elements(
        [...term].flatMap((letter, axis) =>
          result.includes(letter) && !others.includes(letter) ? (shape[axis] ?? 1) : [],
        ),
      ),
    );
  });
}

const lstm = (node: NodeProto) => {
  const drawn = recurrent(node);
  return [undefined, drawn, drawn, shift, undefined, state, state, shift];
};

type Parts = readonly (Part | undefined)[];

const normalisation: Parts = [undefined, scale, bias];

/** Parts by input; an operator that is not here has none that it says by itself. */
const parts: Readonly<Record<string, Parts | ((node: NodeProto) => Parts) | undefined>> = {
  Attention: ({ domain }) => (domain === "com.microsoft" ? [undefined, lastAxis, shift] : []),
  BatchNormalization: [undefined, scale, bias, { kind: "mean" }, { kind: "variance" }],
  BiasAdd: [undefined, shift],
  BiasDropout: [undefined, shift],
  BiasGelu: [undefined, shift],
  BiasSplitGelu: [undefined, shift],
  Clip: [undefined, setting, setting],
  Compress: [undefined, setting],
  ConstantOfShape: [setting],
  Conv: (node) => [undefined, convolution(node), shift],
  ConvTranspose: [undefined, weight((shape) => elements(shape) / (shape[0] ?? 1)), shift],
  DFT: [undefined, setting, setting],
  DeformConv: (node) => [undefined, convolution(node), undefined, shift],
  DequantizeLinear: [undefined, setting],
  Dropout: [undefined, setting, setting],
  Einsum: einsum,
  Equal: [setting, setting],
  FastGelu: [undefined, shift],
  FusedConv: (node) => [undefined, convolution(node), shift],
  FusedGemm: gemm,
  FusedMatMul: matMul,
  FusedMatMulActivation: matMul,
  GRU: lstm,
  Gemm: gemm,
  GemmFastGelu: [undefined, lastAxis, shift],
  Greater: [setting, setting],
  GreaterOrEqual: [setting, setting],
  GridSample: [undefined, table],
  GroupNorm: normalisation,
  GroupNormalization: normalisation,
  GroupQueryAttention: [undefined, undefined, undefined, undefined, undefined, undefined, undefined, table, table],
  InstanceNormalization: normalisation,
  LSTM: lstm,
  LayerNormalization: normalisation,
  PRelu: (node) => [undefined, { kind: "slope", isNegated: intOf(node, "negated", 0) === 1 }],
  Less: [setting, setting],
  LessOrEqual: [setting, setting],
  LongformerAttention: [undefined, lastAxis, shift, undefined, lastAxis, shift],
  Loop: ({ input }) => input.map((_, i) => (i < 2 ? setting : state)),
  MatMul: matMul,
  MaxRoiPool: [undefined, table],
  MultiHeadAttention: [undefined, undefined, undefined, shift],
  NhwcConv: (node) => [undefined, convolution(node), shift],
  NhwcFusedConv: (node) => [undefined, convolution(node), shift],
  NonMaxSuppression: [table, table, setting, setting, setting],
  OneHot: [undefined, undefined, setting],
  Pad: [undefined, undefined, setting],
  Pow: [undefined, setting],
  QuantizeLinear: [undefined, setting],
  QuickGelu: [undefined, shift],
  RMSNormalization: [undefined, scale],
  RNN: lstm,
  Range: [setting, setting, setting],
  Resize: [undefined, setting, setting],
  RoiAlign: [undefined, table],
  RotaryEmbedding: ({ domain }) => (domain === "" ? [undefined, table, table] : [undefined, undefined, table, table]),
  Scan: ({ input }) => input.map(() => state),
  STFT: [undefined, setting, table],
  ScatterElements: [table],
  ScatterND: [table],
  SimplifiedLayerNormalization: [undefined, scale],
  SkipGroupNorm: [undefined, scale, bias, undefined, shift],
  SkipLayerNormalization: [undefined, undefined, scale, bias, shift],
  SkipSimplifiedLayerNormalization: [undefined, undefined, scale, shift],
  TransposeMatMul: matMul,
  Upsample: [undefined, setting],
};

const factors = new Set(["Div", "Mul"]);
const terms = new Set(["Add", "Sub", "Sum"]);

/** Operators whose inputs stand beside each other. */
const gathering = new Set(["Concat", "Expand", "Where"]);

/** @param isStored - Whether a tensor hangs on the file alone, and on no signal. */
export function partOf(
  node: NodeProto,
  index: number,
  isStored: (name: string | undefined) => boolean,
): Part | undefined {
  const { opType } = node;
  const list = Object.hasOwn(parts, opType) ? parts[opType] : undefined;
  if (list !== undefined) {
    // Of two stored factors, the left one is what a weight is applied to: a code of positions.
    if (opType === "MatMul" && index === 0 && isStored(node.input[1])) return setting;
    return (typeof list === "function" ? list(node) : list)[index];
  }
  if (factors.has(opType)) return { kind: "factor", node };
  if (terms.has(opType)) return { kind: "term", node };
  if (gathering.has(opType)) return beside;
  // A table of which the signal takes rows.
  if (opType === "Gather" && index === 0) return { kind: "weight", std: () => 1 };
  return { kind: "unknown", node };
}

/** Whether an operator weights a signal by what the file holds. */
export function isWeighted(node: NodeProto, isStored: (name: string | undefined) => boolean): boolean {
  return node.input.some((name, index) => isStored(name) && partOf(node, index, isStored)?.kind === "weight");
}
