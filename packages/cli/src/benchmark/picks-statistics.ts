/** @file What metrics would pick among the networks that budgets admit, beside what needs no metric. */

import {
  admittedRows,
  budgetAccuracies,
  type CostBudget,
  type CostsOfRows,
  isForward,
  type Objective,
  onceEach,
  type Picks,
  type PicksRequest,
  type TableRow,
} from "@esnas/core/internal";
import pLimit from "p-limit";
import type { WorkerPool } from "../scoring/worker-pool.js";
import { type Absence, absencesOf } from "./correlate-statistics.js";
import type { ScoresBySeed } from "./scored-table.js";

/** A budget, the networks that it admits, and what they have. */
export interface AdmittingBudget {
  readonly bounds: CostBudget;
  readonly rows: Uint32Array;
  /** Accuracies in %. */
  readonly mean: number;
  readonly deviation: number;
  readonly best: number;
}

/** A way to choose a network. */
export interface Contender {
  /** Of a metric, its id. */
  readonly id: string;
  readonly kind: "baseline" | "metric" | "recipe";
  /** What networks are compared by, as `--metrics` takes it; undefined of a baseline. */
  readonly by?: string;
  /** Metrics that it is scored by. */
  readonly metrics: readonly string[];
  /** Whether weights are drawn; otherwise there is one run for all seeds. */
  readonly isSeeded: boolean;
  /** Why rows have no score, and how many times over all seeds. */
  readonly absences: readonly Absence[];
  /** For each seed, the merit of rows when they are compared with each other; greater is better, and what is no number ranks last. */
  readonly runs: readonly ((rows: Uint32Array) => Float64Array)[];
}

export interface Contest {
  readonly contender: Contender;
  readonly picks: Picks;
}

/** The budgets that admit at least so many rows, with what these have. */
export function admittingBudgets(
  budgets: readonly CostBudget[],
  rows: readonly TableRow[],
  costs: CostsOfRows,
  { minUse, minRows }: { readonly minUse: number; readonly minRows: number },
): AdmittingBudget[] {
  return budgets.flatMap((bounds): AdmittingBudget[] => {
    const admitted = admittedRows(costs, bounds, minUse);
    const accuracies = Float64Array.from(admitted, (row) => rows[row]?.accuracy ?? Number.NaN);
    const known = budgetAccuracies(accuracies, onceEach(admitted.length));
    return known === undefined || admitted.length < minRows ? [] : [{ bounds, rows: admitted, ...known }];
  });
}

/** Names of baselines that reports treat apart. */
export const RANDOM = "random network";
export const BEST = "best network";

/** What needs no metric: chance, the costs that budgets bound, and what only the table knows. */
export function baselines(rows: readonly TableRow[], { parameters, macs }: CostsOfRows): Contender[] {
  const of = (id: string, value: (row: number) => number): Contender => ({
    id,
    kind: "baseline",
    metrics: [],
    isSeeded: false,
    absences: [],
    runs: [(admitted) => Float64Array.from(admitted, value)],
  });
  return [
    of(BEST, (row) => rows[row]?.accuracy ?? Number.NaN),
    of("most parameters", (row) => parameters[row] ?? Number.NaN),
    of("most MACs", (row) => macs[row] ?? Number.NaN),
    of(RANDOM, () => 0),
  ];
}

/**
 * Ranks and scales of aggregates are taken among what a budget admits, as a search of that budget would.
 * @param recipe The name of the recipe whose metric it is.
 */
export function contenderOf(objective: Objective, bySeed: ScoresBySeed, recipe?: string): Contender {
  const isSeeded = objective.metrics.some((metric) => isForward(metric));
  const scores = isSeeded ? bySeed : bySeed.slice(0, 1);
  return {
    id: recipe ?? objective.id,
    kind: recipe === undefined ? "metric" : "recipe",
    by: objective.id,
    metrics: objective.metrics.map(({ id }) => id),
    isSeeded,
    absences: absencesOf(objective, scores),
    runs: scores.map((ofSeed) => (admitted) => {
      const merits = objective.merits([...admitted].map((row) => ofSeed[row] ?? {}));
      return Float64Array.from(merits, (merit) => merit ?? Number.NaN);
    }),
  };
}

export interface ContestRequest {
  readonly contenders: readonly Contender[];
  readonly budgets: readonly AdmittingBudget[];
  /** Resamples follow from their order. */
  readonly rows: readonly TableRow[];
  readonly resamples: number;
  readonly seed: number;
}

/** What each picks, in their order. */
export function contestsOf(
  { contenders, budgets, rows, resamples, seed }: ContestRequest,
  pool: WorkerPool,
  onDone: (done: number) => void,
): Promise<Contest[]> {
  const accuracies = Float64Array.from(rows, ({ accuracy }) => accuracy);
  let done = 0;
  // Merits at all budgets of a large table are large: no more of them are there than workers take.
  const limit = pLimit(pool.workers);
  const contests = contenders.map((contender) =>
    limit(async (): Promise<Contest> => {
      const request: PicksRequest = {
        accuracies,
        budgets: budgets.map((budget) => budget.rows),
        runs: contender.runs.map((merits) => budgets.map((budget) => merits(budget.rows))),
        bootstrap: { resamples, seed },
      };
      const picks = await pool.run("picks", request);
      onDone(++done);
      return { contender, picks };
    }),
  );
  return Promise.all(contests);
}
