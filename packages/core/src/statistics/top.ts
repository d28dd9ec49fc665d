/**
 * @file How good are the rows that score best? Rows of one score are in no order: what a place among them holds is the
 * expectation over all their orders.
 */

import { at, type Counts, forEachLevel, type Ranking, type RankOrder } from "./ranking.js";

/** Places that nDCG looks at. */
export const NDCG_PLACES = 1000;

/**
 * Normalised discounted cumulative gain of the best {@link NDCG_PLACES} by score: the sum over places j of gain /
 * log2(1 + j), over that of the best order, with gain 2^accuracy - 1, accuracy in % (Tybl and Neumann 2025, VKDNW,
 * arXiv 2502.04975: this convention gives their figures for FLOPs on the 9,445 distinct cells of NATS-Bench). An
 * accuracy that is 1 % better gains twice as much. Undefined where no accuracy is above 0.
 */
export function ndcg({ accuracies, byScore, byAccuracy }: Ranking, counts: Counts): number | undefined {
  const best = discountedGain(byAccuracy, accuracies, counts);
  return best > 0 ? discountedGain(byScore, accuracies, counts) / best : undefined;
}

function discountedGain(order: RankOrder, accuracies: Float64Array, counts: Counts): number {
  let total = 0;
  let places = 0;
  forEachLevel(order, (from, to) => {
    let count = 0;
    let gain = 0;
    for (let place = from; place < to; place++) {
      const row = at(order.rows, place);
      count += at(counts, row);
      gain += at(counts, row) * (2 ** at(accuracies, row) - 1);
    }
    let discount = 0;
    for (let j = places + 1; j <= Math.min(places + count, NDCG_PLACES); j++) discount += 1 / Math.log2(1 + j);
    if (count > 0) total += (gain / count) * discount;
    places += count;
    return places < NDCG_PLACES;
  });
  return total;
}

export interface TopAccuracy {
  readonly mean: number;
  readonly best: number;
}

/** Mean and best accuracy, in %, of the `k` rows that score best. Undefined where there are fewer. */
export function topAccuracy({ accuracies, byScore }: Ranking, counts: Counts, k: number): TopAccuracy | undefined {
  let left = k;
  let sum = 0;
  let best = 0;
  forEachLevel(byScore, (from, to) => {
    let count = 0;
    let within = 0;
    for (let place = from; place < to; place++) {
      const row = at(byScore.rows, place);
      count += at(counts, row);
      within += at(counts, row) * at(accuracies, row);
    }
    if (count === 0) return true;
    const drawn = Math.min(left, count);
    sum += (within / count) * drawn;
    best = expectedBest(best, drawn, count, descending(from, to));
    left -= drawn;
    return left > 0;
  });
  return left === 0 ? { mean: sum / k, best } : undefined;

  /** Accuracies at these places, copies included; within a level rows are in ascending order of accuracy. */
  function* descending(from: number, to: number): Generator<number> {
    for (let place = to - 1; place >= from; place--) {
      const row = at(byScore.rows, place);
      for (let copy = at(counts, row); copy > 0; copy--) yield at(accuracies, row);
    }
  }
}

/**
 * The expected best of what there was and `drawn` of `count` values, given in descending order, without replacement.
 */
function expectedBest(least: number, drawn: number, count: number, values: Iterable<number>): number {
  let expected = 0;
  let undecided = 1;
  let left = count;
  for (const value of values) {
    if (value <= least || undecided === 0) break;
    const isDrawn = drawn / left--;
    expected += undecided * isDrawn * value;
    undecided *= 1 - isDrawn;
  }
  return expected + undecided * least;
}
