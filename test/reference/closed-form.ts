/** @file The scores that the closed-form flow gives, by a tally of its own, in the shape of the dense reference's. */

import { type Architecture, flowOfBlock } from "../../packages/core/src/architecture/architecture.js";
import { flowThrough, type NormalisationFlow, type Tally } from "../../packages/core/src/graph/flow.js";
import type { FlowScores } from "./linearised-network.js";

const LOG_EPSILON = Math.log(1e-6);

/** `ln(e^a + e^b)` without overflow. */
function logSum(a: number, b: number): number {
  const top = Math.max(a, b);
  return top === Number.NEGATIVE_INFINITY ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
}

/** Scores an architecture by the closed form. */
export function closedFormScores(architecture: Architecture, normalisation: NormalisationFlow): FlowScores {
  let logsynflow = 0;
  let logsynflowEpsilon = 0;
  let synflow = Number.NEGATIVE_INFINITY;
  const tally: Tally = {
    add(magnitude, count, log, rows, columns) {
      for (const row of rows) {
        for (const column of columns) {
          const gradient = log + row + column;
          logsynflow += count * magnitude * logSum(0, gradient);
          logsynflowEpsilon += count * magnitude * Math.abs(logSum(LOG_EPSILON, gradient));
          synflow = logSum(synflow, Math.log(count * magnitude) + gradient);
        }
      }
    },
    addUnreached(magnitude, count) {
      logsynflowEpsilon += count * magnitude * Math.abs(LOG_EPSILON);
    },
  };
  flowThrough(architecture.blocks.map(flowOfBlock), architecture.input.length, tally, normalisation);
  return { logsynflow, logsynflowEpsilon, synflow };
}
