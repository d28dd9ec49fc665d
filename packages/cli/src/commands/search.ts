/** @file `esnas search`: from a budget to a model, in a folder of its own. */

import { setImmediate } from "node:timers/promises";
import {
  type AlgorithmName,
  aggregationSummary,
  algorithms,
  architectureCosts,
  type BoundsByCost,
  boundedCosts,
  checkConstraints,
  checksumOf,
  DEFAULT_EVALUATIONS,
  DEFAULT_SPACE,
  defaultAlgorithmOptions,
  drive,
  duration,
  type Evaluation,
  type Genotype,
  InputError,
  localEvaluator,
  metricNames,
  metricsOfAll,
  type Outcome,
  type PresetName,
  Scorer,
  type Search,
  SearchProgress,
  type Settings,
  sampleWithin,
  searchObjectiveOf,
  searchOf,
  seededRandom,
  spaceNames,
  stageColumns,
  stageRows,
  type TopologyBudgetName,
  toJson,
  topologyBudgets,
  violation,
} from "@esnas/core";
import { Command, Option } from "commander";
import { defaultProfile, readProfileFile } from "../latency/profile-file.js";
import { nodeRuntime } from "../node-runtime.js";
import { boundsOf, oneOf, pathOf, seedOption, whole, withConstraints } from "../options.js";
import { progressOn } from "../report/progress.js";
import { progressLines } from "../report/search-view.js";
import { shellWord } from "../report/shell-word.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import { showScore } from "../run/readme.js";
import { createRun, freeFolder, openRun, writeResult } from "../run/run-folder.js";
import { costsInWords, type Summary, summaryOf } from "../run/summary.js";
import type { Study } from "../study/study.js";
import { EXIT, version } from "../version.js";

/** What a search is asked for. */
export interface SearchSettingsFlags {
  readonly preset?: PresetName;
  readonly space: string;
  readonly algorithm: AlgorithmName;
  readonly topologyMetric: string;
  readonly sizeMetric: string;
  readonly topologyBudget: TopologyBudgetName;
  readonly cycles: number;
  readonly maxEvaluations: number;
  readonly seed: number;
  readonly resolution?: number;
  readonly classes?: number;
  readonly profile?: string;
}

interface SearchFlags extends SearchSettingsFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

/** The options that settings of a search come from. */
export function withSearchSettings(command: Command): Command {
  withConstraints(command, `default: s0 in the space "${DEFAULT_SPACE}", unless bounds are given`);
  const budgets = Object.entries(topologyBudgets).map(([name, { summary }]) => `${name}: ${summary}`);
  return command
    .addOption(
      new Option("--space <name>", `search space: ${spaceNames.join(", ")}`)
        .argParser(oneOf("space", spaceNames))
        .default(DEFAULT_SPACE),
    )
    .option("--resolution <n>", "height and width of the images (256)", whole("--resolution", 32, 4096))
    .option("--classes <n>", "classes of the head (1000)", whole("--classes", 1, 1_000_000))
    .addOption(
      new Option("--algorithm <name>", `${Object.keys(algorithms).join(", ")}`)
        .argParser(oneOf("algorithm", Object.keys(algorithms) as AlgorithmName[]))
        .default("cyclic" as const),
    )
    .option(
      "--topology-metric <metric>",
      `scores topologies; one of ${metricNames.join(", ")}, with options in parentheses, or several as one: ${aggregationSummary}`,
      "entropic-score",
    )
    .option("--size-metric <metric>", "scores sizes", "logsynflow")
    .addOption(
      new Option("--topology-budget <way>", `what topology phases do about the budget; ${budgets.join("; ")}`)
        .argParser(oneOf("way", Object.keys(topologyBudgets) as TopologyBudgetName[]))
        .default(defaultAlgorithmOptions.topologyBudget),
    )
    .addOption(
      new Option("--cycles <n>", "cycles that the evaluations are divided among")
        .argParser(whole("--cycles", 1, 1000))
        .default(defaultAlgorithmOptions.cycles),
    )
    .addOption(
      new Option("--max-evaluations <n>", "candidates in all")
        .argParser(whole("--max-evaluations", 1, 1e9))
        .default(DEFAULT_EVALUATIONS),
    )
    .addOption(seedOption());
}

