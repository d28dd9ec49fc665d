/** @file The result of `esnas bench correlate` as JSON: everything but the scores themselves. */

import {
  type BenchmarkTable,
  INTERVAL_LEVEL,
  type StatisticName,
  statisticNames,
  type TableRow,
} from "@esnas/core/internal";
import { sampleStandardDeviation } from "simple-statistics";
import { version } from "../version.js";
import type { Absence, Prediction } from "./correlate-statistics.js";
import type { TableSettings } from "./scored-table.js";

/** Marks the file as ours. */
export const CORRELATE = "esnas bench correlate";

/** One statistic of one objective; accuracies in %. */
export interface StatisticSummary {
  /** Mean over the seeds; null where a seed has none (all scores tied, too few rows). */
  readonly value: number | null;
  /** Bootstrap interval of the mean over resampled rows. */
  readonly low: number | null;
  readonly high: number | null;
  /** Standard deviation over the seeds; null where there is one, or no weights are drawn. */
  readonly spread: number | null;
}

export interface RowSummary {
  readonly index: number;
  readonly architecture: string;
  readonly accuracy: number;
}

export interface RunSummary {
  /** Null where no weights are drawn. */
  readonly seed: number | null;
  readonly statistics: Readonly<Record<StatisticName, number | null>>;
  /** The row of the greatest merit, and how many rows share it; null where no row has a score. */
  readonly pick: (RowSummary & { readonly tied: number }) | null;
  /** Rows that rank last because they have no score. */
  readonly withoutScore: number;
}

export interface ObjectiveSummary {
  readonly id: string;
  /** What rows were scored by. */
  readonly metrics: readonly string[];
  readonly statistics: Readonly<Record<StatisticName, StatisticSummary>>;
  readonly runs: readonly RunSummary[];
  readonly absences: readonly Absence[];
}

/** What every result of `esnas bench` says that it was made of. */
export interface Origin {
  readonly space: {
    readonly name: string;
    readonly version: number;
    readonly options: Readonly<Record<string, unknown>>;
  };
  readonly dataset: string;
  readonly table: { readonly file: string; readonly sha256: string; readonly rows: number };
}

/** What a result of scores of a table says of how it was made. */
export interface Making extends Origin {
  readonly version: string;
  /** What makes the same files again. */
  readonly command: string;
  /** Rows that were scored, drawn with the seed. */
  readonly sample: { readonly rows: number; readonly seed: number };
  /** Of weights and input. */
  readonly seeds: readonly number[];
  readonly bootstrap: { readonly resamples: number; readonly level: number; readonly seed: number };
}

export interface CorrelateSummary extends Making {
  readonly kind: typeof CORRELATE;
  /** The best accuracy of the sample. */
  readonly optimum: RowSummary;
  readonly objectives: readonly ObjectiveSummary[];
}

/** What a run was asked for. */
export interface CommandSettings extends TableSettings {
  readonly command: string;
}

/** What a result says of its table. */
export function originOf(file: string, { space, dataset, checksum, rows }: BenchmarkTable): Origin {
  return {
    space: { name: space.name, version: space.version, options: space.options },
    dataset,
    table: { file, sha256: checksum, rows: rows.length },
  };
}

/** What a result says of what it was asked for. */
export function makingOf({ command, file, table, rows, seeds, resamples, seed }: CommandSettings): Making {
  return {
    version,
    command,
    ...originOf(file, table),
    sample: { rows: rows.length, seed },
    seeds,
    bootstrap: { resamples, level: INTERVAL_LEVEL, seed },
  };
}

export function summaryOf(settings: CommandSettings, predictions: readonly Prediction[]): CorrelateSummary {
  return {
    kind: CORRELATE,
    ...makingOf(settings),
    optimum: rowSummary(optimumOf(settings.rows)),
    objectives: predictions.map(objectiveSummary),
  };
}

/** The row with the best accuracy, the first of those that share it. */
export function optimumOf(rows: readonly TableRow[]): TableRow {
  return rows.reduce((best, row) => (row.accuracy > best.accuracy ? row : best));
}

function rowSummary({ index, architecture, accuracy }: TableRow): RowSummary {
  return { index, architecture, accuracy };
}

function objectiveSummary({
  objective,
  isSeeded,
  runs,
  statistics,
  intervals,
  bySeed,
  absences,
}: Prediction): ObjectiveSummary {
  return {
    id: objective.id,
    metrics: objective.metrics.map(({ id }) => id),
    statistics: byStatistic((name) => ({
      value: statistics[name] ?? null,
      low: intervals[name]?.low ?? null,
      high: intervals[name]?.high ?? null,
      spread: spreadOf(bySeed.map(({ [name]: value }) => value)),
    })),
    runs: runs.map(({ seed, merits, pick }, i) => ({
      seed: isSeeded ? seed : null,
      statistics: byStatistic((name) => bySeed[i]?.[name] ?? null),
      pick: pick === undefined ? null : { ...rowSummary(pick.row), tied: pick.tied },
      withoutScore: merits.reduce((times, merit) => times + Number(Number.isNaN(merit)), 0),
    })),
    absences,
  };
}

function byStatistic<T>(value: (name: StatisticName) => T): Readonly<Record<StatisticName, T>> {
  return Object.fromEntries(statisticNames.map((name) => [name, value(name)])) as Record<StatisticName, T>;
}

/** Standard deviation over the seeds; null where there is one, or one of them has no value. */
export function spreadOf(values: readonly (number | undefined)[]): number | null {
  const present = values.filter((value) => value !== undefined);
  return present.length < 2 || present.length < values.length ? null : sampleStandardDeviation(present);
}
