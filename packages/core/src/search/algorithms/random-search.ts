/** @file Random search: the baseline that every other search has to beat. Candidates are scored by both metrics. */

import { seededRandom } from "../../base/random-numbers.js";
import { sampleWithin } from "../../budget/constraints.js";
import { distinct, keyOf } from "../../spaces/identity.js";
import type { Genotype } from "../../spaces/space.js";
import { LOOK_AHEAD, objectiveOfBoth, type SearchAlgorithm, type SearchProblem } from "../algorithm.js";
import { History } from "../history.js";
import { inOrder } from "../order.js";
import { outcomeOfFinals } from "./finals.js";

/** Draws in a row that were seen before, after which the space counts as exhausted. */
const PATIENCE = 200;

export function* randomSearch(problem: SearchProblem): SearchAlgorithm {
  const { space, constraints, seed, maxEvaluations } = problem;
  const random = seededRandom(seed);
  const objective = objectiveOfBoth(problem, "rank");
  const candidate = (genotype: Genotype) => ({ genotype, phase: "random", cycle: 1, metrics: objective.metrics });
  const isNew = distinct(space);
  const told = new History(space, candidate);
  const draw = (): Genotype | undefined => {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const genotype = sampleWithin(space, constraints, random);
      if (isNew(genotype)) return genotype;
    }
    return undefined;
  };

  let asked = 0;
  let exhausted = false;
  while (asked < maxEvaluations && !exhausted) {
    const genotype = draw();
    if (genotype === undefined) {
      exhausted = true;
    } else {
      yield { ask: candidate(genotype) };
      asked++;
    }
    while (told.length < asked && (asked - told.length >= LOOK_AHEAD || asked === maxEvaluations || exhausted)) {
      const evaluation = yield { wait: true };
      if (evaluation === undefined) throw new Error("a wait is answered by an evaluation");
      const { genotype: answered } = evaluation.candidate;
      told.add(keyOf(space, answered), answered, evaluation.scores);
    }
  }
  return yield* outcomeOfFinals(problem, "rank", {
    phase: "random",
    ranking: inOrder(told.all(), objective),
    admitted: { children: asked, of: asked },
    exhausted,
  });
}
