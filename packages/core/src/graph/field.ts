/**
 * @file Separable fields: what a linearised network with non-negative weights carries when weights are replaced by their
 * expectation. All channels of a tensor then share one field, which bends only at borders, along each axis apart:
 *
 *     x[n, c, i, j] = exp(log) * p_1[c] * p_2[i] * p_3[j]
 *
 * Every profile has mean 1, so `log` is the logarithm of the field's mean and nothing overflows however deep a network
 * is; a profile that is not there is constant. A sum of separable fields is replaced by the separable field of the same
 * marginals (a residual sum is no product any more), exact where one of the profiles is shared.
 */

import type { Shape } from "./graph.js";

/**
 * Values along one axis, of mean 1; `undefined` is the constant 1. Plain arrays that are copies of `zeros`: for a typed array
 * of more than eight numbers the engine leaves its heap, of an array with holes it boxes each number that is read, and one that
 * is pushed to is moved as it grows; each makes flow several times slower.
 */
export type Profile = readonly number[] | undefined;

/** Zeros by their number, as an array of floating-point numbers: an array of whole ones is made anew at the first that is none. */
const kept = new Map<number, readonly number[]>();
/** Longer arrays are rare, and made anew. */
const LONGEST_KEPT = 4096;

/** An array of zeros without holes. */
export function zeros(length: number): number[] {
  const known = kept.get(length);
  if (known !== undefined) return known.slice();
  const values: number[] = [];
  for (let i = 0; i < length; i++) values.push(0.5);
  for (let i = 0; i < length; i++) values[i] = 0;
  if (length <= LONGEST_KEPT) kept.set(length, values.slice());
  return values;
}

const constants = new Map<number, readonly number[]>();

/** The profile of a constant, value by value. */
export function ones(length: number): readonly number[] {
  const known = constants.get(length);
  if (known !== undefined) return known;
  const values = filled(length, 1);
  if (length <= LONGEST_KEPT) constants.set(length, values);
  return values;
}

/** An array without holes. */
export function filled(length: number, value: number): number[] {
  const values = zeros(length);
  for (let i = 0; i < length; i++) values[i] = value;
  return values;
}

export interface Field {
  /** Natural logarithm of the field's mean. */
  readonly log: number;
  /** One profile an axis. */
  readonly axes: readonly Profile[];
}

/** A field that is zero everywhere has no logarithm. */
export type MaybeField = Field | undefined;

/** The constant field `exp(log)`. */
export function uniform(rank: number, log = 0): Field {
  return { log, axes: new Array<Profile>(rank).fill(undefined) };
}

/** The field times a factor that is not negative. */
export function scaled(field: MaybeField, factor: number): MaybeField {
  if (field === undefined || factor === 0) return undefined;
  return { log: field.log + Math.log(factor), axes: field.axes };
}

/** Divides values by their mean, in place, and gives it; where it is 0, nothing is divided. */
export function normalise(values: number[]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  if (sum === 0) return 0;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / mean;
  return mean;
}

/** The sum of fields over the same tensor, by its marginals; fields that are zero are left out. */
export function sum(fields: readonly MaybeField[]): MaybeField {
  let total: MaybeField;
  for (const field of fields) {
    if (field === undefined) continue;
    total = total === undefined ? field : sumOfTwo(total, field);
  }
  return total;
}

/** The sum of two fields over the same tensor, by their marginals. */
export function sumOfTwo(a: Field, b: Field): Field {
  const top = Math.max(a.log, b.log);
  const weightA = a.log === top ? 1 : Math.exp(a.log - top);
  const weightB = b.log === top ? 1 : Math.exp(b.log - top);
  const both = weightA + weightB;
  const shareA = weightA / both;
  const shareB = weightB / both;
  const axes = a.axes.slice();
  for (let axis = 0; axis < axes.length; axis++) {
    const p = a.axes[axis];
    const q = b.axes[axis];
    if (p === q) continue;
    // Rows and columns of a square image are one object: half the work, and the identity is kept.
    if (axis > 0 && p === a.axes[axis - 1] && q === b.axes[axis - 1]) axes[axis] = axes[axis - 1];
    else if (p !== undefined) axes[axis] = mixedProfile(p, shareA, q, shareB);
    else if (q !== undefined) axes[axis] = mixedProfile(q, shareB, p, shareA);
  }
  return { log: top + Math.log(both), axes };
}

