/**
 * @file FreeREA (Cavagnero et al. 2023, WACV, arXiv 2207.05135): evolution by several metrics at once. Of a tournament the two
 * best have three children, a mutation of each and a crossover of both; the oldest of the population leaves, and then, down
 * to its size, the worst. A memory of all keeps anything from being scored twice; what is bred again becomes young again.
 *
 * As in the authors' code, candidates are ordered by the sum of their scores, each divided by the largest magnitude among
 * those compared (`scaled`): those of a tournament, of a population, and of the whole memory at the end. The sizes are the
 * defaults of the code's `search`; the script that calls it has 100 and 25. Where topology and size have one objective, that
 * is what orders.
 */

import { smallest } from "../../base/extremes.js";
import { seededRandom } from "../../base/random-numbers.js";
import { withinBounds } from "../../budget/constraints.js";
import type { Genotype } from "../../spaces/space.js";
import { crossover, mutate } from "../../spaces/variation.js";
import { objectiveOfBoth, type SearchAlgorithm, type SearchProblem } from "../algorithm.js";
import type { Remembered } from "../history.js";
import { createMemory } from "../memory.js";
import { inOrder } from "../order.js";
import { POPULATION_SIZE, TOURNAMENT_SIZE } from "./evolution.js";
import { outcomeOfFinals } from "./finals.js";
import { foundersWithin } from "./founders.js";

/** Tournaments in a row whose children were all known, after which the surroundings count as exhausted. */
const PATIENCE = 2000;

export function* freerea(problem: SearchProblem): SearchAlgorithm {
  const { space, constraints, maxEvaluations } = problem;
  const random = seededRandom(problem.seed);
  const objective = objectiveOfBoth(problem, "scaled");
  const memory = createMemory(space, maxEvaluations, (genotype) => {
    return { genotype, phase: "freerea", cycle: 1, metrics: objective.metrics };
  });
  /** The step at which each was bred last, by its place in the memory. */
  const born = new Map<number, number>();
  let population: Remembered[] = [];

  function* bear(genotypes: readonly Genotype[], step: number) {
    const newborn = yield* memory.evaluate(genotypes);
    const places = new Set(newborn.map(({ place }) => place));
    for (const place of places) born.set(place, step);
    population = [...population.filter(({ place }) => !places.has(place)), ...newborn];
  }

  function survivors(): Remembered[] {
    if (population.length <= POPULATION_SIZE) return population;
    const births = population.map(({ place }) => born.get(place) ?? 0);
    const rest = population.toSpliced(births.indexOf(smallest(births)), 1);
    return rest.length > POPULATION_SIZE ? inOrder(rest, objective).slice(0, POPULATION_SIZE) : rest;
  }

  const founders = foundersWithin(problem, random, POPULATION_SIZE);
  yield* bear(founders, 0);
  const admitted = { children: 0, of: 0 };
  let barren = 0;
  for (let step = 1; memory.size < maxEvaluations && barren < PATIENCE; step++) {
    const [mother, father = mother] = inOrder(random.sample(population, TOURNAMENT_SIZE), objective);
    if (mother === undefined || father === undefined) throw new Error("a population is never empty");
    const [a, b] = [mother.candidate.genotype, father.candidate.genotype];
    const litter = [mutate(space, a, random), mutate(space, b, random), crossover(space, a, b, random)];
    const children = litter.flatMap((child) => (withinBounds(space, constraints, child) ? [child] : []));
    admitted.of += litter.length;
    admitted.children += children.length;
    const before = memory.size;
    yield* bear(children, step);
    population = survivors();
    barren = memory.size > before ? 0 : barren + 1;
  }
  return yield* outcomeOfFinals(problem, "scaled", {
    phase: "freerea",
    ranking: inOrder(memory.all(), objective),
    admitted,
    exhausted: memory.size < maxEvaluations,
  });
}
