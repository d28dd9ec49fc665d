/** @file `search`: from a budget to a network, in one call. What the command `esnas search` does, without files. */

import { z } from "zod";
import { type Architecture, architectureCosts } from "../architecture/architecture.js";
import { InputError } from "../base/errors.js";
import { now, type Signal, turn } from "../base/platform.js";
import { type Bounds, type Constraints, checkBudget, costWords } from "../budget/constraints.js";
import type { Costs } from "../graph/cost.js";
import { isForward, isValue, type Scores } from "../metrics/metric.js";
import { metricsOfAll } from "../objective/objective.js";
import type { Runtime } from "../runtime/session.js";
import { Scorer } from "../scoring/scorer.js";
import type { Outcome } from "../search/algorithm.js";
import { type AlgorithmName, algorithms } from "../search/algorithms/registry.js";
import { drive, type Evaluator, scoresOfBest } from "../search/drive.js";
import { familySettings } from "../search/family.js";
import { localEvaluator } from "../search/local-evaluator.js";
import { type PresetName, presetNames, presets, presetTask } from "../search/presets.js";
import { type ProgressReport, SearchProgress } from "../search/progress.js";
import { metricsOfRecipe, type RecipeName, recipeNames, type TrainingName, trainingNames } from "../search/recipes.js";
import { DEFAULT_SPACE, type Search, type Settings, searchOf } from "../search/settings.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { toJson } from "../spaces/json.js";
import type { Space } from "../spaces/space.js";
import { hybridTaskOptions } from "../spaces/task.js";
import { checked, functionSchema, runtimeFor, runtimeSchema, seedSchema, signalSchema } from "./arguments.js";

/** Upper bounds, or both bounds, by cost. */
export type Budget = Partial<Readonly<Record<keyof Costs, number | Bounds>>>;

/** What is searched for, and how. */
export interface SearchOptions {
  /** What the network has to keep: a preset's name, or bounds by cost. */
  readonly budget: PresetName | Budget;
  /** Where networks come from: the hybrid space for the task of the preset, or at 3x256x256 and 1000 classes, where it is absent. */
  readonly space?: Space;
  /** Which metrics networks are compared by, where they are not named: `recommended` where it is absent, or the `paper`'s. */
  readonly recipe?: RecipeName;
  /** How long the network will be trained, which the recommended recipe asks: `long` where it is absent, or `short`. */
  readonly training?: TrainingName;
  /** What topologies are compared by, as on the command line; that of the recipe where it is absent. */
  readonly topologyMetric?: string;
  /** What sizes are compared by; that of the recipe where it is absent. */
  readonly sizeMetric?: string;
  /** How candidates are chosen; `cyclic` where it is absent. */
  readonly algorithm?: AlgorithmName;
  /** Candidates that are scored at most. */
  readonly maxEvaluations?: number;
  /** The same seed gives the same network, on any machine; 0 where it is absent. */
  readonly seed?: number;
  /** Runs candidates, where a metric asks for that. */
  readonly runtime?: Runtime;
  /** Scores candidates in place of the runtime: in workers, or elsewhere. */
  readonly evaluator?: Evaluator;
  /** Ends the search; the promise is rejected with its reason. */
  readonly signal?: Signal;
  /** Told of every candidate in the order in which it was asked for. */
  readonly onEvaluation?: (evaluation: SearchEvaluation) => void;
}

/** A candidate with its scores. */
export interface SearchEvaluation {
  /** From 0. */
  readonly order: number;
  /** What of the search asked for it: `topology`, `size`, `joint`, `random`. */
  readonly phase: string;
  /** Round of the search, from 1. */
  readonly cycle: number;
  /** JSON value of the genotype. */
  readonly genotype: Readonly<Record<string, unknown>>;
  /** By the ids of the metrics. */
  readonly scores: Scores;
}

/** What a search has found. */
export interface SearchResult extends Costs {
  /** JSON value of the genotype, as `describe`, `score` and `exportOnnx` take it. */
  readonly genotype: Readonly<Record<string, unknown>> & { readonly space: string };
  /** The network itself. */
  readonly architecture: Architecture;
  /** By the ids of the metrics. */
  readonly scores: Scores;
  /** Candidates that were scored. */
  readonly evaluations: number;
  /** Why the search ended: `evaluations`, `converged` or `exhausted`. */
  readonly reason: Outcome["reason"];
}

