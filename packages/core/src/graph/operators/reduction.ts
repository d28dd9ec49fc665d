/** @file Operators that reduce axes. https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html */

import { GraphError } from "../../base/errors.js";
import type { Profile } from "../field.js";
import { at, ofOutput } from "../gradient-rule.js";
import { axisOf, featureMap, type Operator, operand } from "../operator.js";

export const GlobalAveragePool: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => {
    const [n, c] = featureMap(operand(inputs, 0, "a feature map"));
    return [[n, c, 1, 1]];
  },
  gradient: ofOutput((g, { b, inputs }) => [
    () => {
      const { shape } = at(inputs, 0);
      const [, , height, width] = featureMap({ shape });
      return b.expand(b.mul(g, 1 / (height * width)), shape);
    },
  ]),
  flow: ({ inputs }) => {
    const [, , height, width] = featureMap(operand(inputs, 0, "a feature map"));
    const share = -Math.log(height * width);
    const flat = (axes: readonly Profile[]) => [axes[0], axes[1], undefined, undefined];
    return {
      kind: "layer",
      forward: (x) => x && { log: x.log, axes: flat(x.axes) },
      backward: (_, g) => g && { log: g.log + share, axes: flat(g.axes) },
    };
  },
};

/** Of `ReduceSum`. */
export interface ReduceSumAttributes {
  /** 1: the axes stay, with length 1. */
  readonly keepdims: number;
}

/** The axes are a constant input. Used by metrics on tensors outside the network's own signal. */
export const ReduceSum: Operator<ReduceSumAttributes> = {
  attributeTypes: { keepdims: "int" },
  defaults: () => ({ keepdims: 1 }),
  shape: (inputs, { keepdims }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const axes = operand(inputs, 1, "axes").values;
    if (axes === undefined || axes.length === 0) throw new GraphError("needs axes that are a constant");
    const reduced = new Set(axes.map((axis) => axisOf(axis, shape)));
    return [keepdims ? shape.map((n, i) => (reduced.has(i) ? 1 : n)) : shape.filter((_, i) => !reduced.has(i))];
  },
  gradient: ofOutput((g, { b, inputs }) => [
    () => {
      const { shape } = at(inputs, 0);
      const reduced = new Set(inputs[1]?.values?.map((axis) => axisOf(axis, shape)));
      return b.expand(
        b.reshape(
          g,
          shape.map((n, i) => (reduced.has(i) ? 1 : n)),
        ),
        shape,
      );
    },
  ]),
};
