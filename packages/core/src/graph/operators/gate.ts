/**
 * @file Sigmoids that gate: another signal is multiplied by what they give, as in squeeze-and-excite. They are no nonlinearity to metrics of
 * activations, which look at what enters the layers of the trunk. https://onnx.ai/onnx/operators/onnx__HardSigmoid.html
 *
 * Flow: a gate is open in a linearised network, 1, and passes no gradient, as softmax passes none to query and key. The code of
 * Synflow (Tanaka et al. 2020) and of its use on architectures (Abdelfattah et al. 2021, arXiv 2101.08134) keeps the sigmoid; of
 * magnitudes alone it gets such large numbers that it comes to the same. The identity would make a product of two signals of it,
 * whose size is squared by each gate on the way.
 */

import { uniform } from "../field.js";
import type { SourceFlow } from "../flow-rule.js";
import { elementwise } from "../gradient-rule.js";
import type { Shape } from "../graph.js";
import { type Operator, operand } from "../operator.js";

export function openGate(shape: Shape): SourceFlow {
  return { kind: "source", field: uniform(shape.length) };
}

const gate: Pick<Operator<object>, "shape" | "inPlace" | "flow"> = {
  shape: (inputs) => [operand(inputs, 0, "a tensor").shape],
  inPlace: true,
  flow: ({ outputs: [output = []] }) => openGate(output),
};

/** `1 / (1 + exp(-x))` */
export const Sigmoid: Operator<object> = {
  ...gate,
  attributeTypes: {},
  defaults: () => ({}),
  gradient: elementwise((b, _, y) => b.mul(y, b.sub(1, y))),
};

/** Of `HardSigmoid`. */
export interface HardSigmoidAttributes {
  /** Slope. */
  readonly alpha: number;
  /** Value at 0. */
  readonly beta: number;
}

/** `max(0, min(1, alpha x + beta))` */
export const HardSigmoid: Operator<HardSigmoidAttributes> = {
  ...gate,
  attributeTypes: { alpha: "float", beta: "float" },
  defaults: () => ({ alpha: 0.2, beta: 0.5 }),
  gradient: elementwise((b, _, y, { alpha }) =>
    b.mul(b.mul(b.node("Sign", [y]), b.node("Sign", [b.sub(1, y)])), alpha),
  ),
};
