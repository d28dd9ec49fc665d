/**
 * @file What scores say of accuracies: every statistic that `esnas bench correlate` shows, with bootstrap intervals.
 */

import { seededRandom } from "../base/random-numbers.js";
import { spearman, taus } from "./correlation.js";
import { atBudget, type FixedBudget, type FixedBudgetStatistics } from "./fixed-budget.js";
import { at, type Counts, forEachLevel, onceEach, type Ranking } from "./ranking.js";
import { ndcg, topAccuracy } from "./top.js";

/** Of networks at a fixed budget: fixed-budget.ts has what they are. */
export const fixedBudgetNames = [
  "partialSpearman",
  "tauNearBudget",
  "spearmanInParameterBins",
  "spearmanInMacBins",
  "pick",
  "pickOverMean",
  "pickOverLargest",
  "regret",
] as const satisfies readonly (keyof FixedBudgetStatistics)[];

/** In the order in which they are shown. */
export const statisticNames = [
  "spearman",
  "kendallTauB",
  "weightedTau",
  "ndcg",
  "spearmanOfBestTenth",
  "top1",
  "top5",
  "top10",
  "top100",
  "bestOfTop5",
  "bestOfTop10",
  "bestOfTop100",
  ...fixedBudgetNames,
] as const satisfies readonly StatisticName[];

/** What scores say of accuracies. A statistic is undefined where the rows are too few, or all tied. */
export interface Statistics extends FixedBudgetStatistics {
  /** Spearman's rank correlation. */
  readonly spearman: number | undefined;
  /** Kendall's rank correlation with ties, tau-b. */
  readonly kendallTauB: number | undefined;
  /** Vigna's weighted tau (2015): exchanges at the top weigh more. */
  readonly weightedTau: number | undefined;
  /** Normalised discounted cumulative gain. */
  readonly ndcg: number | undefined;
  /** Spearman's rho among the tenth of the rows with the best accuracies. */
  readonly spearmanOfBestTenth: number | undefined;
  /** Accuracy in % of the row that scores best. */
  readonly top1: number | undefined;
  /** Mean accuracy in % of the five that score best. */
  readonly top5: number | undefined;
  /** Mean accuracy in % of the ten that score best. */
  readonly top10: number | undefined;
  /** Mean accuracy in % of the hundred that score best. */
  readonly top100: number | undefined;
  /** The best accuracy in % among the five that score best. */
  readonly bestOfTop5: number | undefined;
  /** The best accuracy in % among the ten that score best. */
  readonly bestOfTop10: number | undefined;
  /** The best accuracy in % among the hundred that score best. */
  readonly bestOfTop100: number | undefined;
}

export type StatisticName = keyof Statistics;

/**
 * Statistics of rows that count as often as `counts` says, by default once each.
 * @param budgeted Statistics at a fixed budget, by the same counts; without it there are none.
 */
export function statisticsOf(
  ranking: Ranking,
  counts: Uint32Array = onceEach(ranking.accuracies.length),
  budgeted?: (counts: Uint32Array) => FixedBudgetStatistics,
): Statistics {
  const [top1, top5, top10, top100] = [1, 5, 10, 100].map((k) => topAccuracy(ranking, counts, k));
  return {
    spearman: spearman(ranking, counts),
    ...taus(ranking, counts),
    ndcg: ndcg(ranking, counts),
    spearmanOfBestTenth: spearman(ranking, bestTenth(ranking, counts)),
    top1: top1?.mean,
    top5: top5?.mean,
    top10: top10?.mean,
    top100: top100?.mean,
    bestOfTop5: top5?.best,
    bestOfTop10: top10?.best,
    bestOfTop100: top100?.best,
    ...(budgeted?.(counts) ?? noBudget),
  };
}

const noBudget: FixedBudgetStatistics = {
  partialSpearman: undefined,
  tauNearBudget: undefined,
  spearmanInParameterBins: undefined,
  spearmanInMacBins: undefined,
  pick: undefined,
  pickOverMean: undefined,
  pickOverLargest: undefined,
  regret: undefined,
};

