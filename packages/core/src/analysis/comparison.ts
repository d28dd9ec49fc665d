/**
 * @file What searches have found against random networks: the means of both, and Cliff's delta, the chance that a found network
 * has more of something than a random one, minus the chance that it has less (Cliff 1993, *Dominance statistics*). It takes no
 * scale and no distribution, and shares that are all 0 or all 1 do it no harm.
 *
 * What one search has found is one observation: its candidates are kin. Intervals resample searches and random networks.
 */

import { seededRandom } from "../base/random-numbers.js";
import { type Interval, intervalOf } from "../statistics/statistics.js";

/** Of a network that lacks what is measured: nothing. */
export type Measured = number | undefined;

export interface Comparison {
  /** Searches that found a network which has what is measured. */
  readonly searches: number;
  /** Mean over the searches, of the mean over each one's candidates. */
  readonly found: number;
  readonly foundInterval: Interval;
  readonly random: number;
  /** Cliff's delta, from -1 to 1. */
  readonly effect: number;
  readonly effectInterval: Interval;
}

export interface ComparisonOptions {
  readonly resamples: number;
  readonly seed: number;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function present(values: readonly Measured[]): number[] {
  return values.filter((value) => value !== undefined);
}

/** How often each of so many is drawn, in as many draws with replacement. */
function resample(size: number, random: { below(n: number): number }): Float64Array {
  const counts = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const drawn = random.below(size);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  return counts;
}

/** For each random network: the share of the candidates of a search that have more, minus the share that have less. */
function dominance(candidates: readonly number[], random: readonly number[]): Float64Array {
  return Float64Array.from(random, (value) => mean(candidates.map((candidate) => Math.sign(candidate - value))));
}

/**
 * Compares what searches found with random networks.
 * @param found - One list a search, of the values of its candidates.
 * @returns `undefined` where no found or no random network has what is measured.
 */
export function compareWithRandom(
  found: readonly (readonly Measured[])[],
  random: readonly Measured[],
  { resamples, seed }: ComparisonOptions,
): Comparison | undefined {
  const searches = found.map(present).filter((candidates) => candidates.length > 0);
  const others = present(random);
  if (searches.length === 0 || others.length === 0) return undefined;
  const means = Float64Array.from(searches, mean);
  const rows = searches.map((candidates) => dominance(candidates, others));
  const weighted = (weights: Float64Array, values: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += (weights[i] ?? 0) * (values[i] ?? 0);
    return sum / values.length;
  };
  const effectOf = (ofSearches: Float64Array, ofOthers: Float64Array) =>
    weighted(
      ofSearches,
      Float64Array.from(rows, (row, i) => (ofSearches[i] === 0 ? 0 : weighted(ofOthers, row))),
    );
  const numbers = seededRandom(seed);
  const drawn = Array.from({ length: resamples }, () => {
    const ofSearches = resample(rows.length, numbers);
    return { found: weighted(ofSearches, means), effect: effectOf(ofSearches, resample(others.length, numbers)) };
  });
  const once = (size: number) => new Float64Array(size).fill(1);
  return {
    searches: searches.length,
    found: weighted(once(rows.length), means),
    foundInterval: intervalOf(drawn.map((draw) => draw.found)),
    random: mean(others),
    effect: effectOf(once(rows.length), once(others.length)),
    effectInterval: intervalOf(drawn.map((draw) => draw.effect)),
  };
}
