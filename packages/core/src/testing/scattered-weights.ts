/** @file Weights for proofs that two programs compute the same: no parameter is neutral, or like another. */

import type { Parameter } from "../graph/graph.js";
import { normalValues, parameterValues } from "../runtime/weights.js";

/**
 * Random weights where those of a new network are constants too: scales and variances around 1 and above 0, biases and means
 * around 0. Parameters that were taken for one another, or left out, would show.
 */
export function scatteredValues(seed: number | string): (parameter: Parameter) => Float32Array {
  return (parameter) => {
    const { name, shape, initialisation } = parameter;
    switch (initialisation.kind) {
      case "normal":
        return normalValues(seed, name, shape, initialisation.std);
      case "ones":
        return normalValues(seed, name, shape).map((value) => Math.exp(value / 4));
      case "zeros":
        return normalValues(seed, name, shape, 0.2);
      case "given":
        return parameterValues(seed, parameter);
    }
  };
}
