/** @file The files of a front in the folder of its run; the summary comes last and says that the others are there. */

import { join } from "node:path";
import { commandOf, costWords, roundNumber, type Search } from "@esnas/core/internal";
import { writeWhole } from "../files/files.js";
import { makeFolders } from "../files/folders.js";
import { frontChart } from "./front-chart.js";
import { frontCsv, frontTable } from "./front-report.js";
import type { FoundPoint, FrontSummary } from "./front-summary.js";
import { markdownTable } from "./readme.js";
import { modelFiles, SUMMARY_FILE } from "./run-folder.js";

export async function writeFront(
  folder: string,
  search: Search,
  found: readonly FoundPoint[],
  summary: FrontSummary,
): Promise<void> {
  const chart = await frontChart(summary);
  found.forEach(({ outcome, architecture }, i) => {
    const { folder: within = "", budget = 0 } = summary.points[i] ?? {};
    const place = join(folder, within);
    makeFolders(place);
    const title = `Model of at most ${roundNumber(budget)} ${costWords[summary.cost]}`;
    writeAll(place, modelFiles(search, outcome.best, architecture, title));
  });
  writeAll(folder, {
    "front.csv": frontCsv(summary),
    "front.svg": chart,
    "README.md": readme(search, summary),
    [SUMMARY_FILE]: `${JSON.stringify(summary, undefined, 2)}\n`,
  });
}

function writeAll(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  writeWhole(Object.entries(files).map(([name, content]) => ({ path: join(folder, name), content })));
}

/** It holds no times: two runs of one seed have the same. */
function readme({ settings }: Search, summary: FrontSummary): string {
  const { columns, rows } = frontTable(summary);
  const { cost, points, scored } = summary;
  return `# Models for ${points.length} budgets of ${costWords[cost]}, found without training

Made by

    ${commandOf(settings)}

from ${scored.toLocaleString("en-US")} candidates that were scored, each once for all points. No candidate was trained. Each model was
searched for within its budget and the other bounds; a search begins with the models of the lesser budgets. A model is dominated by
those that cost no more ${costWords[cost]} and score no less by any metric that was searched by. The scores are of networks that are not trained:
the front says how they grow with the budget, and nothing of accuracies.

${markdownTable(columns, rows)}

| file | what it is |
|---|---|
| \`front.csv\` | the table |
| \`front.svg\` | charts of it |
| \`models/\` | a folder a point: \`architecture.json\`, \`model.onnx\` with random weights of seed ${settings.seed}, \`figure.svg\`; \`esnas score\`, \`describe\` and \`export\` take such a folder |
| \`summary.json\` | what was found, in numbers |
| \`study.sqlite\` | every candidate in order, with its scores: table \`candidates\`; its phase names the point |
`;
}
