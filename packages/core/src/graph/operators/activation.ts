/**
 * @file The nonlinearities, which activation metrics look at. In a linearised network they are the identity.
 *
 * Gelu is the operator of opset 20 in its exact form, Swish that of opset 24 with its alpha of 1, which is SiLU; encoding
 * writes them with Erf and with Sigmoid, which every runtime reads.
 */

import { GraphError } from "../../base/errors.js";
import { passes } from "../flow-rule.js";
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

/** `max(0, x)` */
export const Relu: Operator<object> = nonlinearity;

/** `x` between two bounds, which are scalars; ReLU6 is the one between 0 and 6. */
export const Clip: Operator<object> = {
  ...nonlinearity,
  shape: (inputs) => {
    if (inputs.slice(1).some((bound) => bound.shape.length > 0)) throw new GraphError("bounds are scalars");
    return [operand(inputs, 0, "a tensor").shape];
  },
};

/** `x Phi(x)` */
export const Gelu: Operator<object> = nonlinearity;

/** `x max(0, min(1, x / 6 + 1 / 2))` */
export const HardSwish: Operator<object> = nonlinearity;

/** `x / (1 + exp(-x))`, SiLU */
export const Swish: Operator<object> = nonlinearity;
