/** @file How well scores predict the accuracies of a table: the statistics of each objective, over rows and seeds. */

import { type CostsOfRows, isForward, isValue, type Objective, type Scores, type TableRow } from "@esnas/core/internal";
import type { ObjectiveStatistics, StatisticsTask } from "../scoring/statistics.js";
import type { WorkerPool } from "../scoring/worker-pool.js";

export interface PredictionRequest {
  readonly rows: readonly TableRow[];
  /** Of the rows. */
  readonly costs: CostsOfRows;
  readonly objectives: readonly Objective[];
  /** Of weights and input. */
  readonly seeds: readonly number[];
  readonly resamples: number;
  /** Of the resamples. */
  readonly seed: number;
}

/** What an objective says of the rows. */
export interface Prediction extends ObjectiveStatistics {
  readonly objective: Objective;
  /** Whether weights are drawn; otherwise there is one run for all seeds. */
  readonly isSeeded: boolean;
  readonly runs: readonly Run[];
  /** Why rows have no score by a metric, and how many times over all seeds. */
  readonly absences: readonly Absence[];
}

/** One seed. */
export interface Run {
  readonly seed: number;
  /** Of each row; greater predicts better; NaN where there is none. */
  readonly merits: Float64Array;
  /** What stands for the row in tables: the metric's own score where the objective is one metric, the merit otherwise. */
  readonly shown: readonly (number | undefined)[];
  readonly pick: Pick | undefined;
}

/** The row of the greatest merit, the first of those that share it. */
export interface Pick {
  readonly row: TableRow;
  /** Rows that share it. */
  readonly tied: number;
}

export interface Absence {
  readonly metric: string;
  readonly reason: string;
  readonly times: number;
}

/**
 * The predictions of the objectives, in their order.
 * @param bySeed For each seed, the scores of each row.
 */
export function predict(
  request: PredictionRequest,
  bySeed: readonly (readonly Scores[])[],
  pool: WorkerPool,
  onDone: (done: number) => void,
): Promise<Prediction[]> {
  const { rows, objectives, seeds } = request;
  let done = 0;
  const predictions = objectives.map(async (objective): Promise<Prediction> => {
    const isSeeded = objective.metrics.some((metric) => isForward(metric));
    const scores = isSeeded ? bySeed : bySeed.slice(0, 1);
    const runs = scores.map((ofSeed, i) => runOf(objective, rows, ofSeed, seeds[i] ?? 0));
    const statistics = await statisticsOfRuns(runs, request, pool);
    onDone(++done);
    return { objective, isSeeded, runs, absences: absencesOf(objective, scores), ...statistics };
  });
  return Promise.all(predictions);
}

function runOf(objective: Objective, rows: readonly TableRow[], scores: readonly Scores[], seed: number): Run {
  const merits = objective.merits(scores);
  const [alone] = objective.metrics;
  const isMetric = objective.metrics.length === 1 && alone?.id === objective.id;
  return {
    seed,
    merits: Float64Array.from(merits, (merit) => merit ?? Number.NaN),
    shown: isMetric ? scores.map(({ [objective.id]: score }) => numberOf(score)) : merits,
    pick: pickOf(rows, merits),
  };
}

function numberOf(score: Scores[string] | undefined): number | undefined {
  return score !== undefined && isValue(score) ? score : undefined;
}

function pickOf(rows: readonly TableRow[], merits: readonly (number | undefined)[]): Pick | undefined {
  let best: { row: TableRow; tied: number; merit: number } | undefined;
  rows.forEach((row, i) => {
    const merit = merits[i];
    if (merit === undefined) return;
    if (best === undefined || merit > best.merit) best = { row, tied: 1, merit };
    else if (merit === best.merit) best.tied++;
  });
  return best === undefined ? undefined : { row: best.row, tied: best.tied };
}

function statisticsOfRuns(
  runs: readonly Run[],
  request: PredictionRequest,
  pool: WorkerPool,
): Promise<ObjectiveStatistics> {
  const task: StatisticsTask = {
    merits: runs.map(({ merits }) => merits),
    accuracies: Float64Array.from(request.rows, ({ accuracy }) => accuracy),
    costs: request.costs,
    resamples: request.resamples,
    seed: request.seed,
  };
  return pool.run("statistics", task);
}

/** Why rows have no score by the metrics of an objective, and how often. */
export function absencesOf({ metrics }: Objective, bySeed: readonly (readonly Scores[])[]): Absence[] {
  const times = new Map<string, Absence>();
  for (const { id } of metrics) {
    for (const { [id]: score } of bySeed.flat()) {
      if (score === undefined || isValue(score)) continue;
      const key = `${id} ${score.reason}`;
      times.set(key, { metric: id, reason: score.reason, times: (times.get(key)?.times ?? 0) + 1 });
    }
  }
  return [...times.values()];
}
