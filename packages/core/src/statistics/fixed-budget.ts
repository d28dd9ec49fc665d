/**
 * @file What scores say of accuracies at a fixed budget: once the networks' parameters and multiply-accumulates are taken out. A rank
 * correlation over a whole space mostly tells large networks from small ones, which nobody asks a metric about: a search has a budget.
 *
 *     partial          Pearson's correlation of what is left of the ranks by score and of the ranks by accuracy, once a constant, ln parameters
 *                      and ln MACs are taken out of both by least squares (Spearman's partial correlation, with costs as they are)
 *     within bins      Spearman's rho in each of 20 bins of equal counts by one cost, as the mean over bins
 *     near             Kendall's tau-b over the pairs of networks of which neither cost differs by more than 10 %
 *     picks            in each of 20 bins by MACs, the accuracy of the network with the best score
 */

import { seededRandom } from "../base/random-numbers.js";
import { spearman } from "./correlation.js";
import { at, averageRanksFromBest, type Counts, type Ranking } from "./ranking.js";

export const BINS = 20;

/** How far costs of networks of one budget are apart. */
export const NEAR = 1.1;

/** Pairs that are looked at: more say no more, and take as long as all else together. */
const MOST_PAIRS = 50_000;

/** Fewer say nothing of a bin. */
const FEWEST_IN_BIN = 5;

/** What networks cost, in the order of the rows. */
export interface CostsOfRows {
  readonly parameters: Float64Array;
  readonly macs: Float64Array;
}

/** Costs as statistics take them, made once for a table. */
export interface FixedBudget {
  /** A constant, ln parameters and ln MACs; a cost that is the same for all is left out. */
  readonly regressors: readonly Float64Array[];
  /** Rows of each bin; none where the cost has a single value. */
  readonly parameterBins: readonly Uint32Array[];
  readonly macBins: readonly Uint32Array[];
  readonly parameters: Float64Array;
  /** Rows two by two: those at 2 i and 2 i + 1 are a pair. */
  readonly pairs: Uint32Array;
}

export function fixedBudgetOf({ parameters, macs }: CostsOfRows): FixedBudget {
  const logs = [parameters, macs].filter(differ).map((costs) => costs.map(Math.log));
  return {
    regressors: [new Float64Array(parameters.length).fill(1), ...logs],
    parameterBins: binsOf(parameters),
    macBins: binsOf(macs),
    parameters,
    pairs: pairsOf(parameters, macs),
  };
}

function differ(costs: Float64Array): boolean {
  return costs.some((cost) => cost !== costs[0]);
}

/** Bins of equal counts, as far as networks of one cost are in one bin. */
function binsOf(costs: Float64Array): Uint32Array[] {
  if (!differ(costs)) return [];
  const rows = Uint32Array.from(costs.keys()).sort((a, b) => at(costs, a) - at(costs, b) || a - b);
  const bins: Uint32Array[] = [];
  let [begin, current] = [0, -1];
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && at(costs, at(rows, to)) === at(costs, at(rows, from))) to++;
    const bin = Math.floor((BINS * (from + to - 1)) / 2 / rows.length);
    if (bin !== current) {
      if (from > begin) bins.push(rows.slice(begin, from));
      [begin, current] = [from, bin];
    }
    from = to;
  }
  return [...bins, rows.slice(begin)];
}

/** Pairs that are near in both costs: all, or so many of them drawn by a seed that is always the same. */
function pairsOf(parameters: Float64Array, macs: Float64Array): Uint32Array {
  const rows = Uint32Array.from(parameters.keys()).sort((a, b) => at(parameters, a) - at(parameters, b) || a - b);
  const random = seededRandom(0);
  const pairs = new Uint32Array(2 * MOST_PAIRS);
  let found = 0;
  for (let first = 0; first < rows.length; first++) {
    const a = at(rows, first);
    for (let second = first + 1; second < rows.length; second++) {
      const b = at(rows, second);
      if (at(parameters, b) > NEAR * at(parameters, a)) break;
      const [x, y] = [at(macs, a), at(macs, b)];
      if (Math.max(x, y) > NEAR * Math.min(x, y)) continue;
      // Each pair is kept with the same chance, however many there are (reservoir sampling).
      const place = found < MOST_PAIRS ? found : random.below(found + 1);
      found++;
      if (place < MOST_PAIRS) pairs.set([a, b], 2 * place);
    }
  }
  return pairs.subarray(0, 2 * Math.min(found, MOST_PAIRS));
}

