/** @file Windows that slide over a feature map: what convolution and pooling share. */

import { GraphError } from "../../base/errors.js";
import { ones, type Profile, zeros } from "../field.js";
import { show } from "../operator.js";
import { endInside, firstInside } from "../tape.js";

/** A window that slides over height and width. */
export interface WindowAttributes {
  /** `[rows, columns]`. */
  readonly kernel_shape: readonly number[];
  /** `[rows, columns]`. */
  readonly strides: readonly number[];
  /** `[top, left, bottom, right]`. */
  readonly pads: readonly number[];
  /** Distances of taps, `[rows, columns]`. */
  readonly dilations: readonly number[];
}

/** A window along one spatial axis. */
export interface Window {
  readonly taps: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
}

export function windowOf(attributes: WindowAttributes, axis: 0 | 1): Window {
  const { kernel_shape, strides, pads, dilations } = attributes;
  return {
    taps: wholeNumber("kernel_shape", kernel_shape, axis, 1),
    stride: wholeNumber("strides", strides, axis, 1),
    before: wholeNumber("pads", pads, axis, 0),
    after: wholeNumber("pads", pads, axis + 2, 0),
    dilation: wholeNumber("dilations", dilations, axis, 1),
  };
}

/** Whether two windows are the same. */
export function isTwin(a: Window, b: Window): boolean {
  return (
    a.taps === b.taps &&
    a.stride === b.stride &&
    a.before === b.before &&
    a.after === b.after &&
    a.dilation === b.dilation
  );
}

function wholeNumber(attribute: string, values: readonly number[], at: number, least: number): number {
  const value = values[at];
  if (value === undefined || !Number.isSafeInteger(value) || value < least) {
    throw new GraphError(`${attribute} ${show(values)} needs whole numbers from ${least} for both axes`);
  }
  return value;
}

export function outputLength(length: number, { taps, stride, before, after, dilation }: Window): number {
  return Math.floor((length + before + after - dilation * (taps - 1) - 1) / stride) + 1;
}

/** Sums of a profile over the windows: the box filter that expected weights are. Tap by tap, so that no window waits for its sum. */
export function windowSums(profile: Profile, length: number, window: Window, out: number): number[] {
  const { taps, stride, before, dilation } = window;
  const values = profile ?? ones(length);
  const sums = zeros(out);
  for (let tap = 0, offset = -before; tap < taps; tap++, offset += dilation) {
    const end = endInside(offset, length, stride, out);
    for (let o = firstInside(offset, stride), i = o * stride + offset; o < end; o++, i += stride) {
      sums[o] = (sums[o] ?? 0) + (values[i] ?? 0);
    }
  }
  return sums;
}

/** The transposed box filter: what reaches each input position from the gradient of the windows that cover it. */
export function windowSpread(gradient: Profile, length: number, window: Window, out: number): number[] {
  const { taps, stride, before, dilation } = window;
  const values = gradient ?? ones(out);
  const spread = zeros(length);
  for (let tap = 0, offset = -before; tap < taps; tap++, offset += dilation) {
    const end = endInside(offset, length, stride, out);
    for (let o = firstInside(offset, stride), i = o * stride + offset; o < end; o++, i += stride) {
      spread[i] = (spread[i] ?? 0) + (values[o] ?? 0);
    }
  }
  return spread;
}

/** The sum over the outputs of gradient times input, for each tap. */
export function tapOverlaps(
  profile: Profile,
  gradient: Profile,
  length: number,
  window: Window,
  out: number,
): readonly number[] {
  const { taps, stride, before, dilation } = window;
  const values = profile ?? ones(length);
  const gradients = gradient ?? ones(out);
  const overlaps = zeros(taps);
  for (let tap = 0, offset = -before; tap < taps; tap++, offset += dilation) {
    const end = endInside(offset, length, stride, out);
    let sum = 0;
    for (let o = firstInside(offset, stride), i = o * stride + offset; o < end; o++, i += stride) {
      sum += (values[i] ?? 0) * (gradients[o] ?? 0);
    }
    overlaps[tap] = sum;
  }
  return overlaps;
}

/** Values that differ by less than this share of the greater are one: sums in another order. */
const TIE = 1e-12;

/** The maximum of a profile in each window; padding holds nothing. */
export function windowMaxima(profile: readonly number[], window: Window, out: number): number[] {
  const { taps, stride, before, dilation } = window;
  const maxima = zeros(out);
  for (let o = 0; o < out; o++) {
    let maximum = 0;
    for (let t = 0, i = o * stride - before; t < taps; t++, i += dilation) {
      if (i >= 0 && i < profile.length) maximum = Math.max(maximum, profile[i] ?? 0);
    }
    maxima[o] = maximum;
  }
  return maxima;
}

function holds(profile: readonly number[], i: number, least: number): boolean {
  return i >= 0 && i < profile.length && (profile[i] ?? 0) >= least;
}

/** What reaches each input position from the gradient of the windows' maxima: those that hold one share it equally. */
export function maximaSpread(gradient: Profile, profile: readonly number[], window: Window, out: number): number[] {
  const { taps, stride, before, dilation } = window;
  const maxima = windowMaxima(profile, window, out);
  const spread = zeros(profile.length);
  for (let o = 0; o < out; o++) {
    const least = (maxima[o] ?? 0) * (1 - TIE);
    const first = o * stride - before;
    let holders = 0;
    for (let t = 0, i = first; t < taps; t++, i += dilation) if (holds(profile, i, least)) holders++;
    const share = (gradient === undefined ? 1 : (gradient[o] ?? 0)) / holders;
    for (let t = 0, i = first; t < taps; t++, i += dilation) {
      if (holds(profile, i, least)) spread[i] = (spread[i] ?? 0) + share;
    }
  }
  return spread;
}
