/**
 * @file BatchNormalization, LayerNormalization, and LpNormalization, which divides by a norm and has no parameters.
 * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 *
 * Flow: the identity, as in Synflow's and FreeREA's code, or a division by the mean field over the axes that the layer
 * normalises: those of the batch and of space in the first, the last ones in the second, one axis in the third.
 */

import { GraphError } from "../../base/errors.js";
import type { Tensor } from "../builder.js";
import { type Field, type MaybeField, normalise, type Profile, zeros } from "../field.js";
import { type FlowRule, type NormalisationFlow, passes } from "../flow-rule.js";
import { at, ofOutput } from "../gradient-rule.js";
import { elements } from "../graph.js";
import { axisOf, type Operator, operand, show } from "../operator.js";

function normalisationFlow(normalises: (axis: number) => boolean, normalisation: NormalisationFlow): FlowRule {
  if (normalisation === "identity") return passes;

  /** Divides by the mean of a field, and by its bends along axes that are not normalised over. */
  function divided(field: Field, by: Field): MaybeField {
    let log = field.log - by.log;
    const axes: Profile[] = [];
    for (let axis = 0; axis < field.axes.length; axis++) {
      const p = field.axes[axis];
      const q = by.axes[axis];
      if (normalises(axis) || q === undefined) {
        axes.push(p);
      } else if (p === q && !q.includes(0)) {
        axes.push(undefined);
      } else {
        const quotient = ratio(p, q);
        const mean = normalise(quotient);
        if (mean === 0) return undefined;
        log += Math.log(mean);
        axes.push(quotient);
      }
    }
    return { log, axes };
  }

  return {
    kind: "layer",
    forward: (x) => x && divided(x, x),
    backward: (x, g) => g && x && divided(g, x),
  };
}

/** Where no signal is, there is none after the division: `0 / 0` is 0, as a layer's epsilon makes it. */
function ratio(p: Profile, q: readonly number[]): number[] {
  const quotients = zeros(q.length);
  for (let i = 0; i < q.length; i++) {
    const value = q[i] ?? 0;
    if (value !== 0) quotients[i] = (p === undefined ? 1 : (p[i] ?? 0)) / value;
  }
  return quotients;
}

/** Of `BatchNormalization`. */
export interface BatchNormalizationAttributes {
  /** Added to the variance before its root is taken. */
  readonly epsilon: number;
}

export const BatchNormalization: Operator<BatchNormalizationAttributes> = {
  attributeTypes: { epsilon: "float" },
  defaults: () => ({ epsilon: 1e-5 }),
  shape: (inputs) => {
    const { shape } = operand(inputs, 0, "a tensor [N, C, ...]");
    ["scale", "bias", "mean", "variance"].forEach((role, i) => {
      const { shape: given } = operand(inputs, i + 1, `a ${role} [C]`);
      if (given.length !== 1 || given[0] !== shape[1]) {
        throw new GraphError(`${role} ${show(given)} does not fit the channels`);
      }
    });
    return [shape];
  },
  // Mean and variance are inputs like others. Where they are the batch's, they are computed by nodes of their own: batch-statistics.ts.
  gradient: ofOutput((g, { b, inputs, attributes: { epsilon } }) => {
    const [x, scale, mean, variance] = [at(inputs, 0), at(inputs, 1), at(inputs, 3), at(inputs, 4)];
    const rank = x.shape.length;
    const others = [...x.shape.keys()].filter((axis) => axis !== 1);
    const inverse = () => b.div(1, b.node("Sqrt", [b.add(variance, epsilon)]));
    const gain = () => b.mul(scale, inverse());
    const total = () => b.sumAway(g, others);
    const ofScale = () => b.mul(b.sumAway(b.mul(g, b.sub(x, b.byChannel(mean, rank))), others), inverse());
    return [
      () => b.mul(g, b.byChannel(gain(), rank)),
      ofScale,
      total,
      () => b.mul(b.mul(total(), gain()), -1),
      () => b.mul(b.mul(b.mul(ofScale(), gain()), inverse()), -0.5),
    ];
  }),
  inPlace: true,
  flow: (_, normalisation) => normalisationFlow((axis) => axis !== 1, normalisation),
};

