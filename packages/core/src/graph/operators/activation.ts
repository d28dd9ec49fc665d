/**
 * @file The nonlinearities, which activation metrics look at. In a linearised network they are the identity.
 *
 * Gelu is the operator of opset 20 in its exact form, Swish that of opset 24 with its alpha of 1, which is SiLU; encoding
 * writes them with Erf and with Sigmoid, which every runtime reads.
 */

import { GraphError } from "../../base/errors.js";
import type { Arithmetic } from "../arithmetic.js";
import type { Tensor } from "../builder.js";
import { passes } from "../flow-rule.js";
import { at, elementwise, ofOutput } from "../gradient-rule.js";
import type { Operator } from "../operator.js";
import { operand } from "../operator.js";

const nonlinearity: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => [operand(inputs, 0, "a tensor").shape],
  nonlinearity: true,
  inPlace: true,
  flow: () => passes,
};

/** `max(0, x)`. Where it cuts, and at 0, no gradient passes. */
export const Relu: Operator<object> = { ...nonlinearity, gradient: elementwise((b, _, y) => b.node("Sign", [y])) };

/** 1 strictly within bounds, of what lies within them or on them; 0 on them. */
function within(b: Arithmetic, y: Tensor, low?: Tensor, high?: Tensor): Tensor | undefined {
  const above = low === undefined ? undefined : b.node("Sign", [b.sub(y, low)]);
  const below = high === undefined ? undefined : b.node("Sign", [b.sub(high, y)]);
  return above && below ? b.mul(above, below) : (above ?? below);
}

/** `x` between two bounds, which are scalars; ReLU6 is the one between 0 and 6. */
export const Clip: Operator<object> = {
  ...nonlinearity,
  shape: (inputs) => {
    if (inputs.slice(1).some((bound) => bound.shape.length > 0)) throw new GraphError("bounds are scalars");
    return [operand(inputs, 0, "a tensor").shape];
  },
  gradient: ofOutput((g, { b, inputs: [, low, high], outputs }) => [
    () => {
      const mask = within(b, at(outputs, 0), low, high);
      return mask === undefined ? g : b.mul(g, mask);
    },
  ]),
};

/** `x Phi(x)`, whose derivative is `Phi(x) + x phi(x)` */
export const Gelu: Operator<object> = {
  ...nonlinearity,
  gradient: elementwise((b, x) => {
    const cumulative = b.mul(b.add(b.node("Erf", [b.mul(x, Math.SQRT1_2)]), 1), 0.5);
    const density = b.mul(b.node("Exp", [b.mul(b.mul(x, x), -0.5)]), 1 / Math.sqrt(2 * Math.PI));
    return b.add(cumulative, b.mul(x, density));
  }),
};

/** `x max(0, min(1, x / 6 + 1 / 2))` */
export const HardSwish: Operator<object> = {
  ...nonlinearity,
  gradient: elementwise((b, x) => {
    const gate = b.node("HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 });
    const slope = b.mul(b.node("Sign", [gate]), b.node("Sign", [b.sub(1, gate)]));
    return b.add(gate, b.mul(b.mul(x, 1 / 6), slope));
  }),
};

/** `x s(x)`, SiLU, `s` the sigmoid; its derivative is `s + y (1 - s)` */
export const Swish: Operator<object> = {
  ...nonlinearity,
  gradient: elementwise((b, x, y) => {
    const s = b.node("Sigmoid", [x]);
    return b.add(s, b.mul(y, b.sub(1, s)));
  }),
};
