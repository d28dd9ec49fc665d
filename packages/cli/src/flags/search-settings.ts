/** @file From the flags of a search to its settings. */

import {
  type AlgorithmName,
  aggregationSummary,
  algorithms,
  type BoundsByCost,
  checksumOf,
  DEFAULT_EVALUATIONS,
  DEFAULT_RECIPE,
  DEFAULT_SPACE,
  DEFAULT_TRAINING,
  defaultAlgorithmOptions,
  directionSummary,
  FINALISTS,
  type FrontCost,
  frontCosts,
  InputError,
  isForward,
  largest,
  metricNames,
  metricOf,
  metricsOfAll,
  metricsOfRecipe,
  type Objective,
  objectiveOf,
  type PresetName,
  type RecipeName,
  recipeNames,
  recipes,
  type Settings,
  type TopologyBudgetName,
  type TrainingName,
  topologyBudgets,
  trainingNames,
  trainings,
  withFront,
} from "@esnas/core/internal";
import { type Command, Option } from "commander";
import { defaultProfile, readProfileFile } from "../files/latency-profile-file.js";
import { pluginSettings } from "../plugins/plugins.js";
import { boundsOf, oneOf, seedOption, whole, withConstraints } from "./options.js";
import { givenSpace, spaceOption } from "./space.js";
import { spaceOptionsOf, type TaskFlags, withTaskOptions } from "./task.js";

/** What a search is asked for. */
export interface SearchSettingsFlags extends TaskFlags {
  readonly preset?: PresetName;
  readonly space: string;
  readonly algorithm: AlgorithmName;
  readonly recipe?: RecipeName;
  readonly training?: TrainingName;
  readonly topologyMetric?: string;
  readonly sizeMetric?: string;
  readonly topologyBudget: TopologyBudgetName;
  readonly cycles: number;
  readonly maxEvaluations: number;
  readonly seed: number;
  readonly repeats: number;
  readonly rescore?: number;
  readonly profile?: string;
}

export interface FrontSettingsFlags extends SearchSettingsFlags {
  readonly front?: FrontCost;
  readonly points?: number;
}

/** What the option `repeats` of a metric takes. */
export const MOST_REPEATS = 1000;
/** Where candidates are scored with several random weights, the best of a phase are with so many times as many. */
const RESCORE_TIMES = 8;

/** The options that settings of a search come from. */
export function withSearchSettings(command: Command): Command {
  withConstraints(command, `default: s0 in the space "${DEFAULT_SPACE}", unless bounds are given`);
  const budgets = Object.entries(topologyBudgets).map(([name, { summary }]) => `${name}: ${summary}`);
  command.addOption(spaceOption("search space").default(DEFAULT_SPACE));
  return withTaskOptions(command)
    .addOption(
      new Option("--algorithm <name>", `${Object.keys(algorithms).join(", ")}`)
        .argParser(oneOf("algorithm", Object.keys(algorithms) as AlgorithmName[]))
        .default("cyclic" as const),
    )
    .addOption(
      new Option(
        "--recipe <name>",
        `metrics of the search; ${recipeNames.map((name) => `${name}: ${recipes[name].summary}`).join("; ")} (default: ${DEFAULT_RECIPE})`,
      ).argParser(oneOf("recipe", recipeNames)),
    )
    .addOption(
      new Option(
        "--training <length>",
        `how long the network will be trained; ${trainingNames.map((name) => `${name}: ${trainings[name]}`).join("; ")} (default: ${DEFAULT_TRAINING}; docs/which-metric.md)`,
      ).argParser(oneOf("training", trainingNames)),
    )
    .option(
      "--topology-metric <metric>",
      `scores topologies; one of ${metricNames.join(", ")}, with options in parentheses, or several as one: ${aggregationSummary}; ${directionSummary} (default: that of the recipe)`,
    )
    .option("--size-metric <metric>", "scores sizes; as --topology-metric (default: that of the recipe)")
    .addOption(
      new Option("--repeats <n>", "random weights that each candidate is scored with; their mean counts")
        .argParser(whole("--repeats", 1, MOST_REPEATS))
        .default(1),
    )
    .option(
      "--rescore <n>",
      `random weights that the ${FINALISTS} best of a phase are scored with again, of which the best wins; 0: none (${RESCORE_TIMES} times --repeats, or none)`,
      whole("--rescore", 0, MOST_REPEATS),
    )
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
      new Option("--max-evaluations <n>", "candidates in all, or of each point of a front")
        .argParser(whole("--max-evaluations", 1, 1e9))
        .default(DEFAULT_EVALUATIONS),
    )
    .addOption(seedOption());
}

