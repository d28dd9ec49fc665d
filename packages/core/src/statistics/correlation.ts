/**
 * @file Rank correlations of scores with accuracies, over rows that count any number of times. O(n log n).
 *
 * Kendall's tau-b and Vigna's weighted tau are one sum over pairs of rows,
 *
 *     <a, b> = sum over pairs of (w_i + w_j) sgn(a_i - a_j) sgn(b_i - b_j)      tau = <a, b> / sqrt(<a, a> <b, b>)
 *
 * with w = 1 for the one and w = 1 / (1 + rank), rank 0 the best, for the other (Vigna 2015, "A weighted correlation
 * index for rankings with ties", WWW; additive, hyperbolic). The weighted tau is the mean of two, one with ranks by
 * score, ties by accuracy, and one the other way round, as `scipy.stats.weightedtau` has it. The sum is that over all
 * pairs, less the tied ones, less twice the discordant ones, which a Fenwick tree finds.
 */

import { averageRanksFromBest, type Counts, type Ranking, type RankOrder } from "./ranking.js";

/** Spearman's rho: Pearson's correlation of ranks, ties sharing the mean of theirs. Undefined where all are tied. */
export function spearman({ byScore, byAccuracy }: Ranking, counts: Counts): number | undefined {
  const scoreRanks = averageRanksFromBest(byScore, counts);
  const accuracyRanks = averageRanksFromBest(byAccuracy, counts);
  const mean = (sum(counts) + 1) / 2;
  let [both, score, accuracy] = [0, 0, 0];
  counts.forEach((count, row) => {
    const x = (scoreRanks[row] ?? 0) - mean;
    const y = (accuracyRanks[row] ?? 0) - mean;
    both += count * x * y;
    score += count * x * x;
    accuracy += count * y * y;
  });
  return quotient(both, score, accuracy);
}

export interface Taus {
  readonly kendallTauB: number | undefined;
  readonly weightedTau: number | undefined;
}

/** Undefined where all scores, or all accuracies, are tied. */
export function taus(ranking: Ranking, counts: Counts): Taus {
  const { byScore, byAccuracy } = ranking;
  // In whole numbers, hence exactly: where this is undefined, what is left of the others is the error of their sums.
  const kendallTauB = correlation(ranking, counts, Float64Array.from(counts));
  if (kendallTauB === undefined) return { kendallTauB, weightedTau: undefined };
  const weighted = [byScore, byAccuracy].map((order) => correlation(ranking, counts, hyperbolicWeights(order, counts)));
  return { kendallTauB, weightedTau: weighted.reduce<number>((mean, tau = 0) => mean + tau / 2, 0) };
}

/**
 * Of pairs of rows whose accuracies differ, the share in which the greater score has the greater accuracy; equal scores count half.
 * Undefined where all accuracies are tied.
 */
export function shareOfPairs(ranking: Ranking, counts: Counts): number | undefined {
  const { all, tiedInScore, tiedInAccuracy, tiedInBoth, discordant } = sumsOverPairs(
    ranking,
    counts,
    Float64Array.from(counts),
  );
  const different = all - tiedInAccuracy;
  return different > 0 ? (different - discordant - (tiedInScore - tiedInBoth) / 2) / different : undefined;
}

function quotient(both: number, first: number, second: number): number | undefined {
  return first > 0 && second > 0 ? both / Math.sqrt(first * second) : undefined;
}

/** Of each row, the sum of 1 / (1 + rank) over its copies. */
function hyperbolicWeights({ rows }: RankOrder, counts: Counts): Float64Array {
  const weights = new Float64Array(counts.length);
  let rank = 0;
  for (let place = rows.length - 1; place >= 0; place--) {
    const row = rows[place] ?? 0;
    let weight = 0;
    for (const end = rank + (counts[row] ?? 0); rank < end; ) weight += 1 / ++rank;
    weights[row] = weight;
  }
  return weights;
}

function correlation(ranking: Ranking, counts: Counts, weights: Float64Array): number | undefined {
  const { all, tiedInScore, tiedInAccuracy, tiedInBoth, discordant } = sumsOverPairs(ranking, counts, weights);
  return quotient(
    all - tiedInScore - tiedInAccuracy + tiedInBoth - 2 * discordant,
    all - tiedInScore,
    all - tiedInAccuracy,
  );
}

/** Sums of `w_i + w_j` over pairs. */
function sumsOverPairs({ byScore, byAccuracy }: Ranking, counts: Counts, weights: Float64Array) {
  return {
    all: pairs(sum(counts), sum(weights)),
    tiedInScore: tiedPairs(byScore.rows, byScore.levels, byScore.levels, counts, weights),
    tiedInAccuracy: tiedPairs(byAccuracy.rows, byAccuracy.levels, byAccuracy.levels, counts, weights),
    tiedInBoth: tiedPairs(byScore.rows, byScore.levels, byAccuracy.levels, counts, weights),
    discordant: discordantPairs(byScore, byAccuracy, counts, weights),
  };
}

function sum(values: Uint32Array | Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Sum of `w_i + w_j` over the pairs among so many rows of so much weight. */
function pairs(count: number, weight: number): number {
  return Math.max(0, count - 1) * weight;
}

/**
 * Sum of `w_i + w_j` over the pairs of rows that are of one level in both ways, which stand together; copies included.
 */
function tiedPairs(
  rows: Uint32Array,
  levels: Uint32Array,
  others: Uint32Array,
  counts: Counts,
  weights: Float64Array,
): number {
  let total = 0;
  let [count, weight, level, other] = [0, 0, 0, 0];
  for (const row of rows) {
    if (levels[row] !== level || others[row] !== other) {
      total += pairs(count, weight);
      [count, weight] = [0, 0];
      [level, other] = [levels[row] ?? 0, others[row] ?? 0];
    }
    count += counts[row] ?? 0;
    weight += weights[row] ?? 0;
  }
  return total + pairs(count, weight);
}

/** Sum of `w_i + w_j` over the pairs of which one has the greater score and the other the greater accuracy. */
function discordantPairs(byScore: RankOrder, byAccuracy: RankOrder, counts: Counts, weights: Float64Array): number {
  const { levels } = byAccuracy;
  const size = levels.length;
  // Fenwick trees over levels of accuracy, of the rows that score no better.
  const countTree = new Float64Array(size + 1);
  const weightTree = new Float64Array(size + 1);
  let countBefore = 0;
  let weightBefore = 0;
  let total = 0;
  for (const row of byScore.rows) {
    const count = counts[row] ?? 0;
    if (count === 0) continue;
    const weight = weights[row] ?? 0;
    const level = (levels[row] ?? 0) + 1;
    let countAbove = countBefore;
    let weightAbove = weightBefore;
    for (let node = level; node > 0; node &= node - 1) {
      countAbove -= countTree[node] ?? 0;
      weightAbove -= weightTree[node] ?? 0;
    }
    total += count * weightAbove + weight * countAbove;
    countBefore += count;
    weightBefore += weight;
    for (let node = level; node <= size; node += node & -node) {
      countTree[node] = (countTree[node] ?? 0) + count;
      weightTree[node] = (weightTree[node] ?? 0) + weight;
    }
  }
  return total;
}
