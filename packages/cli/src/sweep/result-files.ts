/** @file The files of a sweep's result: tables, charts, a page; the summary comes last and says that the others are there. */

import { isValue, scoreText } from "@esnas/core/internal";
import { type ResultFile, writeFolder } from "../files/result-folder.js";
import { csv } from "../report/csv.js";
import { element, htmlTable, link, page } from "../report/html.js";
import { type SweepChart, sweepCharts } from "./charts.js";
import { costNames, type Estimate, type GroupSummary, type SweepSummary } from "./summary.js";
import {
  costTitles,
  groupCells,
  groupColumns,
  showCost,
  sweepNotes,
  variedNames,
  verdictColumns,
  verdictRows,
} from "./table.js";

const GROUPS = "groups.csv";
const SEARCHES = "searches.csv";
const REPORT = "report.html";

/** Writes all files of a result and gives their names. */
export async function writeSweep(folder: string, summary: SweepSummary): Promise<readonly string[]> {
  const charts = await sweepCharts(summary);
  const files: ResultFile[] = [
    { name: GROUPS, content: groupsCsv(summary) },
    { name: SEARCHES, content: searchesCsv(summary) },
    { name: REPORT, content: sweepHtml(summary, charts) },
    ...charts.map(({ name, svg }) => ({ name: `${name}.svg`, content: `${svg}\n` })),
  ];
  return writeFolder(folder, files, summary);
}

/** A row a number of a group. */
function groupsCsv(summary: SweepSummary): string {
  const varied = variedNames(summary);
  const header = ["group", ...varied, "what", "searches", "mean", "low", "high"];
  const rows = summary.groups.flatMap((group) =>
    [...Object.entries(group.scores), ...costNames.map((cost) => [cost, group.costs[cost]] as const)].map(
      ([what, estimate]) => [...cellsOf(group, varied), what, ...numbersOf(estimate)],
    ),
  );
  return csv([header, ...rows]);
}

function cellsOf(group: GroupSummary | undefined, varied: readonly string[]): string[] {
  return [group?.name ?? "", ...varied.map((name) => group?.varied[name] ?? "")];
}

function numbersOf({ searches, mean, low, high }: Estimate): (number | string)[] {
  return [searches, ...[mean, low, high].map((number) => number ?? "")];
}

/** A row a search. */
function searchesCsv(summary: SweepSummary): string {
  const varied = variedNames(summary);
  const groups = new Map(summary.groups.map((group) => [group.name, group]));
  const header = ["group", ...varied, "seed", ...summary.metrics, ...costNames, "end", "folder"];
  const rows = summary.searches.map(({ group, seed, scores, costs, reason, folder }) => [
    ...cellsOf(groups.get(group), varied),
    seed,
    ...summary.metrics.map((metric) => {
      const score = scores[metric];
      return score !== undefined && isValue(score) ? score : "";
    }),
    ...costNames.map((cost) => costs[cost]),
    reason,
    folder,
  ]);
  return csv([header, ...rows]);
}

function sweepHtml(summary: SweepSummary, charts: readonly SweepChart[]): string {
  const verdicts = verdictRows(summary);
  return page(`A sweep of ${summary.searches.length} searches`, [
    sweepNotes(summary).map((note) => element("p", note)),
    element("h2", "Groups"),
    element(
      "div",
      htmlTable(
        groupColumns(summary),
        summary.groups.map((group) =>
          groupCells(summary, group).map((cell) =>
            typeof cell === "string" ? cell : [cell.mean, element("small", cell.interval)],
          ),
        ),
      ),
    ),
    charts.map(({ title, svg }) => [element("h3", title), element("div", { html: svg })]),
    verdicts.length === 0
      ? []
      : [
          element("h2", "What the searches of each group prefer"),
          element("p", "Against random genotypes within the same budget; statements and numbers behind each link."),
          element("div", htmlTable(verdictColumns(summary), linked(summary, verdicts))),
        ],
    element("h2", "Searches"),
    element("div", searchesTable(summary)),
  ]);
}

/** Rows that begin with the names of groups, each with a link to what was found of it. */
function linked({ groups }: SweepSummary, rows: readonly (readonly string[])[]) {
  const folders = new Map(groups.map(({ name, analysis }) => [name, analysis?.folder]));
  return rows.map(([name = "", ...cells]) => [link(`${folders.get(name)}/report.html`, name), ...cells]);
}

function searchesTable({ searches, metrics }: SweepSummary) {
  return htmlTable(
    ["search", ...metrics, ...costNames.map((cost) => costTitles[cost]), "end"],
    searches.map(({ group, seed, folder, scores, costs, reason }) => [
      link(`${folder}/README.md`, `${group} seed ${seed}`),
      ...metrics.map((metric) => {
        const score = scores[metric];
        if (score === undefined) return "";
        return scoreText(score);
      }),
      ...costNames.map((cost) => showCost(cost, costs[cost])),
      reason,
    ]),
  );
}
