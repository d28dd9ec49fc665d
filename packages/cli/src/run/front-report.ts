/** @file A front as people read it: a table for terminals and pages, and as CSV. */

import {
  type BoundedCost,
  costText,
  costWords,
  duration,
  grouped,
  isValue,
  type Score,
  scoreText,
  usageText,
} from "@esnas/core/internal";
import { csv } from "../report/csv.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import type { FrontPointSummary, FrontSummary } from "./front-summary.js";

/** The table of a front: its columns, and a row a point; each bound beside what is used of it. */
export function frontTable(summary: FrontSummary): { readonly columns: readonly string[]; readonly rows: string[][] } {
  const { cost, points } = summary;
  const isTimed = points.some(({ latency }) => latency !== undefined);
  const costs: readonly BoundedCost[] = [
    ...(["parameters", "macs"] as const),
    ...(points[0]?.bounds ?? []).map((usage) => usage.cost).filter((other) => !SHOWN.includes(other)),
    ...(isTimed ? (["latency"] as const) : []),
  ];
  const columns = [
    "point",
    `at most, ${costWords[cost]}`,
    ...costs.map((each) => columnNames[each]),
    ...metricsOf(summary),
    "dominated by",
  ];
  const rows = points.map((point) => [
    String(point.point),
    costText(cost, point.budget),
    ...costs.map((each) => costCell(point, each)),
    ...metricsOf(summary).map((metric) => scoreText(point.scores[metric])),
    point.dominatedBy.join(", "),
  ]);
  return { columns, rows };
}

/** Costs that have a column, bounded or not. */
const SHOWN: readonly BoundedCost[] = ["parameters", "macs", "latency"];

const columnNames: Readonly<Record<BoundedCost, string>> = {
  ...costWords,
  peakMemory: "activations alive at once, float32",
  latency: "ms predicted",
};

/** `1.31 M of 1.33 M (98 %)` of a cost that is bounded. */
function costCell({ parameters, macs, latency, bounds }: FrontPointSummary, cost: BoundedCost): string {
  const usage = bounds.find((other) => other.cost === cost);
  if (usage !== undefined) return usageText(usage);
  const used = { parameters, macs, latency: latency?.milliseconds }[cost as "parameters" | "macs" | "latency"];
  return used === undefined ? "" : costText(cost, used);
}

export function metricsOf({ points: [first] }: FrontSummary): readonly string[] {
  return Object.keys(first?.scores ?? {});
}

export function frontReport(summary: FrontSummary, folder: string): string {
  const { columns, rows } = frontTable(summary);
  return [
    textTable(columns, rows),
    "",
    wrap(
      `${grouped(summary.scored)} candidates scored in ${duration(summary.seconds)}, without training; ${howMany(summary.points)}`,
    ),
    wrap(`${folder}: models/, front.csv, front.svg, summary.json, study.sqlite, README.md`),
  ].join("\n");
}

function howMany(points: readonly FrontPointSummary[]): string {
  const onFront = points.filter(({ dominatedBy }) => dominatedBy.length === 0).length;
  return `${onFront} of ${points.length} models are dominated by no other`;
}

export function frontCsv(summary: FrontSummary): string {
  const value = (score: Score | undefined) => (score !== undefined && isValue(score) ? score : "");
  const rows = summary.points.map((point) => ({
    point: point.point,
    budget: point.budget,
    folder: point.folder,
    parameters: point.parameters,
    macs: point.macs,
    ...(point.latency && { latency: point.latency.milliseconds }),
    ...Object.fromEntries(metricsOf(summary).map((metric) => [metric, value(point.scores[metric])])),
    dominated_by: point.dominatedBy.join(" "),
    cycles: point.cycles,
    reason: point.reason,
  }));
  const header = Object.keys(rows[0] ?? {});
  return csv([header, ...rows.map((row) => Object.values(row))]);
}