/** What scores say of accuracies at a fixed budget. A figure is undefined where the budget leaves nothing to tell apart. */
export interface FixedBudgetStatistics {
  /** Spearman's rank correlation, ln parameters and ln MACs taken out of the ranks by least squares. */
  readonly partialSpearman: number | undefined;
  /** Spearman's rank correlation within 20 bins of equal counts by parameters, the mean. */
  readonly spearmanInParameterBins: number | undefined;
  /** The same by multiply-accumulates. */
  readonly spearmanInMacBins: number | undefined;
  /** Kendall's tau-b over pairs of networks whose parameters and MACs both differ by at most 10 %. */
  readonly tauNearBudget: number | undefined;
  /** Accuracy in % of the best score in each of 20 bins by MACs, the mean. */
  readonly pick: number | undefined;
  /** How far these picks are above the mean of their bin, in points. */
  readonly pickOverMean: number | undefined;
  /** How far they are above the network of their bin with most parameters. */
  readonly pickOverLargest: number | undefined;
  /** How far they are below the best of their bin. */
  readonly regret: number | undefined;
}

/** The statistics of a ranking for any counts of its rows: what does not hang on counts is made once. */
export function atBudget(ranking: Ranking, budget: FixedBudget): (counts: Counts) => FixedBudgetStatistics {
  const partsOf = (bins: readonly Uint32Array[]) => bins.map((bin) => ({ bin, part: partOf(ranking, bin) }));
  const [byParameters, byMacs] = [partsOf(budget.parameterBins), partsOf(budget.macBins)];
  const signs = signsOf(ranking, budget.pairs);
  return (counts) => ({
    partialSpearman: partialSpearman(ranking, counts, budget),
    spearmanInParameterBins: inBins(byParameters, counts),
    spearmanInMacBins: inBins(byMacs, counts),
    tauNearBudget: tauOfPairs(signs, counts, budget.pairs),
    ...picksOf(ranking, counts, budget),
  });
}

function partialSpearman(ranking: Ranking, counts: Counts, { regressors }: FixedBudget): number | undefined {
  const basis = orthonormal(regressors, counts);
  const score = cleared(averageRanksFromBest(ranking.byScore, counts), basis, counts);
  const accuracy = cleared(averageRanksFromBest(ranking.byAccuracy, counts), basis, counts);
  if (score === undefined || accuracy === undefined) return undefined;
  return dot(score, accuracy, counts) / Math.sqrt(dot(score, score, counts) * dot(accuracy, accuracy, counts));
}

/** By Gram and Schmidt, where rows count several times. */
function orthonormal(vectors: readonly Float64Array[], counts: Counts): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const left = cleared(vector, basis, counts);
    if (left === undefined) continue;
    const norm = Math.sqrt(dot(left, left, counts));
    basis.push(left.map((value) => value / norm));
  }
  return basis;
}

/** Relative length below which a vector is what rounding has left. */
const NOTHING = 1e-9;

/** What is left of a vector once a basis is taken out; undefined where that is nothing. */
function cleared(vector: Float64Array, basis: readonly Float64Array[], counts: Counts): Float64Array | undefined {
  const left = Float64Array.from(vector);
  // Twice, for what rounding leaves.
  for (const unit of [...basis, ...basis]) {
    const share = dot(left, unit, counts);
    for (let i = 0; i < left.length; i++) left[i] = (left[i] ?? 0) - share * (unit[i] ?? 0);
  }
  const isLeft = dot(left, left, counts) > NOTHING ** 2 * dot(vector, vector, counts);
  return isLeft ? left : undefined;
}

