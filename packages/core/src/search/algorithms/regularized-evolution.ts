/**
 * @file Regularized evolution (Real et al. 2019, arXiv 1802.01548), as NATS-Bench runs it (Dong et al. 2021, arXiv 2009.00437,
 * whose code has a population of 10 and samples of 3): the best of a sample with replacement has a mutated child, and the
 * oldest of the population dies. A memory of all keeps anything from being scored twice.
 */

import { seededRandom } from "../../base/random-numbers.js";
import { withinBounds } from "../../budget/constraints.js";
import { mutate } from "../../spaces/variation.js";
import { objectiveOfBoth, type SearchAlgorithm, type SearchProblem } from "../algorithm.js";
import { createMemory } from "../memory.js";
import { inOrder } from "../order.js";
import { outcomeOfFinals } from "./finals.js";
import { foundersWithin } from "./founders.js";

const POPULATION_SIZE = 10;
const SAMPLE_SIZE = 3;
/** Children in a row that were known or not admitted, after which the surroundings count as exhausted. */
const PATIENCE = 2000;

export function* regularizedEvolution(problem: SearchProblem): SearchAlgorithm {
  const { space, constraints, maxEvaluations } = problem;
  const random = seededRandom(problem.seed);
  const objective = objectiveOfBoth(problem, "rank");
  const memory = createMemory(space, maxEvaluations, (genotype) => {
    return { genotype, phase: "regularized-evolution", cycle: 1, metrics: objective.metrics };
  });
  const founders = foundersWithin(problem, random, POPULATION_SIZE);
  const population = yield* memory.evaluate(founders);
  const admitted = { children: 0, of: 0 };
  let barren = 0;
  while (memory.size < maxEvaluations && barren < PATIENCE) {
    const sampled = Array.from({ length: SAMPLE_SIZE }, () => random.pick(population));
    const [parent] = inOrder([...new Map(sampled.map((one) => [one.place, one])).values()], objective);
    if (parent === undefined) throw new Error("a population is never empty");
    const child = withinBounds(space, constraints, mutate(space, parent.candidate.genotype, random));
    const before = memory.size;
    if (child !== undefined) {
      for (const evaluation of yield* memory.evaluate([child])) population.push(evaluation);
      if (population.length > POPULATION_SIZE) population.shift();
      admitted.children++;
    }
    admitted.of++;
    barren = memory.size > before ? 0 : barren + 1;
  }
  return yield* outcomeOfFinals(problem, "rank", {
    phase: "regularized-evolution",
    ranking: inOrder(memory.all(), objective),
    admitted,
    exhausted: memory.size < maxEvaluations,
  });
}