function mixedProfile(p: readonly number[], shareP: number, q: Profile, shareQ: number): readonly number[] {
  const mix = zeros(p.length);
  if (q === undefined) for (let i = 0; i < p.length; i++) mix[i] = shareP * (p[i] ?? 0) + shareQ;
  else for (let i = 0; i < p.length; i++) mix[i] = shareP * (p[i] ?? 0) + shareQ * (q[i] ?? 0);
  return mix;
}

function elementwise(p: readonly number[], q: readonly number[]): number[] {
  const products = zeros(p.length);
  for (let i = 0; i < p.length; i++) products[i] = (p[i] ?? 0) * (q[i] ?? 0);
  return products;
}

/** The mean of the products of two profiles of one length; those of a constant are 1. */
export function meanOfProducts(p: Profile, q: Profile): number {
  if (p === undefined || q === undefined) return 1;
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (p[i] ?? 0) * (q[i] ?? 0);
  return sum / p.length;
}

/** Both fields multiplied, element by element; of the first `count` axes, or of all. */
export function product(a: MaybeField, b: MaybeField, count?: number): { log: number; axes: Profile[] } | undefined {
  if (a === undefined || b === undefined) return undefined;
  let log = a.log + b.log;
  const axes: Profile[] = [];
  for (let axis = 0; axis < (count ?? a.axes.length); axis++) {
    const p = a.axes[axis];
    const q = b.axes[axis];
    if (p === undefined || q === undefined) {
      axes.push(p ?? q);
      continue;
    }
    const both = elementwise(p, q);
    const mean = normalise(both);
    if (mean === 0) return undefined;
    log += Math.log(mean);
    axes.push(both);
  }
  return { log, axes };
}

/** The part `[start, start + length)` of an axis. */
export function slice(field: MaybeField, axis: number, start: number, length: number): MaybeField {
  const profile = field?.axes[axis];
  if (field === undefined || profile === undefined) return field;
  const part = profile.slice(start, start + length);
  const mean = normalise(part);
  if (mean === 0) return undefined;
  return { log: field.log + Math.log(mean), axes: field.axes.with(axis, part) };
}

/** The field of tensors of the given lengths along an axis that are laid one after the other, by its marginals. */
export function concatenated(parts: readonly MaybeField[], axis: number, lengths: readonly number[]): MaybeField {
  const whole = lengths.reduce((total, length) => total + length, 0);
  const shares = parts.map((part, i) => {
    const spread = scaled(part, (lengths[i] ?? 0) / whole);
    return spread && { log: spread.log, axes: spread.axes.with(axis, undefined) };
  });
  const total = sum(shares);
  if (total === undefined) return undefined;
  const profile: number[] = [];
  lengths.forEach((length, i) => {
    const inner = parts[i]?.axes[axis];
    const log = shares[i]?.log;
    const mean = log === undefined ? 0 : (Math.exp(log - total.log) * whole) / length;
    for (let k = 0; k < length; k++) profile.push(inner === undefined ? mean : mean * (inner[k] ?? 0));
  });
  return { log: total.log, axes: total.axes.with(axis, profile) };
}

/** Fields of a tensor that is stretched to a larger shape, as NumPy broadcasts: forth, and back by sums over what was stretched. */
export interface Stretching {
  forth(field: MaybeField): MaybeField;
  back(gradient: MaybeField): MaybeField;
}

