/** @file Random search: the baseline that every other search has to beat. Candidates are scored by both metrics. */

import { seededRandom } from "../../base/random-numbers.js";
import { sampleWithin } from "../../budget/constraints.js";
import { distinct } from "../../spaces/identity.js";
import type { Genotype } from "../../spaces/space.js";
import {
  type Evaluation,
  LOOK_AHEAD,
  objectiveOfBoth,
  type SearchAlgorithm,
  type SearchProblem,
} from "../algorithm.js";
import { keeperOf } from "../kept-evaluation.js";
import { inOrder } from "../order.js";
import { outcomeOfFinals } from "./finals.js";

/** Draws in a row that were seen before, after which the space counts as exhausted. */
const PATIENCE = 200;

export function* randomSearch(problem: SearchProblem): SearchAlgorithm {
  const { space, constraints, seed, maxEvaluations } = problem;
  const random = seededRandom(seed);
  const objective = objectiveOfBoth(problem, "rank");
  const candidate = (genotype: Genotype) => ({ genotype, phase: "random", cycle: 1, metrics: objective.metrics });
  const keep = keeperOf(space, candidate);
  const isNew = distinct(space);
  const draw = (): Genotype | undefined => {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const genotype = sampleWithin(space, constraints, random);
      if (isNew(genotype)) return genotype;
    }
    return undefined;
  };

  const told: Evaluation[] = [];
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
      if (evaluation !== undefined) told.push(keep(evaluation.candidate.genotype, evaluation.scores));
    }
  }
  return yield* outcomeOfFinals(problem, "rank", {
    phase: "random",
    ranking: inOrder(told, objective),
    admitted: { children: asked, of: asked },
    exhausted,
  });
}
