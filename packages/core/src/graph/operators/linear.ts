/**
 * @file Gemm and MatMul: linear layers, and the products of attention. https://onnx.ai/onnx/operators/onnx__MatMul.html
 *
 * Flow: a linear layer mixes the last axis like a 1 x 1 convolution. A product of two activations is linear in each; the
 * softmax before attention's second product passes no gradient, so that query and key receive none.
 */

import { GraphError } from "../../base/errors.js";
import type { Tensor } from "../builder.js";
import { type MaybeField, meanOfProducts, type Profile, product, scaled } from "../field.js";
import { expectedMagnitude, type FlowRule } from "../flow-rule.js";
import { at, ofOutput } from "../gradient-rule.js";
import { elements, type Parameter, type Shape } from "../graph.js";
import { dimension, type Operand, type Operator, operand, show } from "../operator.js";
import { contractionFlow, matrixProductLabels } from "./contraction.js";
import { channelPairs } from "./convolution.js";
import { broadcast } from "./elementwise.js";

const ONE_TAP = [1];

/** A weight, times a factor, that mixes the last axis of a tensor of shape `input` into `features` of them. */
function linearFlow(parameter: Parameter, input: Shape, features: number, alpha = 1): FlowRule {
  const magnitude = expectedMagnitude(parameter);
  const gain = Math.abs(alpha) * magnitude;
  const inFeatures = input.at(-1) ?? 1;
  /** Logarithm of what a unit of signal and gradient is worth: the rows of the input that share the weight, the factor. */
  const logRows = Math.log((Math.abs(alpha) * elements(input)) / inFeatures);
  const pairsOf = channelPairs({ channels: inFeatures, out: features, groups: 1 });

  const weights = { magnitude, count: elements(parameter.shape) };
  return {
    kind: "layer",
    weights,
    forward: (x) => mixed(x, inFeatures * gain),
    backward: (x, g, tally) => {
      const both = x && g && contracted(x.axes, g.axes, x.axes.length - 1);
      if (x === undefined || g === undefined || both === undefined) {
        tally.addUnreached(weights);
      } else {
        const log = x.log + g.log + logRows + both;
        for (const { factor, count } of pairsOf(x.axes.at(-1), g.axes.at(-1))) {
          tally.add(magnitude, count, log + Math.log(factor), ONE_TAP, ONE_TAP);
        }
      }
      return mixed(g, features * gain);
    },
  };
}

function mixed(field: MaybeField, gain: number): MaybeField {
  return field && scaled({ log: field.log, axes: field.axes.with(-1, undefined) }, gain);
}

/** Logarithm of the mean of the product of the profiles of the first `count` axes; `undefined` if it is zero. */
function contracted(a: readonly Profile[], b: readonly Profile[], count: number): number | undefined {
  let log = 0;
  for (let axis = 0; axis < count; axis++) {
    const mean = meanOfProducts(a[axis], b[axis]);
    if (mean === 0) return undefined;
    if (mean !== 1) log += Math.log(mean);
  }
  return log;
}

/** `A @ B` of two activations `[..., m, k]` and `[..., k, n]`. */
function productFlow(a: Shape, b: Shape): FlowRule {
  const rank = a.length;
  const k = a[rank - 1] ?? 1;
  const m = a[rank - 2] ?? 1;
  const n = b[rank - 1] ?? 1;

  /** Sums over an axis of either factor and keeps the other axes: the rule of all three products. */
  function contract(
    x: MaybeField,
    xSum: number,
    y: MaybeField,
    ySum: number,
    length: number,
    swap: boolean,
  ): MaybeField {
    if (x === undefined || y === undefined) return undefined;
    const inner = meanOfProducts(x.axes[xSum], y.axes[ySum]);
    if (inner === 0) return undefined;
    const both = product(x, y, rank - 2);
    if (both === undefined) return undefined;
    const keptOfX = x.axes[xSum === rank - 1 ? rank - 2 : rank - 1];
    const keptOfY = y.axes[ySum === rank - 1 ? rank - 2 : rank - 1];
    if (swap) both.axes.push(keptOfY, keptOfX);
    else both.axes.push(keptOfX, keptOfY);
    return { log: both.log + Math.log(length) + Math.log(inner), axes: both.axes };
  }

  const forward = (x: MaybeField, y: MaybeField) => contract(x, rank - 1, y, rank - 2, k, false);
  const toLeft = (g: MaybeField, y: MaybeField) => contract(g, rank - 1, y, rank - 1, n, false);
  const toRight = (g: MaybeField, x: MaybeField) => contract(g, rank - 2, x, rank - 2, m, true);
  return {
    kind: "junction",
    forward: ([x, y]) => [forward(x, y)],
    backward: ([x, y], [g]) => [toLeft(g, y), toRight(g, x)],
    narrowed: ({ operand: signal, fields: [x, y] }) =>
      signal === 0
        ? { kind: "layer", forward: (left) => forward(left, y), backward: (_, g) => toLeft(g, y) }
        : { kind: "layer", forward: (right) => forward(x, right), backward: (_, g) => toRight(g, x) },
  };
}

