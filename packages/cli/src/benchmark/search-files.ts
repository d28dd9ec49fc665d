/** @file The folder of a result of `esnas bench search`: what each search found, curves, a chart. */

import { checkFolder, writeFolder } from "../files/result-folder.js";
import { csv } from "../report/csv.js";
import { searchChart } from "./search-chart.js";
import { searchHtml } from "./search-html.js";
import { SEARCH, type SearchSummary } from "./search-summary.js";

const SEARCHES = "searches.csv";
const CURVES = "curves.csv";
const CHART = "curves.svg";
const REPORT = "report.html";

/**
 * Checks before long work that a folder is free, or of an earlier result.
 * @throws {InputError} where it is neither.
 */
export function checkSearchFolder(folder: string): void {
  checkFolder(folder, SEARCH, [SEARCHES, CURVES, CHART, REPORT]);
}

/** Writes all files of a result and gives their names; the summary comes last. */
export async function writeSearchResult(folder: string, summary: SearchSummary): Promise<readonly string[]> {
  const chart = await searchChart(summary);
  const files = [
    { name: SEARCHES, content: searchesCsv(summary) },
    { name: CURVES, content: curvesCsv(summary) },
    { name: CHART, content: chart },
    { name: REPORT, content: searchHtml(summary, chart) },
  ];
  return writeFolder(folder, files, summary);
}

/** A row a search. No times: two runs of one command have the same. */
function searchesCsv({ methods }: SearchSummary): string {
  const header = ["search", "objective", "seed", "accuracy", "index", "architecture", "candidates", "end"];
  const rows = methods.flatMap(({ label, objective, searches }) =>
    searches.map(({ seed, accuracy, index, architecture, evaluations, reason }) => {
      return [label, objective, seed, accuracy, index, architecture, evaluations, reason];
    }),
  );
  return csv([header, ...rows]);
}

/** A row a point of a curve. */
function curvesCsv({ methods }: SearchSummary): string {
  const header = ["search", "objective", "candidates", "mean", "lower quartile", "upper quartile"];
  const rows = methods.flatMap(({ label, objective, curve }) =>
    curve.map(({ evaluations, mean, lowerQuartile, upperQuartile }) => {
      return [label, objective, evaluations, mean, lowerQuartile, upperQuartile];
    }),
  );
  return csv([header, ...rows]);
}
