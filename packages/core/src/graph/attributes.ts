/** @file The operators of graphs by name, each with its attributes, named as in ONNX. Public within the namespace `graphTypes`. */

import type { AlongAxesAttributes } from "./operators/along-axes.js";
import type { ContractionAttributes } from "./operators/contraction.js";
import type { ConvAttributes, ConvTransposeAttributes } from "./operators/convolution.js";
import type { HardSigmoidAttributes } from "./operators/gate.js";
import type { GatherAttributes, ScatterElementsAttributes } from "./operators/indexing.js";
import type { AxisAttributes, FlattenAttributes, TransposeAttributes } from "./operators/layout.js";
import type { GemmAttributes } from "./operators/linear.js";
import type {
  BatchNormalizationAttributes,
  LayerNormalizationAttributes,
  LpNormalizationAttributes,
} from "./operators/normalization.js";
import type { OpaqueAttributes } from "./operators/opaque.js";
import type { AveragePoolAttributes, MaxPoolAttributes } from "./operators/pooling.js";
import type { ReduceSumAttributes } from "./operators/reduction.js";
import type { SoftmaxAttributes } from "./operators/softmax.js";

export type { AlongAxesAttributes, AxisMap } from "./operators/along-axes.js";
export type { ContractionAttributes, Factor, Labels } from "./operators/contraction.js";
export type { ConvAttributes, ConvTransposeAttributes } from "./operators/convolution.js";
export type { HardSigmoidAttributes } from "./operators/gate.js";
export type { GatherAttributes, ScatterElementsAttributes } from "./operators/indexing.js";
export type { AxisAttributes, FlattenAttributes, TransposeAttributes } from "./operators/layout.js";
export type { GemmAttributes } from "./operators/linear.js";
export type {
  BatchNormalizationAttributes,
  LayerNormalizationAttributes,
  LpNormalizationAttributes,
} from "./operators/normalization.js";
export type { OpaqueAttributes } from "./operators/opaque.js";
export type { AveragePoolAttributes, MaxPoolAttributes } from "./operators/pooling.js";
export type { ReduceSumAttributes } from "./operators/reduction.js";
export type { SoftmaxAttributes } from "./operators/softmax.js";
export type { WindowAttributes } from "./operators/window.js";

/** Attributes of the operators that graphs are built of, by the operator's name in ONNX. */
export interface OperatorAttributes {
  /** Magnitudes. */
  Abs: object;
  /** Sum of two tensors, with broadcasting. */
  Add: object;
  /** Average pooling of `[N, C, H, W]`. */
  AveragePool: AveragePoolAttributes;
  /** Normalisation of channels, by statistics of the batch or the running ones. */
  BatchNormalization: BatchNormalizationAttributes;
  /** Bounds numbers by two constants; ReLU6 is one. */
  Clip: object;
  /** Joins tensors along an axis. */
  Concat: AxisAttributes;
  /** Convolution of `[N, C, H, W]`. */
  Conv: ConvAttributes;
  /** Transposed convolution of `[N, C, H, W]`. */
  ConvTranspose: ConvTransposeAttributes;
  /** Quotient of two tensors, with broadcasting. */
  Div: object;
  /** The error function. */
  Erf: object;
  /** `e` to the power of `x`. */
  Exp: object;
  /** Repeats along axes of length 1, to a shape, which is a constant input. */
  Expand: object;
  /** To a matrix. */
  Flatten: FlattenAttributes;
  /** Parts along an axis, whole, by their positions. */
  Gather: GatherAttributes;
  /** Elements by their positions along an axis. */
  GatherElements: GatherAttributes;
  /** Gaussian error linear unit. */
  Gelu: object;
  /** Product of matrices with a bias. */
  Gemm: GemmAttributes;
  /** Mean over height and width. */
  GlobalAveragePool: object;
  /** `max(0, min(1, alpha x + beta))`, which gates another signal. */
  HardSigmoid: HardSigmoidAttributes;
  /** `x * clip(x / 6 + 0.5, 0, 1)`. */
  HardSwish: object;
  /** Normalisation over the last axes. */
  LayerNormalization: LayerNormalizationAttributes;
  /** Natural logarithm. */
  Log: object;
  /** Logarithm of a softmax. */
  LogSoftmax: SoftmaxAttributes;
  /** Division by a norm along an axis. */
  LpNormalization: LpNormalizationAttributes;
  /** Product of the last two axes. */
  MatMul: object;
  /** Max pooling of `[N, C, H, W]`. */
  MaxPool: MaxPoolAttributes;
  /** Product of two tensors, with broadcasting. */
  Mul: object;
  /** Adds zeros at the edges. */
  Pad: object;
  /** Sum over axes, which are a constant input. */
  ReduceSum: ReduceSumAttributes;
  /** `max(x, 0)`. */
  Relu: object;
  /** To a shape, which is a constant input. */
  Reshape: object;
  /** Adds elements to a tensor, at their positions along an axis. */
  ScatterElements: ScatterElementsAttributes;
  /** `1 / (1 + exp(-x))`, which gates another signal. */
  Sigmoid: object;
  /** -1, 0 or 1. */
  Sign: object;
  /** Positions of axes from a start to an end, in steps, all of which are constant inputs. */
  Slice: object;
  /** Exponentials that sum to 1 along an axis. */
  Softmax: SoftmaxAttributes;
  /** Parts along an axis. */
  Split: AxisAttributes;
  /** Square root. */
  Sqrt: object;
  /** Difference of two tensors, with broadcasting. */
  Sub: object;
  /** `x * sigmoid(x)`. */
  Swish: object;
  /** Exchanges axes. */
  Transpose: TransposeAttributes;
}

/** Attributes of what stands for the nodes of a file that graphs are not built of. */
export interface OpaqueOperatorAttributes {
  /** Anything; flow metrics cannot score it. */
  Opaque: OpaqueAttributes;
  /** Linear along each axis: resizing, padding, averaging, selecting. */
  OpaqueAlongAxes: OpaqueAttributes & AlongAxesAttributes;
  /** What does not depend on the image. */
  OpaqueConstant: OpaqueAttributes;
  /** A product that sums over some axes, such as Einsum. */
  OpaqueContraction: OpaqueAttributes & ContractionAttributes;
  /** A sigmoid that another signal is multiplied by. */
  OpaqueGate: OpaqueAttributes;
  /** A nonlinearity that metrics of activations look at. */
  OpaqueNonlinearity: OpaqueAttributes;
  /** The identity in a linearised network. */
  OpaquePassing: OpaqueAttributes;
}
