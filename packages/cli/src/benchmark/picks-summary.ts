/** @file The result of `esnas bench picks` as JSON. */

import { type PickFigureName, pickFigureNames, type TableRow } from "@esnas/core/internal";
import type { Absence } from "./correlate-statistics.js";
import { type CommandSettings, type Making, makingOf, type StatisticSummary, spreadOf } from "./correlate-summary.js";
import type { AdmittingBudget, Contender, Contest } from "./picks-statistics.js";

/** Marks the file as ours. */
export const PICKS = "esnas bench picks";

/** Which networks a budget admits, and where budgets come from. */
export interface PicksRule {
  /** Share of each bound that a network has to use. */
  readonly minUse: number;
  /** Networks that a budget has to admit. */
  readonly minRows: number;
  /** By quantiles of the table's costs, or by flags. */
  readonly from: "quantiles" | "flags";
}

/** Accuracies in %. */
export interface BudgetSummary {
  /** Null where they are free. */
  readonly maxParameters: number | null;
  readonly maxMacs: number | null;
  readonly networks: number;
  readonly mean: number;
  /** Standard deviation of the networks' accuracies. */
  readonly deviation: number;
  readonly best: number;
}

export interface PickSummary {
  /** In %; the mean over networks that tie. */
  readonly accuracy: number;
  /** Of the table, the first that ties. */
  readonly index: number | null;
  readonly tied: number;
  readonly beaten: number | null;
  readonly pairs: number | null;
}

export interface PicksRunSummary {
  /** Null where no weights are drawn. */
  readonly seed: number | null;
  readonly figures: Readonly<Record<PickFigureName, number | null>>;
  readonly beaten: number | null;
  readonly pairs: number | null;
  /** In the order of the budgets. */
  readonly picks: readonly PickSummary[];
}

export interface ContenderSummary {
  readonly id: string;
  readonly kind: Contender["kind"];
  /** What networks are compared by, as `--metrics` takes it; null of a baseline. */
  readonly by: string | null;
  readonly metrics: readonly string[];
  /** Means over budgets and seeds; accuracies in %, the share from 0 to 1. */
  readonly figures: Readonly<Record<PickFigureName, StatisticSummary>>;
  readonly beaten: number | null;
  readonly pairs: number | null;
  readonly runs: readonly PicksRunSummary[];
  readonly absences: readonly Absence[];
}

export interface PicksSummary extends Making {
  readonly kind: typeof PICKS;
  readonly rule: PicksRule;
  readonly budgets: readonly BudgetSummary[];
  readonly contenders: readonly ContenderSummary[];
}

export function picksSummary(
  settings: CommandSettings,
  rule: PicksRule,
  budgets: readonly AdmittingBudget[],
  contests: readonly Contest[],
): PicksSummary {
  return {
    kind: PICKS,
    ...makingOf(settings),
    rule,
    budgets: budgets.map(({ bounds, rows, mean, deviation, best }) => ({
      maxParameters: bounds.parameters ?? null,
      maxMacs: bounds.macs ?? null,
      networks: rows.length,
      mean,
      deviation,
      best,
    })),
    contenders: contests.map((contest) => contenderSummary(contest, budgets, settings)),
  };
}

function contenderSummary(
  { contender, picks }: Contest,
  budgets: readonly AdmittingBudget[],
  { rows, seeds }: { readonly rows: readonly TableRow[]; readonly seeds: readonly number[] },
): ContenderSummary {
  const { id, kind, by = null, metrics, isSeeded, absences } = contender;
  const runs = picks.runs.map(
    (run, i): PicksRunSummary => ({
      seed: isSeeded ? (seeds[i] ?? null) : null,
      figures: byFigure((name) => run[name] ?? null),
      beaten: run.beaten ?? null,
      pairs: run.pairs ?? null,
      picks: run.byBudget.map(({ pick, place, tied, beaten, pairs }, budget) => ({
        accuracy: pick,
        index: rows[budgets[budget]?.rows[place] ?? -1]?.index ?? null,
        tied,
        beaten: beaten ?? null,
        pairs: pairs ?? null,
      })),
    }),
  );
  return {
    id,
    kind,
    by,
    metrics,
    figures: byFigure((name) => ({
      value: picks.figures[name] ?? null,
      low: picks.intervals[name]?.low ?? null,
      high: picks.intervals[name]?.high ?? null,
      spread: spreadOf(picks.runs.map(({ [name]: value }) => value)),
    })),
    beaten: meanOf(runs.map(({ beaten }) => beaten)),
    pairs: meanOf(runs.map(({ pairs }) => pairs)),
    runs,
    absences,
  };
}

function byFigure<T>(value: (name: PickFigureName) => T): Readonly<Record<PickFigureName, T>> {
  return Object.fromEntries(pickFigureNames.map((name) => [name, value(name)])) as Record<PickFigureName, T>;
}

/** Null where one is. */
export function meanOf(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) sum += value ?? Number.NaN;
  return Number.isNaN(sum) || values.length === 0 ? null : sum / values.length;
}
