/** @file A search in the folder of its run: driven to its end with every evaluation in its study, and its model written. */

import { setImmediate } from "node:timers/promises";
import {
  type Asking,
  architectureCosts,
  boundedCosts,
  type Constraints,
  checkBudget,
  drive,
  type Evaluation,
  type Evaluator,
  type Genotype,
  jsonText,
  type Outcome,
  type Search,
  scoresOfBest,
  type ToldCosts,
  usageOf,
  violation,
} from "@esnas/core/internal";
import { withAdvice } from "../flags/task.js";
import { AbandonedError } from "../scoring/worker-pool.js";
import type { StoredEvaluation, Study } from "../study/study.js";
import { writeResult } from "./run-folder.js";
import { ScoredMetrics } from "./scored-metrics.js";
import { type Summary, summaryOf } from "./summary.js";

export interface StartedRun {
  readonly folder: string;
  readonly study: Study;
  readonly search: Search;
}

export interface Run extends StartedRun {
  readonly evaluator: Evaluator;
  readonly workers: number;
}

/**
 * What has to hold before the folder of a run appears.
 * @throws {InfeasibleError} where no model is found within the constraints.
 */
export function checkFeasible({ space, settings }: Search, constraints: Constraints): void {
  withAdvice(space, () => checkBudget(space, constraints, settings.seed));
}

export interface DriveRunOptions {
  /** Told of every evaluation in order, with the milliseconds since the one before. */
  readonly onEvaluation: (evaluation: Evaluation, costs: ToldCosts, milliseconds: number) => void;
  /** True ends the search there; it can be gone on with. */
  readonly shouldStop: () => boolean;
  /** Milliseconds after which others get their turn: signals, workers, other searches. */
  readonly turn: number;
}

/**
 * Drives a search to its end, or to where it is stopped; every evaluation goes into the study.
 * @returns Undefined where it was stopped.
 * @throws {InputError} where it has ended, and no candidate has a score by one of its metrics.
 */
export async function driveRun<T>(
  { search, study, evaluator }: Run,
  asking: Asking<T>,
  { onEvaluation, shouldStop, turn }: DriveRunOptions,
): Promise<T | undefined> {
  const { space } = search;
  const scored = new ScoredMetrics();
  let last = performance.now();
  let began = last;
  try {
    const result = await drive(asking, {
      space,
      evaluator,
      recorded: study.recorded(),
      shouldStop,
      onEvaluation(evaluation: Evaluation, order: number, earlier?: StoredEvaluation) {
        const now = performance.now();
        const milliseconds = earlier?.milliseconds ?? now - last;
        last = now;
        scored.note(evaluation.scores);
        const costs = earlier ?? architectureCosts(space.build(evaluation.candidate.genotype));
        if (earlier === undefined) {
          const genotype = jsonText(space, evaluation.candidate.genotype);
          study.append(order, { evaluation, genotype, milliseconds, ...costs });
        }
        onEvaluation(evaluation, costs, milliseconds);
        if (now - began < turn) return undefined;
        return setImmediate().then(() => {
          began = performance.now();
        });
      },
    });
    if (result !== undefined) scored.check();
    return result;
  } catch (error) {
    if (error instanceof AbandonedError && shouldStop()) return undefined;
    throw error;
  } finally {
    study.commit();
  }
}

/** Writes the model that a search has ended with. */
export async function finish(run: Run, outcome: Outcome): Promise<Summary> {
  const { search, study, folder, workers } = run;
  const { settings, problem } = search;
  const found = await foundBy(run, outcome, problem.constraints);
  const summary = summaryOf({ settings, outcome, ...found, milliseconds: study.milliseconds(), workers });
  writeResult(folder, { search, best: outcome.best, architecture: found.architecture, summary });
  return summary;
}

/** The model that a search has ended with, its scores, what it uses of each bound, and the latency that is predicted where it is bounded. */
export async function foundBy({ search, evaluator }: Run, outcome: Outcome, constraints: Constraints) {
  const { space, problem } = search;
  const { best } = outcome;
  assertWithin(search, constraints, best);
  const architecture = space.build(best);
  const scores = await scoresOfBest(problem, outcome, evaluator);
  const costs = boundedCosts(architecture, constraints);
  return { architecture, scores, latency: costs.latency, bounds: usageOf(costs, constraints) };
}

/** The result always satisfies the constraints; one that does not is a defect, never a model. */
function assertWithin({ space }: Search, constraints: Constraints, best: Genotype): void {
  const costs = boundedCosts(space.build(best), constraints);
  if (violation(costs, constraints) === 0) return;
  const { latency, ...others } = constraints;
  const bounds = { ...others, ...(latency && { latency: { min: latency.min, max: latency.max } }) };
  throw new Error(`the search ended outside of its constraints: ${JSON.stringify({ costs, bounds })}`);
}