export function stretching(from: Shape, to: Shape): Stretching {
  const lead = to.length - from.length;
  const isKept = to.map((n, axis) => axis >= lead && from[axis - lead] === n);
  const times = Math.log(to.reduce((product, n, axis) => (isKept[axis] ? product : product * n), 1));
  return {
    forth: (field) =>
      field && { log: field.log, axes: isKept.map((is, axis) => (is ? field.axes[axis - lead] : undefined)) },
    back: (g) =>
      g && { log: g.log + times, axes: from.map((_, axis) => (isKept[axis + lead] ? g.axes[axis + lead] : undefined)) },
  };
}

/** Gives the field of the same elements in another shape of as many elements, row-major; split axes keep their marginals. */
export function reshaping(from: Shape, to: Shape): (field: Field) => Field {
  const groups = axisGroups(from, to).map(({ inner, outer }) => ({
    inner,
    outer,
    flat: keptProduct(inner.map((axis) => from[axis] ?? 1)),
  }));
  const flatAxes = uniform(to.length).axes;
  return ({ log, axes: before }) => {
    let axes: Profile[] | undefined;
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i];
      if (group === undefined || group.inner.every((axis) => before[axis] === undefined)) continue;
      axes ??= flatAxes.slice();
      const { inner, outer } = group;
      const flat = group.flat(inner.map((axis) => before[axis]));
      let block = flat.length;
      for (let j = 0; j < outer.length; j++) {
        const axis = outer[j] ?? 0;
        const length = to[axis] ?? 1;
        block /= length;
        axes[axis] = outer.length === 1 ? flat : marginal(flat, length, block);
      }
    }
    return { log, axes: axes ?? flatAxes };
  };
}

/** Pairs runs of axes that hold the same elements before and after a reshape. */
function axisGroups(from: Shape, to: Shape): { inner: number[]; outer: number[] }[] {
  const groups: { inner: number[]; outer: number[] }[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length && j < to.length) {
    let before = from[i] ?? 1;
    let after = to[j] ?? 1;
    const inner = [i++];
    const outer = [j++];
    while (before !== after) {
      if (before < after) {
        before *= from[i] ?? 1;
        inner.push(i++);
      } else {
        after *= to[j] ?? 1;
        outer.push(j++);
      }
    }
    groups.push({ inner, outer });
  }
  return groups;
}

/**
 * Gives the profile of axes of the lengths given that are merged; one axis is as it is. The last is kept for the same profiles: that
 * of one part of several, such as attention's values, is the same one for every candidate.
 */
function keptProduct(lengths: readonly number[]): (profiles: readonly Profile[]) => readonly number[] {
  let last: readonly Profile[] = [];
  let product: readonly number[] | undefined;
  return (profiles) => {
    if (product !== undefined && profiles.every((profile, i) => profile === last[i])) return product;
    last = profiles;
    product = outerProduct(profiles, lengths);
    return product;
  };
}

function outerProduct(profiles: readonly Profile[], lengths: readonly number[]): readonly number[] {
  const along = (i: number) => profiles[i] ?? ones(lengths[i] ?? 1);
  let flat = along(0);
  for (let i = 1; i < lengths.length; i++) flat = outerProductOfTwo(flat, along(i));
  return flat;
}

function outerProductOfTwo(p: readonly number[], q: readonly number[]): readonly number[] {
  const products = zeros(p.length * q.length);
  for (let i = 0, at = 0; i < p.length; i++) {
    const value = p[i] ?? 0;
    for (let j = 0; j < q.length; j++) products[at++] = value * (q[j] ?? 0);
  }
  return products;
}

/** Mean over all but one axis, whose stride is `block`. */
function marginal(flat: readonly number[], length: number, block: number): readonly number[] {
  const result = zeros(length);
  for (let i = 0; i < flat.length; i++) {
    const at = Math.floor(i / block) % length;
    result[at] = (result[at] ?? 0) + ((flat[i] ?? 0) * length) / flat.length;
  }
  return result;
}
