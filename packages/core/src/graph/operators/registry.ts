/** @file The closed set of operators: those of ONNX that our networks and our metrics are made of. */

import type { OperatorAttributes } from "../attributes.js";
import type { Operator } from "../operator.js";
import { Clip, Gelu, HardSwish, Relu, Swish } from "./activation.js";
import { Conv, ConvTranspose } from "./convolution.js";
import { Abs, Add, Div, Erf, Exp, Log, Mul, Sign, Sqrt, Sub } from "./elementwise.js";
import { HardSigmoid, Sigmoid } from "./gate.js";
import { Expand, Gather, GatherElements, ScatterElements, Slice } from "./indexing.js";
import { Concat, Flatten, Pad, Reshape, Split, Transpose } from "./layout.js";
import { Gemm, MatMul } from "./linear.js";
import { BatchNormalization, LayerNormalization, LpNormalization } from "./normalization.js";
import { AveragePool, MaxPool } from "./pooling.js";
import { GlobalAveragePool, ReduceSum } from "./reduction.js";
import { LogSoftmax, Softmax } from "./softmax.js";

export const operators = {
  Abs,
  Add,
  AveragePool,
  BatchNormalization,
  Clip,
  Concat,
  Conv,
  ConvTranspose,
  Div,
  Erf,
  Exp,
  Expand,
  Flatten,
  Gather,
  GatherElements,
  Gelu,
  Gemm,
  GlobalAveragePool,
  HardSigmoid,
  HardSwish,
  LayerNormalization,
  Log,
  LogSoftmax,
  LpNormalization,
  MatMul,
  MaxPool,
  Mul,
  Pad,
  ReduceSum,
  Relu,
  Reshape,
  ScatterElements,
  Sigmoid,
  Sign,
  Slice,
  Softmax,
  Split,
  Sqrt,
  Sub,
  Swish,
  Transpose,
} as const satisfies { readonly [K in keyof OperatorAttributes]: Operator<OperatorAttributes[K]> };
