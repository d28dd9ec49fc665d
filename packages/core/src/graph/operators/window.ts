/** @file Windows that slide over a feature map: what convolution and pooling share. */

import { GraphError } from "../../errors.js";
import type { Profile } from "../field.js";
import { show } from "../operator.js";

export interface WindowAttributes {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  /** `[top, left, bottom, right]`. */
  readonly pads: readonly number[];
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

/** Sums of a profile over the windows: the box filter that expected weights are. */
export function windowSums(profile: Profile, length: number, window: Window, out: number): Float64Array {
  const { taps, stride, before, dilation } = window;
  const sums = new Float64Array(out);
  for (let o = 0; o < out; o++) {
    let sum = 0;
    for (let t = 0, i = o * stride - before; t < taps; t++, i += dilation) {
      if (i >= 0 && i < length) sum += profile === undefined ? 1 : (profile[i] ?? 0);
    }
    sums[o] = sum;
  }
  return sums;
}

/** The transposed box filter: what reaches each input position from the gradient of the windows that cover it. */
export function windowSpread(gradient: Profile, length: number, window: Window, out: number): Float64Array {
  const { taps, stride, before, dilation } = window;
  const spread = new Float64Array(length);
  for (let o = 0; o < out; o++) {
    const value = gradient === undefined ? 1 : (gradient[o] ?? 0);
    for (let t = 0, i = o * stride - before; t < taps; t++, i += dilation) {
      if (i >= 0 && i < length) spread[i] = (spread[i] ?? 0) + value;
    }
  }
  return spread;
}
