/**
 * @file BatchNormalization and LayerNormalization. https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 *
 * Flow: the identity, as in Synflow's and FreeREA's code, or a division by the mean field over the axes that the layer
 * normalises: those of the batch and of space in one, the last ones in the other.
 */

import { GraphError } from "../../errors.js";
import { type Field, type MaybeField, normalised, type Profile } from "../field.js";
import type { FlowRule } from "../flow.js";
import { axisOf, type Operator, operand, show } from "../operator.js";

function normalisationFlow(normalises: (axis: number) => boolean): FlowRule {
  /** What a field is divided by: its mean, and its bends along axes that are not normalised over. */
  const divided = (field: Field, by: Field): MaybeField =>
    renormalised({
      log: field.log - by.log,
      axes: field.axes.map((p, axis) => (normalises(axis) ? p : ratio(p, by.axes[axis]))),
    });
  return {
    forward: ([x], normalisation) => [x && (normalisation === "identity" ? x : divided(x, x))],
    backward: ([x], [g], _, normalisation) => [g && x && (normalisation === "identity" ? g : divided(g, x))],
  };
}

/** What no signal reaches stays zero, in `0 / 0` too, as a layer's epsilon has it. */
function ratio(p: Profile, q: Profile): Profile {
  if (q === undefined) return p;
  if (p === q && !q.includes(0)) return undefined;
  return q.map((value, i) => (value === 0 ? 0 : (p?.[i] ?? 1) / value));
}

/** Brings profiles back to mean 1; those that have it stay the objects that they are. */
function renormalised(field: Field): MaybeField {
  let log = field.log;
  const axes: Profile[] = [];
  for (const profile of field.axes) {
    const unit = profile && normalised(profile);
    if (profile !== undefined && unit === undefined) return undefined;
    const bent = unit !== undefined && Math.abs(unit.mean - 1) >= 1e-12;
    axes.push(bent ? unit.profile : profile);
    if (bent) log += Math.log(unit.mean);
  }
  return { log, axes };
}

export interface BatchNormalizationAttributes {
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
        throw new GraphError(`${role} ${show(given)} does not fit the channels of ${show(shape)}`);
      }
    });
    return [shape];
  },
  inPlace: true,
  flow: () => normalisationFlow((axis) => axis !== 1),
};

export interface LayerNormalizationAttributes {
  readonly axis: number;
  readonly epsilon: number;
}

export const LayerNormalization: Operator<LayerNormalizationAttributes> = {
  attributeTypes: { axis: "int", epsilon: "float" },
  defaults: () => ({ axis: -1, epsilon: 1e-5 }),
  shape: (inputs, { axis }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const expected = show(shape.slice(axisOf(axis, shape)));
    for (const [i, role] of [
      [1, "scale"],
      [2, "bias"],
    ] as const) {
      const given = inputs[i]?.shape;
      if (given !== undefined && show(given) !== expected) {
        throw new GraphError(`${role} ${show(given)} is not of the normalised shape ${expected}`);
      }
    }
    return [shape];
  },
  inPlace: true,
  flow: ({ inputs, attributes }) => {
    const first = axisOf(attributes.axis, operand(inputs, 0, "a tensor").shape);
    return normalisationFlow((axis) => axis >= first);
  },
};
