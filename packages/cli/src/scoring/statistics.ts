/** @file The part of the statistics that runs in worker threads: those of one objective, by all seeds. */

import {
  atBudget,
  bootstrap,
  type CostsOfRows,
  fixedBudgetOf,
  type Intervals,
  meanStatistics,
  rankingOf,
  type Statistics,
  statisticsOf,
} from "@esnas/core/internal";

export interface StatisticsTask {
  /** A seed's merits each, of the rows of the table in their order; NaN where there is none. */
  readonly merits: readonly Float64Array[];
  readonly accuracies: Float64Array;
  readonly costs: CostsOfRows;
  readonly resamples: number;
  readonly seed: number;
}

export interface ObjectiveStatistics {
  /** Means over the seeds. */
  readonly statistics: Statistics;
  /** Of the means. */
  readonly intervals: Intervals;
  readonly bySeed: readonly Statistics[];
}

export function statistics({ merits, accuracies, costs, resamples, seed }: StatisticsTask): ObjectiveStatistics {
  const rankings = merits.map((ofSeed) => rankingOf([...ofSeed], [...accuracies]));
  const budget = fixedBudgetOf(costs);
  const bySeed = rankings.map((ranking) => statisticsOf(ranking, undefined, atBudget(ranking, budget)));
  return { statistics: meanStatistics(bySeed), intervals: bootstrap(rankings, { resamples, seed }, budget), bySeed };
}
