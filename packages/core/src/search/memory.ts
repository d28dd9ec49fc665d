/** @file What a search of one phase has scored: no network is scored twice, and none beyond the evaluations that it may make. */

import { keyOf } from "../spaces/identity.js";
import type { Genotype, Space } from "../spaces/space.js";
import { type Candidate, type Evaluation, LOOK_AHEAD, type Step } from "./algorithm.js";
import { History, type Remembered } from "./history.js";

export interface Memory {
  /** Evaluations that were asked for. */
  readonly size: number;
  /** In the order of asking. */
  all(): Remembered[];
  /**
   * Asks for what is not known of some genotypes.
   * @returns The evaluation of each network among them, once; none of those for which no evaluations were left.
   */
  evaluate(genotypes: readonly Genotype[]): Generator<Step, Remembered[], Evaluation | undefined>;
}

export function createMemory(
  space: Space,
  maxEvaluations: number,
  candidate: (genotype: Genotype) => Candidate,
): Memory {
  const history = new History(space, candidate);
  return {
    get size() {
      return history.length;
    },
    all: () => history.all(),
    *evaluate(genotypes) {
      const byKey = new Map(genotypes.map((genotype) => [keyOf(space, genotype), genotype]));
      const unknown = [...byKey].filter(([key]) => history.find(key) < 0);
      const fresh = unknown.slice(0, maxEvaluations - history.length);
      const evaluations = yield* askAll(fresh.map(([, genotype]) => candidate(genotype)));
      fresh.forEach(([key, genotype], i) => {
        const evaluation = evaluations[i];
        if (evaluation !== undefined) history.add(key, genotype, evaluation.scores);
      });
      return [...byKey.keys()]
        .map((key) => history.find(key))
        .flatMap((place) => (place < 0 ? [] : [history.at(place)]));
    },
  };
}

/** Asks for candidates, as far ahead as algorithms may, and gives their evaluations in order. */
export function* askAll(candidates: readonly Candidate[]): Generator<Step, Evaluation[], Evaluation | undefined> {
  const told: Evaluation[] = [];
  for (const [asked, candidate] of candidates.entries()) {
    if (asked - told.length === LOOK_AHEAD) told.push(yield* toldOf());
    yield { ask: candidate };
  }
  while (told.length < candidates.length) told.push(yield* toldOf());
  return told;
}

function* toldOf(): Generator<Step, Evaluation, Evaluation | undefined> {
  const evaluation = yield { wait: true };
  if (evaluation === undefined) throw new Error("a wait is answered by an evaluation");
  return evaluation;
}
