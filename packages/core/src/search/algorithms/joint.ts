/**
 * @file Joint evolution: topology and size at once, by the sum of the ranks that both metrics give. The baseline that the cyclic search,
 * which takes them apart, is measured against.
 */

import { seededRandom } from "../../base/random-numbers.js";
import { withinBounds } from "../../budget/constraints.js";
import { objectiveOfBoth, type SearchAlgorithm, type SearchProblem } from "../algorithm.js";
import { scoreMemo } from "../history.js";
import { orderAmong } from "../order.js";
import { evolve, POPULATION_SIZE } from "./evolution.js";
import { outcomeOfFinals } from "./finals.js";
import { foundersWithin } from "./founders.js";

export function* jointEvolution(problem: SearchProblem): SearchAlgorithm {
  const { space, constraints, seed, maxEvaluations } = problem;
  const random = seededRandom(seed);
  const objective = objectiveOfBoth(problem, "rank");
  const { ranking, admitted, exhausted } = yield* evolve({
    space,
    random,
    initial: foundersWithin(problem, random, POPULATION_SIZE),
    evaluations: maxEvaluations,
    memo: scoreMemo(),
    order: orderAmong(objective),
    admit: (child) => withinBounds(space, constraints, child),
    candidate: (genotype) => ({ genotype, phase: "joint", cycle: 1, metrics: objective.metrics }),
  });
  return yield* outcomeOfFinals(problem, "rank", { phase: "joint", ranking, admitted, exhausted });
}
