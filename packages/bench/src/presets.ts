/** @file What the default search finds for each preset, over seeds: costs, scores, block kinds by stage. */

import {
  cyclicSearch,
  DEFAULT_EVALUATIONS,
  defaultAlgorithmOptions,
  describeStages,
  isDownsample,
  type PresetName,
  presets,
} from "@esnas/core";
import { printTable, type Row, writeResults } from "./results.js";
import { problemOf, runSearch } from "./search-run.js";

const SEEDS = [0, 1, 2, 3, 4];

export async function presetSeeds(): Promise<void> {
  const rows: Row[] = [];
  for (const preset of Object.keys(presets) as PresetName[]) {
    for (const seed of SEEDS) {
      const problem = problemOf(preset, seed, DEFAULT_EVALUATIONS);
      const run = await runSearch(problem, cyclicSearch(problem, defaultAlgorithmOptions));
      const stages = describeStages(run.architecture).filter(({ name }) => name.startsWith("stages."));
      rows.push({
        preset,
        seed,
        parameters: run.costs.parameters,
        macs: run.costs.macs,
        "entropic-score": run.entropicScore,
        logsynflow: run.logSynflow,
        topology: run.history.filter(({ candidate }) => candidate.phase === "topology").length,
        size: run.history.filter(({ candidate }) => candidate.phase === "size").length,
        cycles: run.outcome.cycles,
        // I: IBN, C: ConvNeXt, Ti and Tc: Transformer with an FFN of either kind.
        ...Object.fromEntries(
          stages.map(({ name, blocks }) => [
            name,
            blocks
              .filter((block) => !isDownsample(block))
              .map(({ kind, ffn }) => (kind[0] ?? "").toUpperCase() + (ffn?.[0] ?? ""))
              .join(" "),
          ]),
        ),
        widths: stages.map(({ width }) => width).join(" "),
        kernels: stages.map(({ kernels }) => kernels.join("/")).join(" "),
        expansions: stages.map(({ expansions }) => expansions.join("/")).join(" "),
        "QKV dimensions": stages.map(({ qkvDims }) => qkvDims.join("/") || "-").join(" "),
      });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
  }
  printTable(rows);
  writeResults("presets", rows);
}
