/**
 * @file Softmax. https://onnx.ai/onnx/operators/onnx__Softmax.html
 *
 * Flow: uniform attention. Every token, or channel where they attend, gets an equal share, whatever query and key are, and so they
 * receive no gradient.
 */

import { uniform } from "../field.js";
import { axisOf, dimension, type Operator, operand } from "../operator.js";

/** Of `Softmax`. */
export interface SoftmaxAttributes {
  /** The axis; negative ones count from the end. */
  readonly axis: number;
}

export const Softmax: Operator<SoftmaxAttributes> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: -1 }),
  shape: (inputs, { axis }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    axisOf(axis, shape);
    return [shape];
  },
  inPlace: true,
  flow: ({ inputs, attributes }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const tokens = dimension(shape, axisOf(attributes.axis, shape));
    return { kind: "source", field: uniform(shape.length, -Math.log(tokens)) };
  },
};
