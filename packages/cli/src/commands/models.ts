/** @file `esnas models`: the published models that stand beside ours, with their costs, accuracies and scores. */

import {
  architectureCosts,
  big,
  furtherModels,
  isValue,
  type Metric,
  type Model,
  metricsOf,
  models,
  type Score,
  Scorer,
  type Scores,
  scoreText,
} from "@esnas/core/internal";
import { Command } from "commander";
import { seedOption } from "../flags/options.js";
import { print, printJson } from "../report/print.js";
import { progressOn } from "../report/progress.js";
import { textTable } from "../report/table.js";
import { nodeRuntime } from "../runtime/node-runtime.js";
import { releasing } from "../runtime/releasing.js";

interface ModelsFlags {
  readonly all?: boolean;
  readonly metrics: string;
  readonly seed: number;
  readonly json?: boolean;
}

interface Listed {
  readonly model: Model;
  readonly parameters: number;
  readonly macs: number;
  readonly scores: Scores;
}

export function modelsCommand(): Command {
  return new Command("models")
    .option("--metrics <list>", "metrics, as of score; or all, or none", "entropic-score,logsynflow,naswot")
    .option("--all", "other sizes of the same families, too")
    .addOption(seedOption())
    .option("--json", "print the models as JSON")
    .addHelpText(
      "after",
      `
Models designed by search are what esnas search finds; nobody has trained them.
Top-1 is what the source of a model gives for its own weights, in % of
ImageNet-1k's validation images: recipes of training differ.

Examples:
  $ esnas models
  $ esnas models --metrics 'parameters,meco,swap-score(resolution=64)' --json
  $ esnas models --all --metrics none`,
    )
    .action(listModels);
}

async function listModels({ metrics: names, all, seed, json }: ModelsFlags): Promise<void> {
  const metrics = names.trim() === "none" ? [] : metricsOf(names);
  const wanted = all ? [...models, ...furtherModels] : models;
  const scorer = new Scorer(await nodeRuntime(), { seed });
  const progress = await progressOn(process.stderr);
  const listed: Listed[] = [];
  await releasing([scorer], async () => {
    for (const model of wanted) {
      const architecture = model.build();
      const { parameters, macs } = architectureCosts(architecture);
      listed.push({ model, parameters, macs, scores: await scorer.scores(architecture, metrics) });
      progress.show(() => [`${listed.length} of ${wanted.length} models scored`]);
    }
  });
  if (metrics.length > 0) progress.end(`${listed.length} models scored`);
  if (json) printJson(jsonOf(listed));
  else print(tableOf(listed, metrics));
}

function jsonOf(listed: readonly Listed[]): object {
  const entries = listed.map(({ model: { name, title, resolution, designedBy, published }, ...numbers }) => ({
    name,
    title,
    resolution,
    designedBy,
    published: published ?? null,
    ...numbers,
  }));
  return { models: entries };
}

function tableOf(listed: readonly Listed[], metrics: readonly Metric[]): string {
  return textTable(
    ["model", "designed", "parameters", "MACs", "input", "top-1", ...metrics.map(({ id }) => id)],
    listed.map(({ model: { name, designedBy, resolution, published }, parameters, macs, scores }) => [
      name,
      `by ${designedBy}`,
      big(parameters),
      big(macs),
      String(resolution),
      published?.top1?.toFixed(1) ?? "",
      ...metrics.map(({ id }) => cell(scores[id])),
    ]),
  );
}

/** A dash for a reason, which JSON tells. */
function cell(score: Score | undefined): string {
  return score === undefined || !isValue(score) ? "-" : scoreText(score);
}