/** Of `LayerNormalization`. */
export interface LayerNormalizationAttributes {
  /** The axis, the first of them in `LayerNormalization`; negative ones count from the end. */
  readonly axis: number;
  /** Added to the variance before its root is taken. */
  readonly epsilon: number;
}

export const LayerNormalization: Operator<LayerNormalizationAttributes> = {
  attributeTypes: { axis: "int", epsilon: "float" },
  defaults: () => ({ axis: -1, epsilon: 1e-5 }),
  // Mean, and one over the deviation.
  saves: 2,
  shape: (inputs, { axis }, outputs) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const { shape: scale } = operand(inputs, 1, "a scale");
    const expected = show(shape.slice(axisOf(axis, shape)));
    if (show(scale) !== expected) throw new GraphError(`the scale is not of the normalised shape ${expected}`);
    const bias = inputs[2]?.shape;
    if (bias !== undefined && show(bias) !== expected) {
      throw new GraphError(`the bias is not of the normalised shape ${expected}`);
    }
    const statistics = shape.map((n, i) => (i < axisOf(axis, shape) ? n : 1));
    return [shape, statistics, statistics].slice(0, outputs);
  },
  gradient: ({ b, inputs, outputs: [, mean, inverse], gradients: [g, ofMean, ofInverse], attributes: { axis } }) => {
    const [x, scale, bias] = [at(inputs, 0), at(inputs, 1), inputs[2]];
    if (mean === undefined || inverse === undefined) throw new GraphError("needs what the node saves");
    const axes = [...x.shape.keys()].slice(axisOf(axis, x.shape));
    const normal = () => b.mul(b.sub(x, mean), inverse);
    const toInput = () => {
      const terms: Tensor[] = [];
      if (g !== undefined) {
        const scaled = b.mul(g, scale);
        const along = b.mul(normal(), b.mean(b.mul(scaled, normal()), axes));
        terms.push(b.mul(b.sub(b.sub(scaled, b.mean(scaled, axes)), along), inverse));
      }
      const share = 1 / elements(scale.shape);
      if (ofMean !== undefined) terms.push(b.expand(b.mul(ofMean, share), x.shape));
      if (ofInverse !== undefined) {
        terms.push(b.mul(normal(), b.mul(b.mul(b.mul(inverse, inverse), ofInverse), -share)));
      }
      return terms.reduce((sum, term) => b.add(sum, term));
    };
    return [toInput, () => g && b.sumTo(b.mul(g, normal()), scale.shape), () => g && bias && b.sumTo(g, bias.shape)];
  },
  inPlace: true,
  flow: ({ inputs, attributes }, normalisation) => {
    const first = axisOf(attributes.axis, operand(inputs, 0, "a tensor").shape);
    return normalisationFlow((axis) => axis >= first, normalisation);
  },
};

/** Of `LpNormalization`. */
export interface LpNormalizationAttributes {
  /** The axis, the first of them in `LayerNormalization`; negative ones count from the end. */
  readonly axis: number;
  /** 1 or 2: what is divided by is the sum of magnitudes, or the root of the sum of squares. */
  readonly p: number;
}

export const LpNormalization: Operator<LpNormalizationAttributes> = {
  attributeTypes: { axis: "int", p: "int" },
  defaults: () => ({ axis: -1, p: 2 }),
  shape: (inputs, { axis, p }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    axisOf(axis, shape);
    if (p !== 1 && p !== 2) throw new GraphError(`p is 1 or 2, was given ${p}`);
    return [shape];
  },
  gradient: ofOutput((g, { b, inputs, outputs, attributes: { axis, p } }) => [
    () => {
      const [x, y] = [at(inputs, 0), at(outputs, 0)];
      const norm = p === 1 ? b.sum(b.node("Abs", [x]), [axis]) : b.node("Sqrt", [b.sum(b.mul(x, x), [axis])]);
      const bent = p === 1 ? b.node("Sign", [x]) : y;
      return b.div(b.sub(g, b.mul(bent, b.sum(b.mul(g, y), [axis]))), norm);
    },
  ]),
  inPlace: true,
  flow: ({ inputs, attributes }, normalisation) => {
    const only = axisOf(attributes.axis, operand(inputs, 0, "a tensor").shape);
    return normalisationFlow((axis) => axis === only, normalisation);
  },
};
