/**
 * @file What is linear along each axis by itself: nodes of a file that stretch, repeat, average, select or interpolate, whatever their
 * operator. A field is a product of profiles, so that each axis takes its own profile to a new one, and the gradient's back.
 */

import type { MaybeField } from "../field.js";
import { normalise, ones, type Profile, reshaping, scaled, zeros } from "../field.js";
import type { FlowRule } from "../flow-rule.js";
import type { Shape } from "../graph.js";
import { operand, type Site } from "../operator.js";

/** A linear map along one axis. */
export interface AxisMap {
  /** Length of the axis that comes out. */
  readonly to: number;
  /** Each position that comes out: positions that go in, with their weights, which are not negative. */
  readonly terms: readonly (readonly (readonly [from: number, weight: number])[])[];
}

/** A map that is linear along each axis. */
export interface AlongAxesAttributes {
  /** The input's shape with axes of length 1 added or taken out: one length a map. */
  readonly lengths: Shape;
  /** One an axis; `null` leaves it as it is. */
  readonly maps: readonly (AxisMap | null)[];
  /** What all is multiplied by. */
  readonly factor: number;
}

function mapped(map: AxisMap, profile: Profile, length: number): number[] {
  const values = profile ?? ones(length);
  const result = zeros(map.to);
  map.terms.forEach((terms, at) => {
    let sum = 0;
    for (const [from, weight] of terms) sum += weight * (values[from] ?? 0);
    result[at] = sum;
  });
  return result;
}

function mappedBack(map: AxisMap, profile: Profile, length: number): number[] {
  const values = profile ?? ones(map.to);
  const result = zeros(length);
  map.terms.forEach((terms, at) => {
    for (const [from, weight] of terms) result[from] = (result[from] ?? 0) + weight * (values[at] ?? 0);
  });
  return result;
}

type Along = typeof mapped;

export function alongAxesFlow({ inputs, outputs, attributes }: Site<AlongAxesAttributes>): FlowRule {
  const { lengths, maps, factor } = attributes;
  const lengthsOut = lengths.map((length, axis) => maps[axis]?.to ?? length);
  const from = operand(inputs, 0, "a tensor").shape;
  const to = outputs[0] ?? [];
  const [opened, closed] = [reshaping(from, lengths), reshaping(lengthsOut, to)];
  const [reopened, reclosed] = [reshaping(to, lengthsOut), reshaping(lengths, from)];

  function through(field: MaybeField, along: Along): MaybeField {
    let result = field;
    maps.forEach((map, axis) => {
      if (map === null || result === undefined) return;
      const profile = along(map, result.axes[axis], lengths[axis] ?? 1);
      const mean = normalise(profile);
      const isConstant = profile.every((value) => value === profile[0]);
      result = scaled({ log: result.log, axes: result.axes.with(axis, isConstant ? undefined : profile) }, mean);
    });
    return scaled(result, factor);
  }

  return {
    kind: "layer",
    forward: (x) => {
      const y = through(x && opened(x), mapped);
      return y && closed(y);
    },
    backward: (_, g) => {
      const back = through(g && reopened(g), mappedBack);
      return back && reclosed(back);
    },
  };
}