/** Counts of the tenth with the best accuracies, rounded up, and of what is tied with its last; 0 for the others. */
function bestTenth({ byAccuracy }: Ranking, counts: Counts): Counts {
  const kept = new Uint32Array(counts.length);
  let n = 0;
  for (let row = 0; row < counts.length; row++) n += at(counts, row);
  let left = Math.ceil(n / 10);
  forEachLevel(byAccuracy, (from, to) => {
    for (let place = from; place < to; place++) {
      const row = at(byAccuracy.rows, place);
      kept[row] = at(counts, row);
      left -= at(counts, row);
    }
    return left > 0;
  });
  return kept;
}

/** The means of the statistics over several rankings of the same rows; undefined where one of them is. */
export function meanStatistics(all: readonly Statistics[]): Statistics {
  const mean = (name: StatisticName) => {
    let sum = 0;
    for (const { [name]: value } of all) sum += value ?? Number.NaN;
    return Number.isNaN(sum) ? undefined : sum / all.length;
  };
  return Object.fromEntries(statisticNames.map((name) => [name, mean(name)])) as Record<
    StatisticName,
    number | undefined
  >;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export type Intervals = Readonly<Record<StatisticName, Interval | undefined>>;

export interface BootstrapOptions {
  readonly resamples: number;
  readonly seed: number;
}

/** Share of the resamples within an interval. */
export const INTERVAL_LEVEL = 0.95;

/**
 * Percentile intervals of the mean statistics of rankings of the same rows: between them lie the middle ones of
 * resamples, with replacement, as large as the table. Resamples follow from the seed alone, so that all metrics have
 * the same. A statistic that some resample does not have has no interval.
 */
export function bootstrap(
  rankings: readonly Ranking[],
  { resamples, seed }: BootstrapOptions,
  budget?: FixedBudget,
): Intervals {
  const size = rankings[0]?.accuracies.length ?? 0;
  const each = rankings.map((ranking) => ({ ranking, budgeted: budget && atBudget(ranking, budget) }));
  const drawn = forEachResample(size, { resamples, seed }, (counts) =>
    meanStatistics(each.map(({ ranking, budgeted }) => statisticsOf(ranking, counts, budgeted))),
  );
  const interval = (name: StatisticName): Interval | undefined => {
    const values = drawn.flatMap(({ [name]: value }) => (value === undefined ? [] : [value]));
    return values.length < resamples || resamples === 0 ? undefined : intervalOf(values);
  };
  return Object.fromEntries(statisticNames.map((name) => [name, interval(name)])) as Record<
    StatisticName,
    Interval | undefined
  >;
}

/** What each resample of so many rows, as large and with replacement, gives: its rows are counted. They follow from the seed alone. */
export function forEachResample<T>(
  size: number,
  { resamples, seed }: BootstrapOptions,
  action: (counts: Uint32Array) => T,
): T[] {
  const random = seededRandom(seed);
  return Array.from({ length: resamples }, () => {
    const counts = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      const row = random.below(size);
      counts[row] = at(counts, row) + 1;
    }
    return action(counts);
  });
}

/** Between its ends lie the middle ones of values. */
export function intervalOf(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  return { low: quantile(sorted, (1 - INTERVAL_LEVEL) / 2), high: quantile(sorted, (1 + INTERVAL_LEVEL) / 2) };
}

export interface MeanWithInterval {
  readonly mean: number;
  /** Undefined of a single value. */
  readonly interval: Interval | undefined;
}

/**
 * The mean of observations, and the percentile interval of the means of resamples with replacement.
 * @returns Undefined where there are none.
 */
export function meanWithInterval(
  values: readonly number[],
  { resamples, seed }: BootstrapOptions,
): MeanWithInterval | undefined {
  if (values.length === 0) return undefined;
  const random = seededRandom(seed);
  const resampled = () => meanOf(values.map(() => at(values, random.below(values.length))));
  return {
    mean: meanOf(values),
    interval: values.length > 1 ? intervalOf(Array.from({ length: resamples }, resampled)) : undefined,
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of sorted values, interpolated between neighbours (type 7 of Hyndman and Fan 1996). */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = at(sorted, below);
  return low + (place - below) * (at(sorted, Math.min(below + 1, sorted.length - 1)) - low);
}