/** A search under way: a promise of what it finds, and its progress for `for await`. */
export type SearchUnderWay = Promise<SearchResult> & AsyncIterable<ProgressReport>;

const bound = z.union([
  z.number().positive(),
  z.strictObject({ min: z.number().positive().optional(), max: z.number().positive().optional() }),
]);
const { latency: _, ...counted } = costWords;

const searchSchema = z.strictObject({
  budget: z.union([
    z.enum(presetNames as [PresetName, ...PresetName[]]),
    z.partialRecord(z.enum(Object.keys(counted) as [keyof typeof counted, ...(keyof typeof counted)[]]), bound),
  ]),
  space: z
    .custom<Space>(
      (value) => typeof value === "object" && value !== null && "genes" in value,
      "expected a space, as hybridSpace() makes one",
    )
    .optional(),
  recipe: z.enum(recipeNames as [RecipeName, ...RecipeName[]]).optional(),
  training: z.enum(trainingNames as [TrainingName, ...TrainingName[]]).optional(),
  topologyMetric: z.string().optional(),
  sizeMetric: z.string().optional(),
  algorithm: z.enum(Object.keys(algorithms) as [AlgorithmName, ...AlgorithmName[]]).optional(),
  maxEvaluations: z.number().int().positive().optional(),
  seed: seedSchema.optional(),
  runtime: runtimeSchema.optional(),
  evaluator: z
    .custom<Evaluator>(
      (value) => typeof value === "object" && value !== null && "evaluate" in value,
      "expected an evaluator",
    )
    .optional(),
  signal: signalSchema.optional(),
  onEvaluation: functionSchema<(evaluation: SearchEvaluation) => void>().optional(),
});

/** Milliseconds after which others get their turn. */
const TURN = 25;

/**
 * Searches for the best network within a budget, without training one.
 * @returns A promise of the network, which can be iterated over for progress. It is rejected with the signal's reason where that ends it.
 * @throws {@link InputError} where an option is not known, or a metric runs networks and no runtime was given.
 * @throws {@link InfeasibleError} where no network keeps the budget.
 * @example
 * ```ts
 * import { exportOnnx, hybridSpace, onnxRuntime, search } from "@esnas/core";
 * import * as ort from "onnxruntime-node";
 *
 * const searching = search({
 *   budget: { parameters: 200_000, macs: 10_000_000 },
 *   space: hybridSpace({ input: [3, 64, 64], classes: 10 }),
 *   maxEvaluations: 300,
 *   runtime: onnxRuntime(ort),
 * });
 * for await (const { phase, done } of searching) console.log(phase, done);
 * const { genotype, parameters, macs } = await searching;
 * console.log(parameters, macs, (await exportOnnx(genotype)).byteLength);
 * ```
 */
export function search(options: SearchOptions): SearchUnderWay {
  const news = new News<ProgressReport>();
  const found = run(options, news).finally(() => news.end());
  // Whoever iterates alone is told there.
  found.catch(() => {});
  return Object.assign(found, {
    async *[Symbol.asyncIterator]() {
      yield* news.all();
      await found;
    },
  });
}

async function run(given: SearchOptions, news: News<ProgressReport>): Promise<SearchResult> {
  const options = checked("search", searchSchema, given) as SearchOptions;
  const { signal, onEvaluation } = options;
  const of = searchFrom(options);
  const { space, problem, settings } = of;
  checkBudget(space, problem.constraints, settings.seed);
  const { evaluator, release } = evaluatorFor(options, of);
  const progress = new SearchProgress(settings);
  let [last, turned, evaluations] = [now(), now(), 0];
  try {
    const outcome = await drive(of.start(), {
      space,
      evaluator,
      shouldStop: () => signal?.aborted === true,
      onEvaluation(evaluation, order) {
        const time = now();
        const { candidate, scores } = evaluation;
        const { genotype, phase, cycle } = candidate;
        progress.note(evaluation, architectureCosts(space.build(genotype)), time - last);
        last = time;
        evaluations++;
        onEvaluation?.({ order, phase, cycle, genotype: toJson(space, genotype), scores });
        if (time - turned < TURN) return undefined;
        const report = progress.report();
        if (report !== undefined) news.tell(report);
        return turn().then(() => {
          turned = now();
        });
      },
    });
    if (signal?.aborted) throw signal.reason ?? new Error("the search was stopped");
    if (outcome === undefined) throw new Error("a search that nobody stopped has no outcome");
    return await resultOf(of, outcome, evaluator, evaluations);
  } finally {
    await release();
  }
}

