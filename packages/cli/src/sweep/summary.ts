/** @file What a sweep has found, as JSON: each search, and over the searches of a group means with intervals. */

import {
  INTERVAL_LEVEL,
  isValue,
  meanWithInterval,
  type Score,
  type Scores,
  type Settings,
  type Verdict,
} from "@esnas/core/internal";
import { version } from "../version.js";
import type { EndedSearch, StoredGroup, SweptSearch } from "./database.js";

/** Marks the file as ours. */
export const SWEEP = "esnas sweep";

/** Of the bootstrap behind the intervals. */
const BOOTSTRAP = { resamples: 1000, seed: 0 } as const;

export interface SweepSummary {
  readonly kind: typeof SWEEP;
  readonly version: string;
  /** Ids of the metrics that searches were made by. */
  readonly metrics: readonly string[];
  readonly bootstrap: { readonly resamples: number; readonly level: number; readonly seed: number };
  readonly groups: readonly GroupSummary[];
  readonly searches: readonly SearchSummary[];
}

/** Searches that differ in their seeds alone. */
export interface GroupSummary {
  readonly name: string;
  /** The settings in which it differs from other groups, by the names of their flags. */
  readonly varied: Readonly<Record<string, string>>;
  /** But for the seed. */
  readonly settings: Omit<Settings, "seed">;
  readonly seeds: readonly number[];
  /** By the name of the metric. */
  readonly scores: Readonly<Record<string, Estimate>>;
  readonly costs: Readonly<Record<CostName, Estimate>>;
  /** What `esnas analyze` finds; null where it looked at nothing. */
  readonly analysis: GroupAnalysis | null;
}

export interface GroupAnalysis {
  /** Of its files, within that of the sweep. */
  readonly folder: string;
  readonly patterns: readonly { readonly name: string; readonly verdict: Verdict }[];
}

/** Over the searches of a group. */
export interface Estimate {
  /** Searches that have such a number. */
  readonly searches: number;
  /** Null where none has. */
  readonly mean: number | null;
  /** Ends of the interval; null of fewer than two. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface SearchSummary {
  readonly group: string;
  readonly seed: number;
  /** Of its run, within that of the sweep. */
  readonly folder: string;
  readonly scores: Scores;
  readonly costs: Readonly<Record<CostName, number>>;
  readonly reason: string;
}

/** What searches and their models cost; seconds as they passed while other searches ran beside. */
export const costNames = ["parameters", "macs", "evaluations", "seconds"] as const;
export type CostName = (typeof costNames)[number];

function costsOf({ parameters, macs, evaluations, seconds }: EndedSearch): Record<CostName, number> {
  const made = Object.values(evaluations).reduce((sum, n) => sum + n, 0);
  return { parameters, macs, evaluations: made, seconds: seconds.total };
}

/**
 * The summary of searches that have all ended.
 * @param analyses By the names of groups.
 */
export function summaryOf(
  searches: readonly SweptSearch[],
  analyses: ReadonlyMap<string, GroupAnalysis> = new Map(),
): SweepSummary {
  const summaries = searches.map(({ group, settings, folder, summary }): SearchSummary => {
    if (summary === undefined) throw new Error(`the search in ${folder} has not ended`);
    const { scores, reason } = summary;
    return { group: group.name, seed: settings.seed, folder, scores, costs: costsOf(summary), reason };
  });
  const groups = new Map(searches.map(({ group }) => [group.name, group]));
  return {
    kind: SWEEP,
    version,
    metrics: [...new Set(summaries.flatMap(({ scores }) => Object.keys(scores)))],
    bootstrap: { ...BOOTSTRAP, level: INTERVAL_LEVEL },
    groups: [...groups.values()].map((group) =>
      groupSummary(
        group,
        summaries.filter((search) => search.group === group.name),
        analyses.get(group.name),
      ),
    ),
    searches: summaries,
  };
}

function groupSummary(
  { name, varied, settings: { seed: _, ...settings } }: StoredGroup,
  searches: readonly SearchSummary[],
  analysis: GroupAnalysis | undefined,
): GroupSummary {
  const metrics = [...new Set(searches.flatMap(({ scores }) => Object.keys(scores)))];
  const costs = costNames.map((cost) => [cost, estimateOf(searches.map((search) => search.costs[cost]))] as const);
  return {
    name,
    varied,
    settings,
    seeds: searches.map(({ seed }) => seed),
    scores: Object.fromEntries(
      metrics.map((metric) => [metric, estimateOf(searches.flatMap(({ scores }) => numbersOf(scores[metric])))]),
    ),
    costs: Object.fromEntries(costs) as Record<CostName, Estimate>,
    analysis: analysis ?? null,
  };
}

function numbersOf(score: Score | undefined): number[] {
  return score !== undefined && isValue(score) ? [score] : [];
}

function estimateOf(values: readonly number[]): Estimate {
  const { mean = null, interval } = meanWithInterval(values, BOOTSTRAP) ?? {};
  return { searches: values.length, mean, low: interval?.low ?? null, high: interval?.high ?? null };
}
