/** @file `esnas score`: one genotype, published model or ONNX file, or many random ones of a space, by any metrics. */

import {
  type Architecture,
  checkConstraints,
  distinct,
  grouped,
  InputError,
  imagesScored,
  type Metric,
  metricRegistry,
  metricsOf,
  type PresetName,
  type Score,
  Scorer,
  type Scores,
  type Space,
  sampleWithin,
  seededRandom,
  spaceOf,
  taskInWords,
  taskOfSpace,
  toJson,
} from "@esnas/core/internal";
import { Command } from "commander";
import { checkTarget, writeWhole } from "../files/files.js";
import { isOnnxFile, type OnnxSettings, readOnnxFile } from "../files/onnx-file.js";
import { modelOption, type Network, networkOf } from "../flags/network.js";
import { refuseOnnxFlags, sizeOption, weightsOption } from "../flags/onnx.js";
import { constraintsOf, pathOf, presetHelp, seedOption, whole, withConstraints } from "../flags/options.js";
import { givenSpace, spaceOption } from "../flags/space.js";
import { refuseTask, spaceOptionsOf, type TaskFlags, withAdvice, withTaskOptions } from "../flags/task.js";
import { guarded } from "../process/guard.js";
import { stoppable } from "../process/interruption.js";
import { doing, isGuarded } from "../process/watched.js";
import { csv } from "../report/csv.js";
import { fileSummary } from "../report/layer-table.js";
import { print, printJson } from "../report/print.js";
import { progressOn } from "../report/progress.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import { nodeRuntime } from "../runtime/node-runtime.js";
import { releasing } from "../runtime/releasing.js";