export function searchCommand(): Command {
  return withSearchSettings(new Command("search"))
    .option("--out <folder>", "folder of the run (runs/<preset>-seed<n>)", pathOf("--out"))
    .option(
      "--resume <folder>",
      "go on with a run that was stopped or killed; takes no other search option",
      pathOf("--resume"),
    )
    .option("--json", "print the summary as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas search                                              ESFormer-S0, into runs/s0-seed0
  $ esnas search --preset s1 --seed 3 --out my-s1
  $ esnas search --max-params 800k --max-macs 150M --classes 10 --resolution 128
  $ esnas search --max-latency 8ms --max-params 2M            after esnas latency --calibrate
  $ esnas search --topology-metric naswot --size-metric 'logsynflow(normalisation=divide)'
  $ esnas search --topology-metric 'rank(entropic-score,naswot)'
  $ esnas search --resume runs/s0-seed0                       after Ctrl-C, or a crash`,
    )
    .action(runSearch);
}

async function runSearch(flags: SearchFlags, command: Command): Promise<void> {
  const { folder, study, search } = flags.resume === undefined ? begin(flags) : goOn(flags.resume, command);
  try {
    const scorer = new Scorer(await nodeRuntime(), { seed: search.settings.seed });
    try {
      const outcome = await pursue(search, study, scorer, folder);
      if (outcome === undefined) {
        process.exitCode = EXIT.stopped;
        return;
      }
      const summary = await finish(search, study, scorer, outcome, folder);
      process.stdout.write(flags.json ? `${JSON.stringify(summary, undefined, 2)}\n` : `${report(summary, folder)}\n`);
    } finally {
      await scorer.release();
    }
  } finally {
    study.close();
  }
}

interface Run {
  readonly folder: string;
  readonly study: Study;
  readonly search: Search;
}

/** A new run: everything about it is checked before its folder appears. */
function begin(flags: SearchFlags): Run {
  const settings = settingsOf(flags);
  const search = searchOf(settings);
  const { space, problem } = search;
  checkConstraints(space, problem.constraints);
  sampleWithin(space, problem.constraints, seededRandom(settings.seed));
  const folder = flags.out ?? freeFolder(settings);
  return { folder, study: createRun(folder, settings, version), search };
}

export function settingsOf(flags: SearchSettingsFlags): Settings {
  const { preset, space, algorithm, topologyBudget, cycles, maxEvaluations, seed, resolution, classes } = flags;
  const hasBounds = Object.keys(boundsOf({ ...flags }, undefined)).length > 0;
  const chosen = preset ?? (hasBounds || space !== DEFAULT_SPACE ? undefined : "s0");
  const constraints = boundsOf({ ...flags }, chosen);
  const latencyProfile = latencyProfileOf(constraints, flags.profile);
  return {
    space,
    spaceOptions: {
      ...(resolution !== undefined && { input: [3, resolution, resolution] }),
      ...(classes !== undefined && { classes }),
    },
    preset: chosen ?? null,
    constraints,
    algorithm,
    topologyMetric: searchObjectiveOf(flags.topologyMetric).id,
    sizeMetric: searchObjectiveOf(flags.sizeMetric).id,
    topologyBudget,
    cycles,
    maxEvaluations,
    seed,
    ...(latencyProfile && { latencyProfile }),
  };
}

/** The profile that a bound on latency needs; this machine's, unless another one is named. */
function latencyProfileOf({ latency }: BoundsByCost, given: string | undefined): Settings["latencyProfile"] {
  if (latency === undefined) {
    if (given !== undefined) throw new InputError("--profile says how latency is predicted: give --max-latency too");
    return undefined;
  }
  const path = given ?? defaultProfile();
  const profile = readProfileFile(path);
  return { path, checksum: checksumOf(profile), profile };
}

function goOn(folder: string, command: Command): Run {
  const others = command.options
    .filter((option) => !["resume", "json"].includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  if (others.length > 0) {
    throw new InputError(
      `--resume goes on with what the run was begun with and takes no ${others.map(({ long }) => long).join(", ")}`,
    );
  }
  const study = openRun(folder, version);
  try {
    return { folder, study, search: searchOf(study.settings) };
  } catch (error) {
    study.close();
    throw error;
  }
}

/** Drives the search to its end, or to where the user stops it; every evaluation goes into the study. */
async function pursue(search: Search, study: Study, scorer: Scorer, folder: string): Promise<Outcome | undefined> {
  const { space } = search;
  const progress = await progressOn(process.stderr);
  const told = new SearchProgress(search.settings);
  const recorded = study.recorded();
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(EXIT.stopped);
    stopping = true;
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);

  let last = performance.now();
  let breath = last;
  const onEvaluation = (evaluation: Evaluation, order: number) => {
    const now = performance.now();
    const milliseconds = recorded[order]?.milliseconds ?? now - last;
    last = now;
    const costs = architectureCosts(space.build(evaluation.candidate.genotype));
    if (order >= recorded.length) {
      const genotype = JSON.stringify(toJson(space, evaluation.candidate.genotype));
      study.append(order, { evaluation, genotype, milliseconds, ...costs });
    }
    told.note(evaluation, costs, milliseconds);
    progress.show(() => progressLines(search.settings, told.report()));
    if (now - breath < 50) return undefined;
    breath = now;
    return setImmediate();
  };
  try {
    const evaluator = localEvaluator(space, scorer);
    const outcome = await drive(search.start(), {
      space,
      evaluator,
      recorded,
      onEvaluation,
      shouldStop: () => stopping,
    });
    progress.end(outcome === undefined ? "stopped; nothing is lost" : `search ended: ${endings[outcome.reason]}`);
    if (outcome === undefined) process.stderr.write(`go on with: esnas search --resume ${shellWord(folder)}\n`);
    return outcome;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    study.commit();
  }
}

const endings: Readonly<Record<Outcome["reason"], string>> = {
  evaluations: "all evaluations are made",
  converged: "a whole cycle changed nothing",
  exhausted: "nothing new was left to try",
};

async function finish(
  search: Search,
  study: Study,
  scorer: Scorer,
  outcome: Outcome,
  folder: string,
): Promise<Summary> {
  const { space, problem, settings } = search;
  const { best } = outcome;
  const architecture = space.build(best);
  assertWithin(search, best);
  const metrics = metricsOfAll([problem.topologyObjective, problem.sizeObjective]);
  const scores = await scorer.scores(architecture, metrics);
  const summary = summaryOf({
    settings,
    architecture,
    outcome,
    scores,
    milliseconds: study.milliseconds(),
    latency: boundedCosts(architecture, problem.constraints).latency,
  });
  writeResult(folder, { search, best, architecture, summary });
  return summary;
}

/** The result always satisfies the constraints; one that does not is a defect, never a model. */
function assertWithin({ space, problem, settings }: Search, best: Genotype): void {
  const costs = boundedCosts(space.build(best), problem.constraints);
  if (violation(costs, problem.constraints) > 0) {
    throw new Error(
      `the search ended outside of its constraints: ${JSON.stringify({ costs, constraints: settings.constraints })}`,
    );
  }
}

function report(summary: Summary, folder: string): string {
  const { scores, evaluations, seconds } = summary;
  const made = Object.entries(evaluations).filter(([, n]) => n > 0);
  return [
    textTable(stageColumns, stageRows(summary.stages)),
    "",
    wrap(
      `${costsInWords(summary)}, ${Object.entries(scores)
        .map(([metric, score]) => `${metric} ${showScore(score)}`)
        .join(", ")}`,
    ),
    wrap(
      `${made.map(([phase, n]) => `${n} ${phase}`).join(" and ")} evaluations in ${duration(seconds.total ?? 0)}, without training`,
    ),
    wrap(`${folder}: model.onnx, architecture.json, figure.svg, summary.json, study.sqlite, README.md`),
  ].join("\n");
}
