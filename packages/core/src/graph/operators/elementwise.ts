/** @file Element-wise arithmetic, and what metrics compute of activations. https://onnx.ai/onnx/operators/onnx__Add.html */

import { GraphError } from "../../base/errors.js";
import { product, type Stretching, scaled, stretching, sum } from "../field.js";
import { expectedMagnitude, type FlowRule, meanMagnitude, passes, silent } from "../flow-rule.js";
import { at, elementwise, ofOutput } from "../gradient-rule.js";
import type { Shape } from "../graph.js";
import { isSameShape, type Operand, type Operator, operand } from "../operator.js";

/** NumPy's broadcasting, as ONNX has it. */
export function broadcast(a: Shape, b: Shape): Shape {
  if (isSameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) throw new GraphError("shapes do not broadcast");
    return Math.max(m, n);
  });
}

const binary: Pick<Operator<object>, "attributeTypes" | "defaults" | "shape" | "inPlace"> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => [
    broadcast(operand(inputs, 0, "a left operand").shape, operand(inputs, 1, "a right operand").shape),
  ],
  inPlace: true,
};

function isSignal({ parameter, values }: { parameter?: unknown; values?: unknown }): boolean {
  return parameter === undefined && values === undefined;
}

const sumOfSignals: FlowRule = { kind: "sum" };

export const Add: Operator<object> = {
  ...binary,
  gradient: ofOutput((g, { b, inputs }) =>
    inputs.map(
      ({ shape }) =>
        () =>
          b.sumTo(g, shape),
    ),
  ),
  flow: ({ inputs, outputs: [whole = []] }) => {
    // A constant or a parameter that is added is a bias, which the linearised network does not have.
    const signals = inputs.map(isSignal);
    if (!inputs.every((input) => !isSignal(input) || isSameShape(input.shape, whole)))
      return stretchedSum(inputs, whole);
    if (signals.every((signal) => signal)) return sumOfSignals;
    return signals[0] ? passes : { ...passes, operand: 1 };
  },
};

/** A sum of signals that are stretched to its shape. */
function stretchedSum(inputs: readonly Operand[], whole: Shape): FlowRule {
  const parts = inputs.map((input) => (isSignal(input) ? stretching(input.shape, whole) : undefined));
  return {
    kind: "junction",
    forward: (fields) => [sum(fields.map((field, i) => parts[i]?.forth(field)))],
    backward: (_, [g]) => parts.map((part) => part?.back(g)),
  };
}

/**
 * What a factor that is no signal multiplies with: the mean of its magnitudes, of a parameter such as a layer scale the expectation.
 */
function factorOf({ values, parameter }: Operand): number | undefined {
  if (parameter !== undefined) return expectedMagnitude(parameter);
  return values && meanMagnitude(values);
}

export const Mul: Operator<object> = {
  ...binary,
  gradient: ofOutput((g, { b, inputs }) => {
    const [x, y] = [at(inputs, 0), at(inputs, 1)];
    return [() => b.sumTo(b.mul(g, y), x.shape), () => b.sumTo(b.mul(g, x), y.shape)];
  }),
  flow: ({ inputs, outputs: [whole = []] }) => {
    const left = operand(inputs, 0, "a left operand");
    const right = operand(inputs, 1, "a right operand");
    const by = factorOf(right) ?? factorOf(left);
    if (by === undefined) return productOfSignals(left.shape, right.shape, whole);
    if (!isSignal(left) && !isSignal(right)) return silent;
    const [signal, at] = isSignal(left) ? [left, 0] : [right, 1];
    const { forth, back } = stretchingOrNone(signal.shape, whole);
    return {
      kind: "layer",
      operand: at,
      forward: (x) => scaled(forth(x), by),
      backward: (_, g) => scaled(back(g), by),
    };
  },
};

const unstretched: Stretching = { forth: (field) => field, back: (g) => g };

function stretchingOrNone(from: Shape, to: Shape): Stretching {
  return isSameShape(from, to) ? unstretched : stretching(from, to);
}

/** Linear in each of two activations: the gradient of either is weighed with the other. */
function productOfSignals(left: Shape, right: Shape, whole: Shape): FlowRule {
  const a = stretchingOrNone(left, whole);
  const b = stretchingOrNone(right, whole);
  return {
    kind: "junction",
    forward: ([x, y]) => [product(a.forth(x), b.forth(y))],
    backward: ([x, y], [g]) => [a.back(product(g, b.forth(y))), b.back(product(g, a.forth(x)))],
  };
}

/** No part of a network that metrics of flow look at: what metrics and gradients compute besides, which have no flow of their own. */
const measurement: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => [operand(inputs, 0, "a tensor").shape],
  inPlace: true,
};

export const Abs: Operator<object> = { ...measurement, gradient: elementwise((b, x) => b.node("Sign", [x])) };

export const Div: Operator<object> = {
  ...binary,
  gradient: ofOutput((g, { b, inputs, outputs }) => {
    const [x, y] = [at(inputs, 0), at(inputs, 1)];
    const quotient = () => b.div(g, y);
    return [() => b.sumTo(quotient(), x.shape), () => b.sumTo(b.mul(b.mul(quotient(), at(outputs, 0)), -1), y.shape)];
  }),
};

/** `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to `x` */
export const Erf: Operator<object> = {
  ...measurement,
  gradient: elementwise((b, x) => b.mul(b.node("Exp", [b.mul(b.mul(x, x), -1)]), 2 / Math.sqrt(Math.PI))),
};

export const Exp: Operator<object> = { ...measurement, gradient: elementwise((_b, _x, y) => y) };

export const Log: Operator<object> = {
  ...measurement,
  gradient: ofOutput((g, { b, inputs }) => [() => b.div(g, at(inputs, 0))]),
};

/** Its derivative is zero wherever there is one. */
export const Sign: Operator<object> = { ...measurement, gradient: () => [undefined] };

export const Sqrt: Operator<object> = {
  ...measurement,
  gradient: ofOutput((g, { b, outputs }) => [() => b.div(b.mul(g, 0.5), at(outputs, 0))]),
};

export const Sub: Operator<object> = {
  ...binary,
  gradient: ofOutput((g, { b, inputs: [x, y] }) => [
    () => x && b.sumTo(g, x.shape),
    () => y && b.sumTo(b.mul(g, -1), y.shape),
  ]),
};
