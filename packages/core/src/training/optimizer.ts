/**
 * @file Steps of optimisers on lists of tensors, as pure functions: weights, gradients and state in, weights and state out. Formulas are
 * those of PyTorch 1.13.
 */

import type { Parameter } from "../graph/graph.js";

/** Numbers of one tensor or more, in one order throughout. */
export type Tensors = readonly Float32Array[];

/** Element by element of tensors of one shape. */
function each(tensors: Tensors, value: (tensor: number, i: number) => number): Float32Array[] {
  return tensors.map((of, tensor) => of.map((_, i) => value(tensor, i)));
}

function at(tensors: Tensors | undefined, tensor: number, i: number): number {
  return tensors?.[tensor]?.[i] ?? 0;
}

/** Settings of `sgdStep`. */
export interface SgdOptions {
  /** Learning rate of this step. */
  readonly rate: number;
  /** Share of the velocity that is kept; 0 where it is absent. */
  readonly momentum?: number;
  /** Share of weights that is added to their gradients; 0 where it is absent. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013). `v = momentum v + g + decay w`, `w -= rate v`.
 * @param velocities - Those of the step before; absent at the first.
 */
export function sgdStep(weights: Tensors, gradients: Tensors, velocities: Tensors | undefined, options: SgdOptions) {
  const { rate, momentum = 0, weightDecay = 0 } = options;
  const next = each(
    weights,
    (t, i) => momentum * at(velocities, t, i) + at(gradients, t, i) + weightDecay * at(weights, t, i),
  );
  return { weights: each(weights, (t, i) => at(weights, t, i) - rate * at(next, t, i)), velocities: next };
}

/** Settings of `adamWStep`. */
export interface AdamWOptions {
  /** Learning rate of this step. */
  readonly rate: number;
  /** Shares of the averages of gradients and of their squares that are kept; 0.9 and 0.999 where they are absent. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the average square; 1e-8 where it is absent. */
  readonly epsilon?: number;
  /** Share of weights that is taken off, times the rate: one for each tensor, see `decaysOf`. */
  readonly weightDecays: readonly number[];
}

/** What AdamW keeps from step to step. */
export interface AdamWState {
  /** Steps so far. */
  readonly steps: number;
  /** Averages of gradients. */
  readonly means: Tensors;
  /** Averages of squared gradients. */
  readonly squares: Tensors;
}

/** AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101). The state is absent at the first step. */
export function adamWStep(weights: Tensors, gradients: Tensors, state: AdamWState | undefined, options: AdamWOptions) {
  const { rate, betas: [beta1, beta2] = [0.9, 0.999], epsilon = 1e-8, weightDecays } = options;
  const steps = (state?.steps ?? 0) + 1;
  const means = each(weights, (t, i) => beta1 * at(state?.means, t, i) + (1 - beta1) * at(gradients, t, i));
  const squares = each(weights, (t, i) => beta2 * at(state?.squares, t, i) + (1 - beta2) * at(gradients, t, i) ** 2);
  const stepSize = rate / (1 - beta1 ** steps);
  const correction = Math.sqrt(1 - beta2 ** steps);
  const next = each(weights, (t, i) => {
    const kept = at(weights, t, i) * (1 - rate * (weightDecays[t] ?? 0));
    return kept - (stepSize * at(means, t, i)) / (Math.sqrt(at(squares, t, i)) / correction + epsilon);
  });
  return { weights: next, state: { steps, means, squares } satisfies AdamWState };
}

/** The decay of each parameter: none of biases, normalisations and layer scales, which have one axis longer than 1 at most. */
export function decaysOf(parameters: readonly Parameter[], weightDecay: number): readonly number[] {
  return parameters.map(({ shape }) => (shape.filter((n) => n > 1).length > 1 ? weightDecay : 0));
}

/** The norm of all gradients as one vector. */
export function globalNorm(gradients: Tensors): number {
  let sum = 0;
  for (const tensor of gradients) for (const value of tensor) sum += value * value;
  return Math.sqrt(sum);
}

/** Gradients scaled down together, where their norm is larger than the most that is allowed (Pascanu et al. 2013, arXiv 1211.5063). */
export function clippedToNorm(gradients: Tensors, maximum: number): Tensors {
  const norm = globalNorm(gradients);
  return norm <= maximum ? gradients : each(gradients, (t, i) => (at(gradients, t, i) * maximum) / norm);
}

/** The moving average of weights (Polyak and Juditsky 1992), of which a share `decay` is kept. */
export function movingAverage(average: Tensors, weights: Tensors, decay: number): Tensors {
  return each(average, (t, i) => decay * at(average, t, i) + (1 - decay) * at(weights, t, i));
}
