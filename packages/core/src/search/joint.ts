/**
 * @file Joint evolution: topology and size at once, by the rank sum of both metrics. The baseline that the cyclic search,
 * which takes them apart, is measured against.
 */

import { metricsOfBoth, type SearchAlgorithm, type SearchProblem } from "./algorithm.js";
import { sampleWithin, withinBounds } from "./constraints.js";
import { evolve, POPULATION_SIZE } from "./evolution.js";
import { seededRandom } from "./random-numbers.js";
import { rankSum } from "./rank-sum.js";

export function* jointEvolution(problem: SearchProblem): SearchAlgorithm {
  const { space, constraints, seed, maxEvaluations } = problem;
  const random = seededRandom(seed);
  const metrics = metricsOfBoth(problem);
  const { ranking, asked, admitted, exhausted } = yield* evolve({
    space,
    random,
    initial: Array.from({ length: POPULATION_SIZE }, () => sampleWithin(space, constraints, random)),
    evaluations: maxEvaluations,
    memo: new Map(),
    order: (evaluations) => rankSum(evaluations, metrics),
    admit: (child) => withinBounds(space, constraints, child),
    candidate: (genotype) => ({ genotype, phase: "joint", cycle: 1, metrics }),
  });
  const [best] = ranking;
  if (best === undefined) throw new Error("a search makes at least one evaluation");
  return {
    best: best.candidate.genotype,
    cycles: 1,
    phases: [
      {
        phase: "joint",
        cycle: 1,
        evaluations: asked,
        admitted: admitted.children / Math.max(1, admitted.of),
        exhausted,
      },
    ],
    reason: exhausted ? "exhausted" : "evaluations",
  };
}
