/**
 * @file Softmax and its logarithm. https://onnx.ai/onnx/operators/onnx__Softmax.html
 *
 * Flow: uniform attention. Every token, or channel where they attend, gets an equal share, whatever query and key are, and so they
 * receive no gradient.
 */

import { uniform } from "../field.js";
import { at, ofOutput } from "../gradient-rule.js";
import { axisOf, dimension, type Operator, operand } from "../operator.js";

/** Of `Softmax`. */
export interface SoftmaxAttributes {
  /** The axis; negative ones count from the end. */
  readonly axis: number;
}

const alongAxis: Pick<Operator<SoftmaxAttributes>, "attributeTypes" | "defaults" | "shape" | "inPlace"> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: -1 }),
  shape: (inputs, { axis }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    axisOf(axis, shape);
    return [shape];
  },
  inPlace: true,
};

export const Softmax: Operator<SoftmaxAttributes> = {
  ...alongAxis,
  gradient: ofOutput((g, { b, outputs, attributes: { axis } }) => [
    () => {
      const y = at(outputs, 0);
      return b.mul(y, b.sub(g, b.sum(b.mul(g, y), [axis])));
    },
  ]),
  flow: ({ inputs, attributes }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const tokens = dimension(shape, axisOf(attributes.axis, shape));
    return { kind: "source", field: uniform(shape.length, -Math.log(tokens)) };
  },
};

/** Of losses; it has no flow, since classifiers are scored by their logits. */
export const LogSoftmax: Operator<SoftmaxAttributes> = {
  ...alongAxis,
  gradient: ofOutput((g, { b, outputs, attributes: { axis } }) => [
    () => b.sub(g, b.mul(b.node("Exp", [at(outputs, 0)]), b.sum(g, [axis]))),
  ]),
};
