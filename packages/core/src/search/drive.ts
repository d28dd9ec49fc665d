/** @file Runs a search algorithm against an evaluator, and replays what is recorded of an earlier run of it. */

import { InputError } from "../errors.js";
import { type Space, toJson } from "../spaces/space.js";
import type { Candidate, Evaluation, Outcome, Scores, SearchAlgorithm } from "./algorithm.js";

/** Scores candidates; several may be under way at once. */
export interface Evaluator {
  evaluate(candidate: Candidate): Scores | Promise<Scores>;
}

/** An evaluation that an earlier run has recorded, in the order of asking. */
export interface RecordedEvaluation {
  /** JSON text of the genotype. */
  readonly genotype: string;
  readonly phase: string;
  readonly scores: Scores;
}

export interface DriveOptions {
  readonly space: Space;
  readonly evaluator: Evaluator;
  /** Evaluations of an earlier run, told without scoring them again. */
  readonly recorded?: readonly RecordedEvaluation[];
  /** Called for each new evaluation, in the order of asking; a promise is awaited, so that others get their turn. */
  readonly onEvaluation?: (evaluation: Evaluation, order: number) => void | Promise<void>;
  /** Asked before each candidate; true ends the search there. */
  readonly shouldStop?: () => boolean;
}

/**
 * Runs the algorithm to its end.
 * @returns The outcome, or `undefined` where the search was stopped; what was under way then is not told.
 * @throws {InputError} where the recorded history is not the one that this algorithm makes.
 */
export async function drive(algorithm: SearchAlgorithm, options: DriveOptions): Promise<Outcome | undefined> {
  const { space, evaluator, recorded = [], onEvaluation, shouldStop } = options;
  const underWay: { candidate: Candidate; scores: Scores | Promise<Scores>; order: number }[] = [];
  let asked = 0;
  let told: Evaluation | undefined;
  try {
    for (;;) {
      const step = algorithm.next(told);
      told = undefined;
      if (step.done) return step.value;
      if ("ask" in step.value) {
        const order = asked++;
        const candidate = step.value.ask;
        const earlier = recorded[order];
        if (earlier === undefined && shouldStop?.()) return undefined;
        if (earlier !== undefined) checkReplay(space, candidate, earlier, order);
        underWay.push({ candidate, scores: earlier?.scores ?? evaluator.evaluate(candidate), order });
        continue;
      }
      const oldest = underWay.shift();
      if (oldest === undefined) throw new Error("the algorithm waits for a candidate that it has not asked for");
      const { candidate, scores, order } = oldest;
      told = { candidate, scores: scores instanceof Promise ? await scores : scores };
      const paused = order >= recorded.length ? onEvaluation?.(told, order) : undefined;
      if (paused !== undefined) await paused;
    }
  } finally {
    await Promise.allSettled(underWay.map(({ scores }) => scores));
  }
}

function checkReplay(space: Space, candidate: Candidate, recorded: RecordedEvaluation, order: number): void {
  const genotype = JSON.stringify(toJson(space, candidate.genotype));
  if (genotype === recorded.genotype && candidate.phase === recorded.phase) return;
  throw new InputError(
    `evaluation ${order + 1} of the recorded history is not the one that this program would make: the run was made by another version, or was changed`,
  );
}
