/** @file The page that lies in a run's folder and says how it was made. It holds no times: two runs of one seed have the same. */

import {
  commandOf,
  type Settings,
  scoreText,
  stageColumns,
  stageRows,
  taskInWords,
  titleOfRun,
} from "@esnas/core/internal";
import { costsInWords, type Summary } from "./summary.js";

export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

export function runReadme(settings: Settings, summary: Summary): string {
  const scores = Object.entries(summary.scores).map(([metric, score]) => `${metric} ${scoreText(score)}`);
  return `# ${titleOfRun(settings)}, found without training

${costsInWords(summary)}; ${scores.join("; ")}.

For ${taskInWords(summary.task)}.

Made by

    ${commandOf(settings)}

from ${Object.entries(summary.evaluations)
    .map(([phase, n]) => `${n.toLocaleString("en-US")} ${phase}`)
    .join(" and ")} evaluations in ${summary.cycles} cycles. No candidate was trained.

${markdownTable(stageColumns, stageRows(summary.stages))}

| file | what it is |
|---|---|
| \`architecture.json\` | the genotype; \`esnas score\`, \`describe\` and \`export\` read it |
| \`model.onnx\` | the network at opset 17 with random weights of seed ${settings.seed}, dynamic batch |
| \`figure.svg\` | a drawing of it |
| \`summary.json\` | what was found, in numbers |
| \`study.sqlite\` | every candidate in order, with its scores: table \`candidates\` |
`;
}