interface ScoreFlags extends OnnxSettings, TaskFlags {
  readonly model?: string;
  readonly metrics: string;
  readonly space?: string;
  readonly random?: number;
  readonly preset?: PresetName;
  readonly csv?: string;
  readonly force?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

export function scoreCommand(): Command {
  const command = new Command("score")
    .argument("[network]", "genotype's JSON file, folder of a run, or ONNX file")
    .addOption(modelOption())
    .option("--metrics <list>", "metrics, separated by commas, with options in parentheses; or all", "all")
    .addOption(spaceOption("space to draw from"))
    .option("--random <n>", "score so many random genotypes of the space", whole("--random", 1, 1e7));
  withTaskOptions(command);
  withConstraints(command, "default: no bounds");
  return command
    .addOption(weightsOption())
    .addOption(sizeOption())
    .option("--csv <file>", "write a row a candidate: index, a column a metric, the genotype", pathOf("--csv"))
    .option("--force", "write over a file that exists")
    .addOption(seedOption())
    .option("--json", "print the scores as JSON")
    .addHelpText(
      "after",
      `
Presets:
${presetHelp()}

Metrics:
${[...metricRegistry.values()].map(({ contract: { name, summary } }) => `  ${name.padEnd(18)} ${summary}`).join("\n")}

Examples:
  $ esnas score runs/s0-seed0
  $ esnas score architecture.json --metrics 'entropic-score(batch=16,resolution=256),logsynflow' --json
  $ esnas score --model edgenext_s
  $ esnas score model.onnx --weights file --metrics entropic-score,macs
  $ esnas score --space hybrid --random 100 --preset s0 --csv scores.csv
  $ esnas score --space hybrid --random 100 --input 1x64x64 --classes 10`,
    )
    .action(runScore);
}

async function runScore(path: string | undefined, flags: ScoreFlags): Promise<void> {
  const metrics = metricsOf(flags.metrics);
  const isOne = path !== undefined || flags.model !== undefined;
  if (isOne && (flags.space !== undefined || flags.random !== undefined)) {
    throw new InputError("give a genotype or a model, or --space with --random, not both");
  }
  if (!isOne && (flags.space === undefined || flags.random === undefined)) {
    throw new InputError(
      "nothing to score: give the folder of a run, a genotype's JSON file, an ONNX file, --model NAME, or --space NAME with --random N",
    );
  }
  if (isOne && Object.keys(constraintsOf({ ...flags }, flags.preset)).length > 0) {
    throw new InputError("bounds are for random genotypes: give them with --space and --random");
  }
  if (isOne) refuseTask(flags, "are for random genotypes: give them with --space and --random");
  if (flags.csv !== undefined) checkTarget(flags.csv, flags.force ?? false);
  if (isOnnxFile(path) && flags.model === undefined) {
    if (isGuarded()) await scoreOnnxFile(path, metrics, flags);
    else await guarded([path]);
    return;
  }
  refuseOnnxFlags(flags);
  const network = isOne ? networkOf(path, flags.model) : undefined;
  const scorer = new Scorer(await nodeRuntime(), { seed: flags.seed });
  await releasing([scorer], async () => {
    if (network !== undefined) await scoreNetwork(network, metrics, scorer, flags);
    else await scoreRandom(randomSpace(flags), metrics, scorer, flags);
  });
}

function randomSpace({ space = "", ...flags }: ScoreFlags): Space {
  const { name, options } = givenSpace(space);
  return spaceOf(name, spaceOptionsOf(name, flags, options));
}

interface Scored {
  /** The genotype with its space, or the name of a model. */
  readonly identity: object;
  readonly scores: Scores;
}

async function scoreNetwork(
  { architecture, identity }: Network,
  metrics: readonly Metric[],
  scorer: Scorer,
  flags: ScoreFlags,
): Promise<void> {
  const scores = await scorer.scores(architecture, metrics);
  if (flags.csv !== undefined) writeWhole([{ path: flags.csv, content: csvOf([{ identity, scores }], metrics) }]);
  if (flags.json) printJson({ scores });
  else print(scoreTable(metrics, scores, architecture));
}

/** With the size of the images that each score is of: a genotype's are small for metrics that run it, a file's are its own. */
function scoreTable(metrics: readonly Metric[], scores: Scores, architecture: Architecture): string {
  return textTable(
    ["metric", "score", "images"],
    metrics.map((metric) => [
      metric.id,
      cell(scores[metric.id]),
      imagesScored(architecture, metric)?.join(" x ") ?? "",
    ]),
  );
}

/** A network that anyone may have built takes its time: metrics are scored one by one, and told of. */
async function scoreOnnxFile(path: string, metrics: readonly Metric[], flags: ScoreFlags): Promise<void> {
  const model = await readOnnxFile(path, flags);
  const scorer = new Scorer(await nodeRuntime(), { seed: flags.seed, sessions: 1 });
  const progress = await progressOn(process.stderr);
  const scores: Record<string, Score> = {};
  await releasing([scorer], async () => {
    for (const [i, metric] of metrics.entries()) {
      doing(`scoring ${metric.id}`);
      progress.show(() => [`${metric.id}, ${i + 1} of ${metrics.length} metrics`]);
      Object.assign(scores, await scorer.scores(model.architecture, [metric]));
    }
  });
  progress.end(`${metrics.length} scored`);
  const identity = { file: path, weights: flags.weights ?? "random", input: model.input };
  if (flags.csv !== undefined) writeWhole([{ path: flags.csv, content: csvOf([{ identity, scores }], metrics) }]);
  const json = { scores, weights: identity.weights, ...fileSummary(model) };
  const notes = model.notes.map((note) => `\n${wrap(`note: ${note}`)}`).join("");
  if (flags.json) printJson(json);
  else print(`${scoreTable(metrics, scores, model.architecture)}${notes}`);
}

async function scoreRandom(space: Space, metrics: readonly Metric[], scorer: Scorer, flags: ScoreFlags): Promise<void> {
  const wanted = flags.random ?? 0;
  const constraints = constraintsOf({ ...flags }, flags.preset);
  withAdvice(space, () => checkConstraints(space, constraints));
  const random = seededRandom(flags.seed);
  const progress = await progressOn(process.stderr);
  const isNew = distinct(space);
  const scored: Scored[] = [];
  await stoppable(async (interruption) => {
    for (let tries = 0; scored.length < wanted && tries < 100 * wanted && !interruption.isAsked; tries++) {
      const genotype = sampleWithin(space, constraints, random);
      if (!isNew(genotype)) continue;
      scored.push({ identity: toJson(space, genotype), scores: await scorer.scores(space.build(genotype), metrics) });
      progress.show(() => [`${grouped(scored.length)} of ${grouped(wanted)} scored`]);
    }
    progress.end(`${grouped(scored.length)}${interruption.isAsked ? ` of ${grouped(wanted)}` : ""} scored`);
  });
  if (flags.csv !== undefined) writeWhole([{ path: flags.csv, content: csvOf(scored, metrics) }]);
  if (flags.json) printJson(jsonOf(scored));
  else print(`${tableOf(scored, metrics)}\n${wrap(taskInWords(taskOfSpace(space)))}`);
}

function cell(score: Score | undefined): string {
  if (typeof score === "number") return Number.isInteger(score) ? grouped(score) : String(score);
  return `none: ${score?.reason ?? "not scored"}`;
}

function tableOf(scored: readonly Scored[], metrics: readonly Metric[]): string {
  const rows = scored.map(({ scores }, i) => [String(i), ...metrics.map(({ id }) => cell(scores[id]))]);
  return textTable(["index", ...metrics.map(({ id }) => id)], rows);
}

function jsonOf(scored: readonly Scored[]): object {
  return { candidates: scored.map(({ identity, scores }) => ({ scores, genotype: identity })) };
}

/** A score that is no number is an empty field. */
function csvOf(scored: readonly Scored[], metrics: readonly Metric[]): string {
  const header = ["index", ...metrics.map(({ id }) => id), "genotype"];
  const rows = scored.map(({ identity, scores }, i) => [
    i,
    ...metrics.map(({ id }) => (typeof scores[id] === "number" ? scores[id] : "")),
    JSON.stringify(identity),
  ]);
  return csv([header, ...rows]);
}