export const MatMul: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => {
    const a = operand(inputs, 0, "a left factor").shape;
    const b = operand(inputs, 1, "a right factor").shape;
    const batch = a.slice(0, -2);
    const fits =
      a.length >= 2 &&
      b.length >= 2 &&
      a.at(-1) === b.at(-2) &&
      (b.length === 2 || show(batch) === show(b.slice(0, -2)));
    if (!fits) throw new GraphError("factors do not fit");
    return [[...batch, a.at(-2) ?? 1, b.at(-1) ?? 1]];
  },
  gradient: ofOutput((g, { b, inputs }) => {
    const [x, y] = [at(inputs, 0), at(inputs, 1)];
    const rows = (t: Tensor) => b.reshape(t, [elements(t.shape.slice(0, -1)), dimension(t.shape, t.shape.length - 1)]);
    return [
      () => b.node("MatMul", [g, b.turned(y)]),
      // A matrix that serves a whole batch has its gradient from one product over all rows.
      () =>
        y.shape.length === 2 ? b.node("Gemm", [rows(x), rows(g)], { transA: 1 }) : b.node("MatMul", [b.turned(x), g]),
    ];
  }),
  macs: ({ inputs, outputs }) => elements(outputs[0] ?? []) * (operand(inputs, 0, "a left factor").shape.at(-1) ?? 1),
  flow: ({ inputs, outputs }) => {
    const a = operand(inputs, 0, "a left factor");
    const b = operand(inputs, 1, "a right factor");
    if (b.parameter !== undefined && b.shape.length === 2)
      return linearFlow(b.parameter, a.shape, dimension(b.shape, 1));
    const isPlain = a.shape.length === b.shape.length && [a, b].every(({ parameter, values }) => !parameter && !values);
    if (isPlain) return productFlow(a.shape, b.shape);
    return contractionFlow({ inputs, outputs, attributes: matrixProductLabels(a.shape, b.shape) });
  },
};

/** Of `Gemm`. */
export interface GemmAttributes {
  /** Factor of the product. */
  readonly alpha: number;
  /** Factor of the bias. */
  readonly beta: number;
  /** 1: the first matrix is transposed. */
  readonly transA: number;
  /** 1: the second matrix is transposed. */
  readonly transB: number;
}

/** `[rows, columns]` as they enter the product. */
function factor({ shape }: Operand, transposed: number): readonly [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) throw new GraphError("needs matrices");
  return transposed ? [columns, rows] : [rows, columns];
}

export const Gemm: Operator<GemmAttributes> = {
  attributeTypes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
  defaults: () => ({ alpha: 1, beta: 1, transA: 0, transB: 0 }),
  shape: (inputs, { transA, transB }) => {
    const a = operand(inputs, 0, "a matrix");
    const b = operand(inputs, 1, "a matrix");
    const [rows, inner] = factor(a, transA);
    const [innerB, columns] = factor(b, transB);
    const bias = inputs[2]?.shape;
    if (inner !== innerB) {
      throw new GraphError(`matrices do not fit with transA ${transA} and transB ${transB}`);
    }
    const result = [rows, columns];
    if (bias !== undefined && show(broadcast(bias, result)) !== show(result)) {
      throw new GraphError(`the bias does not broadcast to ${show(result)}`);
    }
    return [result];
  },
  gradient: ofOutput((g, { b, inputs, attributes: { alpha, beta, transA, transB } }) => {
    const [x, y, bias] = [at(inputs, 0), at(inputs, 1), inputs[2]];
    const gemm = (left: Tensor, right: Tensor, transA: number, transB: number) =>
      b.node("Gemm", [left, right], { alpha, transA, transB });
    return [
      () => (transA ? gemm(y, g, transB, 1) : gemm(g, y, 0, 1 - transB)),
      () => (transB ? gemm(g, x, 1, transA) : gemm(x, g, 1 - transA, 0)),
      () => bias && b.mul(b.sumTo(g, bias.shape), beta),
    ];
  }),
  macs: ({ inputs, outputs, attributes }) =>
    elements(outputs[0] ?? []) * factor(operand(inputs, 0, "a matrix"), attributes.transA)[1],
  flow: ({ inputs, outputs, attributes }) => {
    const { shape } = operand(inputs, 0, "a matrix");
    const { parameter } = operand(inputs, 1, "a matrix");
    if (parameter === undefined || attributes.transA) throw new GraphError("flow needs a weight as the second matrix");
    return linearFlow(parameter, shape, dimension(outputs[0] ?? [], 1), attributes.alpha);
  },
};
