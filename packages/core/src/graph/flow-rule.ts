/** @file What an operator knows of flow: how one node passes the linearised network's signal and gradient. */

import type { MaybeField } from "./field.js";
import type { Initialisation, Parameter } from "./graph.js";

/** Normalisation layers as the identity, or as division by the mean field over the axes that they normalise. */
export type NormalisationFlow = "identity" | "divide";

/** Receives the gradients of weights, layer by layer. */
export interface Tally {
  /**
   * `count` times a kernel of weights of expected magnitude `magnitude`, whose tap `(i, j)` has the gradient
   * `exp(log + rows[i] + columns[j])`.
   */
  add(magnitude: number, count: number, log: number, rows: readonly number[], columns: readonly number[]): void;
  /** `count` weights of expected magnitude `magnitude` that no gradient reaches, as those of query and key. */
  addUnreached(magnitude: number, count: number): void;
}

/** How one node passes signal and gradient. Fields of operands that are no activations are `undefined`. */
export interface FlowRule {
  forward(inputs: readonly MaybeField[]): readonly MaybeField[];
  backward(inputs: readonly MaybeField[], gradients: readonly MaybeField[], tally: Tally): readonly MaybeField[];
}

/** Expected magnitude of a parameter's values: of the random draw, or the mean of those that a file has brought. */
export function expectedMagnitude({ initialisation, values }: Parameter): number {
  if (values !== undefined) return values.reduce((total, value) => total + Math.abs(value), 0) / values.length;
  return initialMagnitude(initialisation);
}

function initialMagnitude(initialisation: Initialisation): number {
  switch (initialisation.kind) {
    case "normal":
      return initialisation.std * Math.sqrt(2 / Math.PI);
    case "ones":
      return 1;
    case "zeros":
      return 0;
    case "given":
      throw new Error("a given parameter has values");
  }
}

/** The identity: the first operand's signal and gradient pass unchanged. A program has no step for it. */
export const passes: FlowRule = {
  forward: ([x]) => [x],
  backward: (_, [g]) => [g],
};
