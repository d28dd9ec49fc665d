/** @file Element-wise arithmetic, and what metrics compute of activations. https://onnx.ai/onnx/operators/onnx__Add.html */

import { GraphError } from "../../errors.js";
import { product, scaled } from "../field.js";
import { expectedMagnitude, type FlowRule, passes } from "../flow-rule.js";
import type { Shape } from "../graph.js";
import { isSameShape, type Operand, type Operator, operand, show } from "../operator.js";

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
  flow: ({ inputs, outputs }) => {
    // A constant or a parameter that is added is a bias, which the linearised network does not have.
    const signals = inputs.map(isSignal);
    if (!inputs.every((input) => !isSignal(input) || isSameShape(input.shape, outputs[0] ?? []))) {
      const shapes = inputs.filter(isSignal).map(({ shape }) => show(shape));
      throw new GraphError(`flow of a sum needs signals of the sum's shape, was given ${shapes.join(" and ")}`);
    }
    if (signals.every((signal) => signal)) return sumOfSignals;
    return signals[0] ? passes : { ...passes, operand: 1 };
  },
};

/** What a factor that is no signal multiplies with: one number, or, of a parameter such as a layer scale, its expectation. */
function factorOf({ values, parameter }: Operand): number | undefined {
  if (parameter !== undefined) return expectedMagnitude(parameter);
  return values?.length === 1 ? Math.abs(values[0] ?? 0) : undefined;
}

export const Mul: Operator<object> = {
  ...binary,
  flow: ({ inputs, outputs }) => {
    const left = operand(inputs, 0, "a left operand");
    const right = operand(inputs, 1, "a right operand");
    if (![left, right].every((side) => !isSignal(side) || isSameShape(side.shape, outputs[0] ?? []))) {
      throw new GraphError("flow of a product needs signals of the product's shape");
    }
    const by = factorOf(right) ?? factorOf(left);
    if (by !== undefined) {
      return {
        kind: "layer",
        operand: isSignal(left) ? 0 : 1,
        forward: (x) => scaled(x, by),
        backward: (_, g) => scaled(g, by),
      };
    }
    if (!isSignal(left) || !isSignal(right)) {
      throw new GraphError("flow of a product needs a factor that is one number or a parameter, or two activations");
    }
    return {
      kind: "junction",
      forward: ([x, y]) => [product(x, y)],
      backward: ([x, y], [g]) => [product(g, y), product(g, x)],
    };
  },
};

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
