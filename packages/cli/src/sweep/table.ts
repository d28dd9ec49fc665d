/** @file The result of a sweep as text, and the forms of its numbers that all reports use. */

import { big, duration, grouped, scoreText } from "@esnas/core/internal";
import { textTable } from "../report/table.js";
import { terminalWidth, wrap } from "../report/wrap.js";
import { type CostName, costNames, type Estimate, type GroupSummary, type SweepSummary } from "./summary.js";

/** Columns of the text, terminals that are wider notwithstanding. */
const WIDEST = 160;

export const costTitles: Readonly<Record<CostName, string>> = {
  parameters: "parameters",
  macs: "MACs",
  evaluations: "evaluations",
  seconds: "seconds",
};

export function showCost(cost: CostName, value: number): string {
  if (cost === "evaluations") return grouped(Math.round(value));
  return cost === "seconds" ? value.toFixed(1) : big(value);
}

export interface ShownEstimate {
  readonly mean: string;
  /** Empty where there is none. */
  readonly interval: string;
}

export function shownEstimate({ mean, low, high }: Estimate, show: (value: number) => string): ShownEstimate {
  if (mean === null) return { mean: "none", interval: "" };
  return { mean: show(mean), interval: low === null || high === null ? "" : `${show(low)} to ${show(high)}` };
}

/** The settings in which groups differ. */
export function variedNames({ groups: [first] }: SweepSummary): readonly string[] {
  return Object.keys(first?.varied ?? {});
}

export function groupColumns(summary: SweepSummary): readonly string[] {
  return ["group", ...variedNames(summary), "seeds", ...summary.metrics, ...costNames.map((cost) => costTitles[cost])];
}

/** Of a group in the order of `groupColumns`: texts, and estimates. */
export function groupCells(summary: SweepSummary, group: GroupSummary): readonly (string | ShownEstimate)[] {
  return [
    group.name,
    ...variedNames(summary).map((name) => group.varied[name] ?? ""),
    String(group.seeds.length),
    ...summary.metrics.map((metric) => {
      const estimate = group.scores[metric];
      return estimate === undefined ? "" : shownEstimate(estimate, scoreText);
    }),
    ...costNames.map((cost) => shownEstimate(group.costs[cost], (value) => showCost(cost, value))),
  ];
}

/** What the numbers are, in sentences. */
export function sweepNotes({ searches, groups, bootstrap }: SweepSummary): string[] {
  const seconds = searches.reduce((sum, { costs }) => sum + costs.seconds, 0);
  return [
    `${grouped(searches.length)} searches in ${grouped(groups.length)} groups, each of settings that differ in their seeds alone.`,
    `Means over the searches of a group, with ${100 * bootstrap.level} % intervals over ${grouped(bootstrap.resamples)} resamples of its searches; of the models that the searches ended with, whose networks are not trained.`,
    `Seconds are those of each search while others ran beside it, ${duration(seconds)} of all searches together.`,
  ];
}

export function sweepText(summary: SweepSummary): string {
  const width = Math.min(WIDEST, terminalWidth());
  const verdicts = verdictRows(summary);
  return [
    textTable(
      ["group", "seeds", ...summary.metrics, ...costNames.map((cost) => costTitles[cost])],
      summary.groups.map((group) => textRow(summary, group)),
      width,
    ),
    "",
    ...(verdicts.length === 0 ? [] : [textTable(verdictColumns(summary), verdicts, width), ""]),
    ...sweepNotes(summary).map((note) => wrap(note, width, "")),
  ].join("\n");
}

/** Intervals are of scores alone, so that rows are short. */
function textRow({ metrics }: SweepSummary, { name, seeds, scores, costs }: GroupSummary): string[] {
  const ofScores = metrics.map((metric) => {
    const estimate = scores[metric];
    if (estimate === undefined) return "";
    const { mean, interval } = shownEstimate(estimate, scoreText);
    return interval === "" ? mean : `${mean} (${interval})`;
  });
  return [
    name,
    String(seeds.length),
    ...ofScores,
    ...costNames.map((cost) => shownEstimate(costs[cost], (value) => showCost(cost, value)).mean),
  ];
}

/** The patterns that `esnas analyze` looks for. */
export function verdictColumns({ groups }: SweepSummary): readonly string[] {
  const names = groups.flatMap(({ analysis }) => analysis?.patterns.map(({ name }) => name) ?? []);
  return ["group", ...[...new Set(names)].map((name) => `(${name})`)];
}

/** Of the groups that were analysed. */
export function verdictRows({ groups }: SweepSummary): string[][] {
  return groups.flatMap(({ name, analysis }) =>
    analysis === null ? [] : [[name, ...analysis.patterns.map(({ verdict }) => verdict)]],
  );
}
