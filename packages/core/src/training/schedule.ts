/** @file Learning rates over the steps of a training: pure functions of the step, which counts from 0. */

/** From one number to another along half a cosine, `share` of the way. */
function annealed(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
}

/** Settings of `oneCycle`. */
export interface OneCycleOptions {
  /** Steps in all. */
  readonly steps: number;
  /** The largest rate. */
  readonly maximum: number;
  /** Share of the steps in which the rate rises; 0.3 where it is absent. */
  readonly rising?: number;
  /** What the largest rate is divided by for the first; 25 where it is absent. */
  readonly startDivisor?: number;
  /** What the first rate is divided by for the last; 10,000 where it is absent. */
  readonly finalDivisor?: number;
}

/** The one-cycle policy in two phases along cosines (Smith and Topin 2018, arXiv 1708.07120), as PyTorch's `OneCycleLR`. */
export function oneCycle(step: number, options: OneCycleOptions): number {
  const { steps, maximum, rising = 0.3, startDivisor = 25, finalDivisor = 1e4 } = options;
  const start = maximum / startDivisor;
  const top = rising * steps - 1;
  if (step <= top) return annealed(start, maximum, step / Math.max(1, top));
  return annealed(maximum, start / finalDivisor, Math.min(1, (step - top) / Math.max(1, steps - 1 - top)));
}

/** Settings of `cosineWithWarmUp`. */
export interface CosineOptions {
  /** Steps in all. */
  readonly steps: number;
  /** The largest rate. */
  readonly maximum: number;
  /** Steps in which the rate rises in a line; 0 where it is absent. */
  readonly warmUp?: number;
  /** The rate that is approached at the end; 0 where it is absent. */
  readonly minimum?: number;
}

/** A line up, and half a cosine down (Loshchilov and Hutter 2017, arXiv 1608.03983). */
export function cosineWithWarmUp(step: number, { steps, maximum, warmUp = 0, minimum = 0 }: CosineOptions): number {
  if (step < warmUp) return (maximum * (step + 1)) / warmUp;
  return annealed(maximum, minimum, Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp)));
}
