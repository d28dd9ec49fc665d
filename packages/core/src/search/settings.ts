/** @file What a search was asked for: all that its history follows from. Stored with the study, so that a resumed run needs nothing else. */

import { z } from "zod";
import { InputError } from "../base/errors.js";
import type { BoundedCost, Bounds, Constraints } from "../budget/constraints.js";
import { latencyPredictor } from "../latency/predictor.js";
import { type LatencyProfile, latencyProfileSchema } from "../latency/profile.js";
import { metricOf, withRepeats } from "../metrics/registry.js";
import { objectiveOf } from "../objective/objective.js";
import { spaceOf } from "../spaces/registry.js";
import type { Space } from "../spaces/space.js";
import type { SearchAlgorithm, SearchProblem } from "./algorithm.js";
import { type AlgorithmName, algorithms } from "./algorithms/registry.js";
import { topologyBudgets } from "./algorithms/topology-budget.js";
import { frontCosts } from "./front/front.js";

/** Bounds by cost, as settings keep them. */
export type BoundsByCost = Partial<Readonly<Record<BoundedCost, Bounds>>>;

export const DEFAULT_SPACE = "hybrid";

const bounds = z.strictObject({ min: z.number().positive().optional(), max: z.number().positive().optional() });

export const settingsSchema = z.strictObject({
  space: z.string(),
  spaceOptions: z.record(z.string(), z.unknown()),
  /** The file that the options are from, as it was named, for the command line that makes the run again. */
  spaceFile: z.string().optional(),
  preset: z.string().nullable(),
  constraints: z.record(z.string(), bounds),
  algorithm: z.enum(Object.keys(algorithms) as [AlgorithmName, ...AlgorithmName[]]),
  /** An objective, as `objectiveOf` reads it. */
  topologyMetric: z.string(),
  sizeMetric: z.string(),
  topologyBudget: z.enum(Object.keys(topologyBudgets) as [keyof typeof topologyBudgets]),
  cycles: z.number().int().positive(),
  maxEvaluations: z.number().int().positive(),
  seed: z.number().int().nonnegative(),
  /** Random weights that the best of a phase are scored with once more. */
  rescore: z.number().int().positive().optional(),
  /** A search for each of several budgets, from the lower to the upper bound on a cost. */
  front: z.strictObject({ cost: z.enum(frontCosts), points: z.number().int().min(2) }).optional(),
  /** What a bound on latency is predicted from, whole, so that no file and no measurement has a part in the run. */
  latencyProfile: z
    .strictObject({
      /** As it was named, for the command line that makes the run again. */
      path: z.string(),
      checksum: z.string(),
      profile: latencyProfileSchema,
    })
    .optional(),
  /** Files whose metrics, spaces and blocks the search may use: as they were named, and the digests of their contents. */
  plugins: z.array(z.strictObject({ file: z.string(), digest: z.string() })).optional(),
});

export type Settings = z.output<typeof settingsSchema>;

/** A file of metrics, spaces or blocks. */
export type PluginRecord = NonNullable<Settings["plugins"]>[number];

/** The problem and the algorithm, ready to be driven, that settings describe. */
export interface Search {
  readonly settings: Settings;
  readonly space: Space;
  readonly problem: SearchProblem;
  /** A fresh run of the algorithm. */
  start(): SearchAlgorithm;
}

/** Bounds with what they need to be kept: that on latency has its predictor. */
export function withPredictor({ latency, ...others }: BoundsByCost, profile: LatencyProfile | undefined): Constraints {
  if (latency === undefined) return others;
  if (profile === undefined) throw new InputError("a bound on latency needs a latency profile, and none was given");
  return { ...others, latency: { ...latency, predictor: latencyPredictor(profile) } };
}

/** The bounds of settings, with all that they need to be kept. */
export function constraintsIn({ constraints, latencyProfile }: Settings): Constraints {
  return withPredictor(constraints as BoundsByCost, latencyProfile?.profile);
}

function finalObjectives(topologyMetric: string, sizeMetric: string, repeats: number) {
  const again = (text: string) => objectiveOf(text, (term) => withRepeats(metricOf(term), repeats));
  return { topologyObjective: again(topologyMetric), sizeObjective: again(sizeMetric) };
}

/**
 * @param space - That of the settings; another only where settings cannot name it.
 * @throws {@link InputError} where a name in the settings is not known.
 */
export function searchOf(settings: Settings, space = spaceOf(settings.space, settings.spaceOptions)): Search {
  const { topologyMetric, sizeMetric, rescore } = settings;
  const problem: SearchProblem = {
    space,
    constraints: constraintsIn(settings),
    seed: settings.seed,
    topologyObjective: objectiveOf(topologyMetric),
    sizeObjective: objectiveOf(sizeMetric),
    maxEvaluations: settings.maxEvaluations,
    ...(rescore !== undefined && { finals: finalObjectives(topologyMetric, sizeMetric, rescore) }),
  };
  return { settings, space, problem, start: () => algorithms[settings.algorithm](problem, settings) };
}
