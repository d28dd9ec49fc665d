/** @file What an evolution over all genes begins with. */

import type { Genotype } from "../spaces/space.js";
import type { SearchProblem } from "./algorithm.js";
import { sampleWithin } from "./constraints.js";
import type { Random } from "./random-numbers.js";

/** The genotypes that the problem gives, then random draws within its constraints. */
export function foundersWithin(problem: SearchProblem, random: Random, count: number): Genotype[] {
  const { space, constraints, initial = [] } = problem;
  return Array.from({ length: count }, (_, i) => initial[i] ?? sampleWithin(space, constraints, random));
}
