/** @file The result of `esnas bench search` as JSON. */

import { type BenchmarkTable, largest, smallest } from "@esnas/core/internal";
import { mean, quantile, sampleStandardDeviation } from "simple-statistics";
import { version } from "../version.js";
import { type Origin, optimumOf, originOf, type RowSummary } from "./correlate-summary.js";
import { type FinishedMethod, type FinishedSearch, pointsOf } from "./search-runs.js";

/** Marks the file as ours. */
export const SEARCH = "esnas bench search";

export interface SearchSummary extends Origin {
  readonly kind: typeof SEARCH;
  readonly version: string;
  /** What makes the same files again, times apart. */
  readonly command: string;
  /** Of the searches. */
  readonly seeds: readonly number[];
  /** Of weights and input for all searches; null where each has those of its own seed. */
  readonly scoreSeed: number | null;
  readonly maxEvaluations: number;
  /** Random weights that the best of each search were scored with again; null where they were not. */
  readonly rescore: number | null;
  /** The best of the table. */
  readonly optimum: RowSummary;
  readonly methods: readonly MethodSummary[];
}

/** What a method has found over the seeds; accuracies in %, test accuracies of the table. */
export interface MethodSummary {
  readonly label: string;
  readonly algorithm: string;
  readonly objective: string;
  readonly accuracy: {
    readonly mean: number;
    /** Standard deviation over the seeds; null of one. */
    readonly deviation: number | null;
    readonly best: number;
    readonly median: number;
    readonly worst: number;
  };
  /** Share of the seeds that have found the table's best accuracy. */
  readonly atOptimum: number;
  /** Candidates scored, mean over the seeds. */
  readonly evaluations: number;
  /** Of one search, mean over the seeds; scores that were there already cost none. */
  readonly seconds: number;
  /** What the candidates would have cost to train for 12 epochs; null where nothing is trained. */
  readonly training: { readonly networks: number; readonly seconds: number | null } | null;
  readonly searches: readonly (RowSummary & {
    readonly seed: number;
    readonly evaluations: number;
    readonly reason: string;
  })[];
  /** Accuracy of what the objective prefers among the candidates until then: mean and quartiles over the seeds. */
  readonly curve: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly evaluations: number;
  readonly mean: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

export interface SearchSettings {
  readonly command: string;
  readonly file: string;
  readonly table: BenchmarkTable;
  readonly seeds: readonly number[];
  readonly scoreSeed: number | undefined;
  readonly maxEvaluations: number;
  readonly rescore: number | undefined;
}

export function summaryOf(settings: SearchSettings, methods: readonly FinishedMethod[]): SearchSummary {
  const { command, file, table, seeds, scoreSeed, maxEvaluations, rescore } = settings;
  const { index, architecture, accuracy } = optimumOf(table.rows);
  return {
    kind: SEARCH,
    version,
    command,
    ...originOf(file, table),
    seeds,
    scoreSeed: scoreSeed ?? null,
    maxEvaluations,
    rescore: rescore ?? null,
    optimum: { index, architecture, accuracy },
    methods: methods.map((method) => methodSummary(method, accuracy, pointsOf(maxEvaluations))),
  };
}

function methodSummary(
  { method, searches }: FinishedMethod,
  optimum: number,
  points: readonly number[],
): MethodSummary {
  const accuracies = searches.map(({ found }) => found.accuracy);
  return {
    label: method.label,
    algorithm: method.algorithm,
    objective: method.objective.id,
    accuracy: {
      mean: mean(accuracies),
      deviation: accuracies.length > 1 ? sampleStandardDeviation(accuracies) : null,
      best: largest(accuracies),
      median: quantile(accuracies, 0.5),
      worst: smallest(accuracies),
    },
    atOptimum: mean(accuracies.map((accuracy) => Number(accuracy === optimum))),
    evaluations: mean(searches.map(({ evaluations }) => evaluations)),
    seconds: mean(searches.map(({ milliseconds }) => milliseconds / 1000)),
    training: method.isTrained ? trainingOf(searches) : null,
    searches: searches.map(({ seed, found: { index, architecture, accuracy }, evaluations, reason }) => {
      return { seed, index, architecture, accuracy, evaluations, reason };
    }),
    curve: points.map((evaluations, i): CurvePoint => {
      const values = searches.map(({ curve }) => curve[i] ?? Number.NaN);
      const [lowerQuartile, upperQuartile] = [quantile(values, 0.25), quantile(values, 0.75)];
      return { evaluations, mean: mean(values), lowerQuartile, upperQuartile };
    }),
  };
}

function trainingOf(searches: readonly FinishedSearch[]): MethodSummary["training"] {
  const seconds = searches.flatMap(({ trainingSeconds }) => trainingSeconds ?? []);
  return {
    networks: mean(searches.map(({ evaluations }) => evaluations)),
    seconds: seconds.length === searches.length ? mean(seconds) : null,
  };
}
