/** @file Runs a search algorithm against an evaluator, and replays what is recorded of an earlier run of it. */

import { InputError } from "../base/errors.js";
import type { Scores } from "../metrics/metric.js";
import { metricsOfAll } from "../objective/objective.js";
import { jsonText } from "../spaces/json.js";
import type { Space } from "../spaces/space.js";
import type { Asking, Candidate, Evaluation, Outcome, SearchProblem } from "./algorithm.js";

/** Scores candidates; several may be under way at once. */
export interface Evaluator {
  /** Scores a candidate by the metrics that it names. */
  evaluate(candidate: Candidate): Scores | Promise<Scores>;
}

/** An evaluation that an earlier run has recorded, in the order of asking. */
export interface RecordedEvaluation {
  /** JSON text of the genotype. */
  readonly genotype: string;
  /** What of the search asked for it. */
  readonly phase: string;
  /** Round of the search, from 1. */
  readonly cycle: number;
  /** By the ids of the metrics. */
  readonly scores: Scores;
}

/** How an algorithm is run. */
export interface DriveOptions<R extends RecordedEvaluation = RecordedEvaluation> {
  /** That of the algorithm's problem. */
  readonly space: Space;
  /** Scores what is asked for and not recorded. */
  readonly evaluator: Evaluator;
  /** Evaluations of an earlier run, told without scoring them again; taken one by one, as they are asked for. */
  readonly recorded?: Iterable<R>;
  /**
   * Called for each evaluation, recorded ones too, in the order of asking; a promise is awaited, so that others get their
   * turn.
   * @param earlier - What is recorded of it.
   */
  readonly onEvaluation?: (evaluation: Evaluation, order: number, earlier?: R) => void | Promise<void>;
  /** Asked before each candidate; true ends the search there. */
  readonly shouldStop?: () => boolean;
}

interface UnderWay<R> {
  readonly candidate: Candidate;
  readonly scores: Scores | Promise<Scores>;
  readonly order: number;
  readonly earlier: R | undefined;
}

/**
 * Runs the algorithm to its end.
 * @returns The outcome, or `undefined` where the search was stopped; what was under way then is not told.
 * @throws {@link InputError} where the recorded history is not the one that this algorithm makes.
 * @example
 * ```ts
 * import { algorithms, drive, hybridSpace, localEvaluator, objectiveOf } from "@esnas/core";
 *
 * const space = hybridSpace({ input: [3, 64, 64], classes: 10 });
 * const objective = objectiveOf("logsynflow");
 * const search = algorithms.random({
 *   space,
 *   constraints: { macs: { max: 5_000_000 } },
 *   seed: 0,
 *   topologyObjective: objective,
 *   sizeObjective: objective,
 *   maxEvaluations: 20,
 * });
 * const outcome = await drive(search, { space, evaluator: localEvaluator(space, undefined) });
 * console.log(outcome?.phases.map(({ evaluations }) => evaluations));
 * ```
 */
export async function drive<T, R extends RecordedEvaluation>(
  algorithm: Asking<T>,
  options: DriveOptions<R>,
): Promise<T | undefined> {
  const { space, evaluator, recorded = [] as readonly R[], onEvaluation, shouldStop } = options;
  const replay = recorded[Symbol.iterator]();
  const underWay: UnderWay<R>[] = [];
  let asked = 0;
  let told: Evaluation | undefined;
  try {
    for (;;) {
      const step = algorithm.next(told);
      told = undefined;
      if (step.done) {
        if (!replay.next().done) throw changed(`it goes on after evaluation ${asked}, where the search ends`);
        return step.value;
      }
      if ("ask" in step.value) {
        const order = asked++;
        const candidate = step.value.ask;
        if (shouldStop?.()) return undefined;
        const { value: earlier }: { value?: R } = replay.next();
        if (earlier !== undefined) checkReplay(space, candidate, earlier, order);
        const scores = earlier?.scores ?? evaluator.evaluate(candidate);
        // What fails is told when its turn comes; until then it is no rejection that nobody awaits.
        if (scores instanceof Promise) scores.catch(() => {});
        underWay.push({ candidate, scores, order, earlier });
        continue;
      }
      const oldest = underWay.shift();
      if (oldest === undefined) throw new Error("the algorithm waits for a candidate that it has not asked for");
      const { candidate, scores, order, earlier } = oldest;
      told = { candidate, scores: scores instanceof Promise ? await scores : scores };
      const paused = onEvaluation?.(told, order, earlier);
      if (paused !== undefined) await paused;
    }
  } finally {
    await Promise.allSettled(underWay.map(({ scores }) => scores));
  }
}

function checkReplay(space: Space, candidate: Candidate, recorded: RecordedEvaluation, order: number): void {
  const isSame =
    jsonText(space, candidate.genotype) === recorded.genotype &&
    candidate.phase === recorded.phase &&
    candidate.cycle === recorded.cycle &&
    [...new Set(candidate.metrics.map(({ id }) => id))].join() === Object.keys(recorded.scores).join();
  if (!isSame) throw changed(`its evaluation ${order + 1} is not the one that this program makes`);
}

function changed(where: string): InputError {
  return new InputError(`the recorded history was changed, or made by another version of the program: ${where}`);
}

/** The scores of what a search has ended with, by the metrics of both kinds. */
export async function scoresOfBest(
  problem: SearchProblem,
  { best, cycles }: Outcome,
  evaluator: Evaluator,
): Promise<Scores> {
  const metrics = metricsOfAll([problem.topologyObjective, problem.sizeObjective]);
  return evaluator.evaluate({ genotype: best, phase: "result", cycle: cycles, metrics });
}
