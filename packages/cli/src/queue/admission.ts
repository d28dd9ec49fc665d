/**
 * @file Whether a machine scores as others do. Each worker scores a few networks before it takes jobs: processors differ in the last digits
 * of a sum, which scores are rounded to be free of, and one that differs by more would change the history of a search.
 */

import { hybridSpace, metricOf, type Score, sample, seededRandom } from "@esnas/core/internal";
import type { NetworkOutcome } from "../scoring/scoring-service.js";
import type { ScoringTask } from "../scoring/scoring-task.js";

const SEED = 0;
const space = hybridSpace();
const metrics = ["entropic-score", "naswot"] as const;

/** By network, in the order of the metrics; a test makes them again. */
export const referenceScores: readonly (readonly number[])[] = [
  [9.42526, 201.815],
  [8.58925, 193.361],
  [8.50012, 183.43],
];

export function referenceTask(): ScoringTask {
  const random = seededRandom(SEED);
  return {
    space: { name: space.name, options: space.options },
    genotypes: referenceScores.map(() => sample(space, random)),
    columns: metrics.map((metric) => ({ metric, seed: SEED })),
  };
}

/**
 * What is wrong with the scores of a machine, in words; undefined where nothing is. The tolerance is one in the last of the digits that
 * the contract of a metric vouches for: a sum may lie on the border of two roundings.
 */
export function disagreement(made: readonly NetworkOutcome[]): string | undefined {
  for (const [network, expected] of referenceScores.entries()) {
    const given = made[network];
    if (given === undefined) return "it gives no scores of the reference networks";
    if ("end" in given) return `its processes died of a reference network, ${given.end}`;
    for (const [i, metric] of metrics.entries()) {
      const words = differs(metric, given.scores[i], expected[i] ?? Number.NaN);
      if (words !== undefined) return words;
    }
  }
  return undefined;
}

function differs(metric: string, score: Score | undefined, expected: number): string | undefined {
  const { significantDigits } = metricOf(metric).contract;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(expected))) + 1 - significantDigits);
  // Half a unit for the conversion to decimals.
  if (typeof score === "number" && Math.abs(score - expected) <= 1.5 * unit) return undefined;
  const given = typeof score === "number" ? score : (score?.reason ?? "nothing");
  return `its processor or runtime gives ${metric} ${given} of a reference network, others ${expected}`;
}
