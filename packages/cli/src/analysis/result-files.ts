/** @file The folder of a result of `esnas analyze`: the numbers, charts, a page. */

import { presetOf, traitsOf } from "@esnas/core/internal";
import { checkFolder, type ResultFile, writeFolder } from "../files/result-folder.js";
import { csv } from "../report/csv.js";
import { element, htmlTable, page } from "../report/html.js";
import { type Chart, chartsOf } from "./charts.js";
import { ANALYZE, type Analysis, type AnalysisSummary, type ComparisonSummary } from "./summary.js";
import { analysisNotes, comparisonColumns, shownTraits, statementRow, traitRow } from "./table.js";

const NUMBERS = "analysis.csv";
const MODELS = "models.csv";
const REPORT = "report.html";

/**
 * Checks before long work that a folder is free, or of an earlier result.
 * @throws {InputError} where it is neither.
 */
export function checkAnalysisFolder(folder: string): void {
  checkFolder(folder, ANALYZE, [NUMBERS, MODELS, REPORT]);
}

/** Writes all files of a result and gives their names; the summary comes last. */
export async function writeAnalysis(folder: string, analysis: Analysis): Promise<readonly string[]> {
  const { summary } = analysis;
  const charts = await chartsOf(analysis);
  const files: ResultFile[] = [
    { name: NUMBERS, content: analysisCsv(summary) },
    { name: MODELS, content: modelsCsv(analysis) },
    { name: REPORT, content: analysisHtml(summary, charts) },
    ...charts.map(({ name, svg }) => ({ name: `${name}.svg`, content: svg })),
  ];
  return writeFolder(folder, files, summary);
}

/** A row a statement of a pattern, then a row a trait. */
function analysisCsv(summary: AnalysisSummary): string {
  const header = [
    ...[
      "what",
      "name",
      "searches",
      "found",
      "found low",
      "found high",
      "random",
      "effect",
      "effect low",
      "effect high",
    ],
    ...["threshold", "side", "verdict"],
  ];
  const numbers = (comparison: ComparisonSummary) => {
    const { searches, found, low, high, random, effect, effectLow, effectHigh } = comparison;
    const rounded = [found, low, high, random, effect, effectLow, effectHigh].map((number) =>
      number === null ? "" : Number(number.toPrecision(5)),
    );
    return [searches, ...rounded];
  };
  const statements = summary.patterns.flatMap((pattern) =>
    pattern.statements.map((statement) => {
      const { text, threshold, side, verdict } = statement;
      return [`pattern ${pattern.name}`, text, ...numbers(statement), threshold, side, verdict];
    }),
  );
  const traits = shownTraits(summary).map((trait) => ["trait", trait.name, ...numbers(trait), "", "", ""]);
  return csv([header, ...statements, ...traits]);
}

/** A row a search: the traits of the model that it found. */
function modelsCsv({ summary, found }: Analysis): string {
  const traits = traitsOf(found[0]?.[0]?.stages.length ?? 0);
  const rows = found.flatMap(([model], i) =>
    model === undefined
      ? []
      : [[summary.seeds[i], ...traits.map(({ of }) => Number(of(model.stages)?.toPrecision(5) ?? Number.NaN))]],
  );
  const cells = rows.map((row) => row.map((value) => (Number.isNaN(value) ? "" : value)));
  return csv([["seed", ...traits.map(({ name }) => name)], ...cells]);
}

function analysisHtml(summary: AnalysisSummary, charts: readonly Chart[]): string {
  const preset = presetOf(summary.search);
  const budget =
    preset === undefined ? JSON.stringify(summary.search.constraints) : `the budget of ${preset.toUpperCase()}`;
  return page(`What searches find within ${budget}`, [
    element("p", summary.command),
    analysisNotes(summary).map((note) => element("p", note)),
    element("h2", "Patterns"),
    summary.patterns.map(({ name, text, verdict, statements }) => [
      element("h3", `(${name}) ${text}: ${verdict}`),
      element("div", htmlTable(["statement", "verdict", "number", ...comparisonColumns], statements.map(statementRow))),
    ]),
    charts.map(({ title, svg }) => [element("h2", title), element("div", { html: svg })]),
    element("h2", "All traits"),
    element("div", htmlTable(["stage", "what", ...comparisonColumns], shownTraits(summary).map(traitRow))),
  ]);
}
