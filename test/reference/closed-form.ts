/** @file The scores that the flow metrics give, in the shape of the dense reference's. */

import { type Architecture, isValue, metricOf, type NormalisationFlow } from "@esnas/core/internal";
import type { FlowScores } from "./linearised-network.js";

/** Scores an architecture by the closed form, before rounding. */
export function closedFormScores(architecture: Architecture, normalisation: NormalisationFlow): FlowScores {
  const scoreBy = (id: string): number => {
    const metric = metricOf(id);
    if ("observe" in metric) throw new Error(`${id} runs nothing`);
    const score = metric.score(architecture);
    // The logarithm of no gradient at all, which as a score is a reason.
    return isValue(score) ? score : Number.NEGATIVE_INFINITY;
  };
  return {
    logsynflow: scoreBy(`logsynflow(normalisation=${normalisation})`),
    logsynflowEpsilon: scoreBy(`logsynflow(normalisation=${normalisation},log=g+1e-6)`),
    synflow: scoreBy(`synflow(normalisation=${normalisation})`),
  };
}
