/** @file What an evolution over all genes begins with. */

import type { Random } from "../../base/random-numbers.js";
import { sampleWithin } from "../../budget/constraints.js";
import type { Genotype } from "../../spaces/space.js";
import type { SearchProblem } from "../algorithm.js";

/** The genotypes that the problem gives, then random draws within its constraints. */
export function foundersWithin(problem: SearchProblem, random: Random, count: number): Genotype[] {
  const { space, constraints, initial = [] } = problem;
  return Array.from({ length: count }, (_, i) => initial[i] ?? sampleWithin(space, constraints, random));
}
