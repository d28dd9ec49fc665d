/** @file `esnas bench correlate`: how well metrics predict the accuracies of networks that others trained. */

import { join } from "node:path";
import { count, grouped, objectivesOf } from "@esnas/core/internal";
import type { Command } from "commander";
import { checkCorrelateFolder, writeResult } from "../benchmark/correlate-files.js";
import { predict } from "../benchmark/correlate-statistics.js";
import { CORRELATE, summaryOf } from "../benchmark/correlate-summary.js";
import { correlateText } from "../benchmark/correlate-table.js";
import { commandText, type TableFlags, tableCommand, tableSettings, withScores } from "../benchmark/scored-table.js";
import { print, printJson } from "../report/print.js";
import { wrap } from "../report/wrap.js";

export function benchCorrelateCommand(): Command {
  return tableCommand("correlate", {
    metrics: "entropic-score,logsynflow,naswot,parameters",
    out: "bench/<space>-<dataset>",
  })
    .description("how well metrics predict the accuracies of a table of trained networks")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas bench correlate --space nats-topology --dataset c10 --metrics logsynflow,parameters
  $ esnas bench correlate --space nats-topology --dataset c100 --sample 1000 --seeds 3
  $ esnas bench correlate --space nasbench101 --dataset c10 --sample 10000 --metrics 'rank(entropic-score,naswot)'
  $ esnas bench correlate --space hybrid --dataset fashion --table tables/hybrid-fashion.csv`,
    )
    .action(runCorrelate);
}

async function runCorrelate(flags: TableFlags): Promise<void> {
  const objectives = objectivesOf(flags.metrics);
  const folder = flags.out ?? join("bench", `${flags.space}-${flags.dataset}`);
  checkCorrelateFolder(folder);
  const asked = tableSettings(flags);
  const settings = { ...asked, command: commandText(CORRELATE, flags, objectives, asked) };
  await withScores(flags, objectives, settings, async (scores, pool, view) => {
    const predictions = await predict({ objectives, ...settings }, scores, pool, view.predicted(objectives.length));
    const summary = summaryOf(settings, predictions);
    const files = await writeResult(folder, settings.rows, predictions, summary);
    view.end(`${grouped(settings.rows.length)} networks, ${count(objectives.length, "metric")}`);
    const text = `${correlateText(summary)}\n${wrap(`${folder}: ${files.join(", ")}`, 120)}`;
    if (flags.json) printJson(summary);
    else print(text);
  });
}
