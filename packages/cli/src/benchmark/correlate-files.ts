/** @file The folder of a result of `esnas bench correlate`: scores, statistics, charts. */

import { statisticNames, type TableRow } from "@esnas/core/internal";
import { checkFolder, writeFolder } from "../files/result-folder.js";
import { csv } from "../report/csv.js";
import { budgetSvg } from "./budget-chart.js";
import { scatterSvg } from "./correlate-chart.js";
import { correlateHtml } from "./correlate-html.js";
import type { Prediction, Run } from "./correlate-statistics.js";
import { CORRELATE, type CorrelateSummary, optimumOf } from "./correlate-summary.js";

const SCORES = "scores.csv";
const STATISTICS = "statistics.csv";
const REPORT = "report.html";

/**
 * Checks before long work that a folder is free, or of an earlier result.
 * @throws {InputError} where it is neither.
 */
export function checkCorrelateFolder(folder: string): void {
  checkFolder(folder, CORRELATE, [SCORES, STATISTICS, REPORT]);
}

/** Writes all files of a result and gives their names; the summary comes last. */
export async function writeResult(
  folder: string,
  rows: readonly TableRow[],
  predictions: readonly Prediction[],
  summary: CorrelateSummary,
): Promise<readonly string[]> {
  const charts = await chartsOf(rows, predictions, summary.dataset);
  const budget = await budgetSvg(summary.objectives);
  const names = fileNames(["budget", ...charts.keys()]).slice(1);
  const files = [
    { name: SCORES, content: scoresCsv(rows, predictions) },
    { name: STATISTICS, content: statisticsCsv(summary) },
    { name: REPORT, content: correlateHtml(summary, charts, budget) },
    ...(budget === undefined ? [] : [{ name: "budget.svg", content: budget }]),
    ...[...charts.values()].map((svg, i) => ({ name: `${names[i]}.svg`, content: svg })),
  ];
  return writeFolder(folder, files, summary);
}

/** SVG by the id of the objective, of the first seed; none where no network has a score. */
async function chartsOf(
  rows: readonly TableRow[],
  predictions: readonly Prediction[],
  dataset: string,
): Promise<Map<string, string>> {
  const charts = new Map<string, string>();
  const optimum = optimumOf(rows);
  for (const { objective, isSeeded, runs } of predictions) {
    const [run] = runs;
    if (run?.pick === undefined) continue;
    const label = isSeeded && runs.length > 1 ? `${objective.id}, seed ${run.seed}` : objective.id;
    const { merits, pick } = run;
    charts.set(objective.id, await scatterSvg({ label, dataset, rows, merits, optimum, pick }));
  }
  return charts;
}

/** `entropic-score-site-post` for `entropic-score(site=post)`; no name twice. */
function fileNames(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    const plain = id.replaceAll(/[^A-Za-z0-9.]+/g, "-").replaceAll(/^-+|-+$/g, "");
    let name = plain;
    for (let n = 2; taken.has(name); n++) name = `${plain}-${n}`;
    taken.add(name);
    return name;
  });
}

/** A score that is no number is an empty field. With several seeds, their mean, and a column for each. */
function scoresCsv(rows: readonly TableRow[], predictions: readonly Prediction[]): string {
  const columns = predictions.flatMap(({ objective: { id }, runs }) => [
    { name: id, value: (row: number) => meanShown(runs, row) },
    ...(runs.length > 1
      ? runs.map(({ seed, shown }) => ({ name: `${id}@${seed}`, value: (row: number) => shown[row] }))
      : []),
  ]);
  const header = ["index", "architecture", ...columns.map(({ name }) => name)];
  const cells = rows.map(({ index, architecture }, row) => [
    index,
    architecture,
    ...columns.map(({ value }) => value(row) ?? ""),
  ]);
  return csv([header, ...cells]);
}

/** A row a metric; of each statistic its value, the ends of its interval, and its spread between seeds. */
function statisticsCsv({ dataset, sample, seeds, objectives }: CorrelateSummary): string {
  const columns = statisticNames.flatMap((name) => [name, `${name} low`, `${name} high`, `${name} spread`]);
  const cells = objectives.map(({ id, statistics }) => [
    id,
    dataset,
    sample.rows,
    seeds.length,
    ...statisticNames.flatMap((name) => {
      const { value, low, high, spread } = statistics[name];
      return [value, low, high, spread].map((number) => (number === null ? "" : Number(number.toPrecision(6))));
    }),
  ]);
  return csv([["metric", "dataset", "networks", "seeds", ...columns], ...cells]);
}

function meanShown(runs: readonly Run[], row: number): number | undefined {
  let sum = 0;
  for (const { shown } of runs) sum += shown[row] ?? Number.NaN;
  return Number.isNaN(sum) ? undefined : sum / runs.length;
}