function searchFrom(options: SearchOptions): Search {
  const { budget, space = spaceFor(options), seed = 0, onEvaluation: _, signal: __, runtime: ___, ...others } = options;
  const constraints = typeof budget === "string" ? presets[budget].constraints : constraintsOf(budget);
  const settings: Settings = {
    ...familySettings("s0", seed),
    ...metricsOfRecipe(others.recipe, others.training),
    preset: typeof budget === "string" ? budget : null,
    space: space.name,
    spaceOptions: space.options,
    constraints: constraints as Settings["constraints"],
    ...(others.topologyMetric !== undefined && { topologyMetric: others.topologyMetric }),
    ...(others.sizeMetric !== undefined && { sizeMetric: others.sizeMetric }),
    ...(others.algorithm !== undefined && { algorithm: others.algorithm }),
    ...(others.maxEvaluations !== undefined && { maxEvaluations: others.maxEvaluations }),
  };
  return searchOf(settings, space);
}

/** The hybrid space for the task of a preset, or of ImageNet-1k. */
function spaceFor({ budget }: SearchOptions): Space {
  const task = presetTask(DEFAULT_SPACE, typeof budget === "string" ? budget : null);
  return hybridSpace(hybridTaskOptions(task));
}

function constraintsOf(budget: Budget): Constraints {
  const bounds = Object.entries(budget).map(([cost, given]) => [
    cost,
    typeof given === "number" ? { max: given } : given,
  ]);
  return Object.fromEntries(bounds) as Constraints;
}

function evaluatorFor({ evaluator, runtime }: SearchOptions, { space, problem, settings }: Search) {
  if (evaluator !== undefined) return { evaluator, release: async () => {} };
  const metrics = metricsOfAll([problem.topologyObjective, problem.sizeObjective]);
  const running = metrics.find((metric) => isForward(metric));
  if (running === undefined) return { evaluator: localEvaluator(space, undefined), release: async () => {} };
  const scorer = new Scorer(runtimeFor("search", running.id, runtime), { seed: settings.seed });
  return { evaluator: localEvaluator(space, scorer), release: () => scorer.release() };
}

async function resultOf(
  { space, problem }: Search,
  outcome: Outcome,
  evaluator: Evaluator,
  evaluations: number,
): Promise<SearchResult> {
  const { best, reason } = outcome;
  const architecture = space.build(best);
  const scores = await scoresOfBest(problem, outcome, evaluator);
  if (!Object.values(scores).some(isValue)) {
    throw new InputError(`search: no candidate has a score by ${Object.keys(scores).join(", ")}`);
  }
  const genotype = toJson(space, best) as SearchResult["genotype"];
  return { genotype, architecture, ...architectureCosts(architecture), scores, evaluations, reason };
}

/** What is told to all who iterate: the latest, as often as they ask; nothing is kept for those who are slow. */
class News<T> {
  #latest: T | undefined;
  #count = 0;
  #isOver = false;
  #wake: () => void = () => {};
  #waiting = new Promise<void>((wake) => {
    this.#wake = wake;
  });

  tell(news: T): void {
    this.#latest = news;
    this.#count++;
    this.#next();
  }

  end(): void {
    this.#isOver = true;
    this.#next();
  }

  #next(): void {
    this.#wake();
    this.#waiting = new Promise<void>((wake) => {
      this.#wake = wake;
    });
  }

  async *all(): AsyncGenerator<T, void> {
    let seen = 0;
    for (;;) {
      if (this.#count > seen && this.#latest !== undefined) {
        seen = this.#count;
        yield this.#latest;
      } else if (this.#isOver) return;
      else await this.#waiting;
    }
  }
}