/** Points of a front. */
const POINTS = 8;
const MOST_POINTS = 100;

/** The options that make a front of a search. */
export function withFrontOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--front <cost>",
        `a model for each of several budgets of ${frontCosts.join(", ")}, up to the --max of that cost (S2's) from its --min (a sixteenth)`,
      ).argParser(oneOf("cost", frontCosts)),
    )
    .option("--points <n>", `budgets of the front (${POINTS})`, whole("--points", 2, MOST_POINTS));
}

/** The settings of a search, or of a front. */
export function frontSettingsOf(flags: FrontSettingsFlags): Settings {
  const { front, points } = flags;
  if (front === undefined) {
    if (points !== undefined) throw new InputError("--points says how many budgets a front has: give --front too");
    return settingsOf(flags);
  }
  return withFront(settingsOf(flags, undefined), front, points ?? POINTS);
}

export function settingsOf(flags: SearchSettingsFlags, defaultPreset: PresetName | undefined = "s0"): Settings {
  const { preset, algorithm, topologyBudget, cycles, maxEvaluations, seed } = flags;
  const { name: space, options, file } = givenSpace(flags.space);
  const objectives = objectivesOf(flags);
  const rescore = rescoreOf(flags, objectives);
  const hasBounds = Object.keys(boundsOf({ ...flags }, undefined)).length > 0;
  const chosen = preset ?? (hasBounds || flags.space !== DEFAULT_SPACE ? undefined : defaultPreset);
  const constraints = boundsOf({ ...flags }, chosen);
  const latencyProfile = latencyProfileOf(constraints, flags.profile);
  return {
    space,
    spaceOptions: spaceOptionsOf(space, { ...flags, ...(chosen && { preset: chosen }) }, options),
    ...(file !== undefined && { spaceFile: file }),
    preset: chosen ?? null,
    constraints,
    algorithm,
    topologyMetric: objectives.topology.id,
    sizeMetric: objectives.size.id,
    topologyBudget,
    cycles,
    maxEvaluations,
    seed,
    ...(rescore !== undefined && { rescore }),
    ...(latencyProfile && { latencyProfile }),
    ...pluginSettings(),
  };
}

interface Objectives {
  readonly topology: Objective;
  readonly size: Objective;
}

function objectivesOf({ recipe, training, repeats, ...given }: SearchSettingsFlags): Objectives {
  const ofRecipe = metricsOfRecipe(recipe, training);
  if (given.topologyMetric !== undefined && given.sizeMetric !== undefined && (recipe ?? training) !== undefined) {
    throw new InputError(
      `--${recipe === undefined ? "training" : "recipe"} chooses metrics, and both --topology-metric and --size-metric are given: leave it out`,
    );
  }
  const { topologyMetric = ofRecipe.topologyMetric, sizeMetric = ofRecipe.sizeMetric } = given;
  const metric = (term: string) => metricOf(term, repeats === 1 ? {} : { repeats: String(repeats) });
  return { topology: objectiveOf(topologyMetric, metric), size: objectiveOf(sizeMetric, metric) };
}

/** Random weights of a phase's finals, where there are to be any. */
function rescoreOf({ repeats, rescore }: SearchSettingsFlags, { topology, size }: Objectives): number | undefined {
  const most = largest([
    0,
    ...metricsOfAll([topology, size]).map((metric) => (isForward(metric) ? metric.input.repeats : 0)),
  ]);
  if (most === 0 && (repeats > 1 || (rescore ?? 0) > 0)) {
    throw new InputError(
      `neither ${topology.id} nor ${size.id} is scored with random weights: give no --repeats and no --rescore`,
    );
  }
  if (rescore === undefined) return repeats > 1 ? Math.min(RESCORE_TIMES * repeats, MOST_REPEATS) : undefined;
  if (rescore === 0) return undefined;
  if (rescore > most) return rescore;
  throw new InputError(
    `--rescore takes more random weights than the ${most} that candidates are scored with, was given ${rescore}`,
  );
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
