/** @file Element-wise arithmetic, and what metrics compute of activations. https://onnx.ai/onnx/operators/onnx__Add.html */

import { GraphError } from "../../base/errors.js";
import { product, type Stretching, scaled, stretching, sum } from "../field.js";
import { expectedMagnitude, type FlowRule, meanMagnitude, passes, silent } from "../flow-rule.js";
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

/** An operator that only metrics use, on tensors outside the network's own signal. */
const measurement: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => [operand(inputs, 0, "a tensor").shape],
  inPlace: true,
};

export const Abs: Operator<object> = measurement;
export const Log: Operator<object> = measurement;
export const Sign: Operator<object> = measurement;