function dot(a: Float64Array, b: Float64Array, counts: Counts): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (counts[i] ?? 0) * (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

interface Part {
  readonly bin: Uint32Array;
  readonly part: Ranking;
}

/** The mean over the bins that have enough networks of different scores. */
function inBins(parts: readonly Part[], counts: Counts): number | undefined {
  let [sum, defined] = [0, 0];
  for (const { bin, part } of parts) {
    const rho = bin.length < FEWEST_IN_BIN ? undefined : spearman(part, countsOf(bin, counts));
    if (rho === undefined) continue;
    sum += rho;
    defined++;
  }
  return defined === 0 ? undefined : sum / defined;
}

function countsOf(bin: Uint32Array, counts: Counts): Counts {
  return bin.map((row) => counts[row] ?? 0);
}

/** A ranking of some rows, whose levels are those of the whole. */
function partOf({ accuracies, byScore, byAccuracy }: Ranking, bin: Uint32Array): Ranking {
  const order = ({ levels }: Ranking["byScore"]) => {
    const own = bin.map((row) => levels[row] ?? 0);
    return { levels: own, rows: Uint32Array.from(bin.keys()).sort((a, b) => (own[a] ?? 0) - (own[b] ?? 0) || a - b) };
  };
  return {
    accuracies: Float64Array.from(bin, (row) => accuracies[row] ?? 0),
    byScore: order(byScore),
    byAccuracy: order(byAccuracy),
  };
}

/** Of each pair, which way its scores differ, then which way its accuracies do. */
function signsOf({ byScore, byAccuracy }: Ranking, pairs: Uint32Array): Int8Array {
  const signs = new Int8Array(pairs.length);
  for (let i = 0; i < pairs.length; i += 2) {
    const [a, b] = [pairs[i] ?? 0, pairs[i + 1] ?? 0];
    signs[i] = Math.sign((byScore.levels[a] ?? 0) - (byScore.levels[b] ?? 0));
    signs[i + 1] = Math.sign((byAccuracy.levels[a] ?? 0) - (byAccuracy.levels[b] ?? 0));
  }
  return signs;
}

function tauOfPairs(signs: Int8Array, counts: Counts, pairs: Uint32Array): number | undefined {
  let [both, score, accuracy] = [0, 0, 0];
  for (let i = 0; i < pairs.length; i += 2) {
    const times = (counts[pairs[i] ?? 0] ?? 0) * (counts[pairs[i + 1] ?? 0] ?? 0);
    if (times === 0) continue;
    const [x, y] = [signs[i] ?? 0, signs[i + 1] ?? 0];
    both += times * x * y;
    score += times * x * x;
    accuracy += times * y * y;
  }
  return score > 0 && accuracy > 0 ? both / Math.sqrt(score * accuracy) : undefined;
}

type Picks = Pick<FixedBudgetStatistics, "pick" | "pickOverMean" | "pickOverLargest" | "regret">;

const noPicks: Picks = { pick: undefined, pickOverMean: undefined, pickOverLargest: undefined, regret: undefined };

/** Of networks that share the best score, or the most parameters, the mean accuracy. */
function picksOf({ accuracies, byScore }: Ranking, counts: Counts, { macBins, parameters }: FixedBudget): Picks {
  let [pick, overMean, overLargest, regret, bins] = [0, 0, 0, 0, 0];
  for (const bin of macBins) {
    const there = bin.filter((row) => (counts[row] ?? 0) > 0);
    if (there.length < FEWEST_IN_BIN) continue;
    const picked = meanOfBest(there, byScore.levels, accuracies, counts);
    const mean = meanOfBest(there, undefined, accuracies, counts);
    pick += picked;
    overMean += picked - mean;
    overLargest += picked - meanOfBest(there, parameters, accuracies, counts);
    regret += meanOfBest(there, accuracies, accuracies, counts) - picked;
    bins++;
  }
  if (bins === 0) return noPicks;
  return {
    pick: pick / bins,
    pickOverMean: overMean / bins,
    pickOverLargest: overLargest / bins,
    regret: regret / bins,
  };
}

/** The mean accuracy of the rows of the greatest value; of all rows where there are no values. */
function meanOfBest(
  rows: Uint32Array,
  values: ArrayLike<number> | undefined,
  accuracies: Float64Array,
  counts: Counts,
): number {
  let [best, sum, count] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (const row of rows) {
    const value = values === undefined ? 0 : (values[row] ?? 0);
    if (value < best) continue;
    if (value > best) [best, sum, count] = [value, 0, 0];
    sum += (counts[row] ?? 0) * (accuracies[row] ?? 0);
    count += counts[row] ?? 0;
  }
  return sum / count;
}
