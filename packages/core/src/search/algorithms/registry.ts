/** @file All search algorithms, by name. */

import { checkArgument, isObject } from "../../base/argument.js";
import type { SearchAlgorithm, SearchProblem } from "../algorithm.js";
import { type CyclicOptions, cyclicSearch } from "./cyclic.js";
import { freerea } from "./freerea.js";
import { jointEvolution } from "./joint.js";
import { randomSearch } from "./random-search.js";
import { regularizedEvolution } from "./regularized-evolution.js";

/** Options of all algorithms together; each takes its own. */
export type AlgorithmOptions = CyclicOptions;

export const defaultAlgorithmOptions: AlgorithmOptions = { topologyBudget: "slack", cycles: 3 };

/** The name of a search algorithm. */
export type AlgorithmName = "cyclic" | "joint" | "random" | "freerea" | "regularized-evolution";

/** All search algorithms: each is given a problem and asks for candidates until it ends. Options are for `cyclic`; the others have none. */
export const algorithms: {
  readonly [name in AlgorithmName]: (problem: SearchProblem, options?: CyclicOptions) => SearchAlgorithm;
} = {
  cyclic: checked((problem, options = defaultAlgorithmOptions) => cyclicSearch(problem, options)),
  joint: checked(jointEvolution),
  random: checked(randomSearch),
  freerea: checked(freerea),
  "regularized-evolution": checked(regularizedEvolution),
};

/** Enough that more changes little: see docs/search.md. */
export const DEFAULT_EVALUATIONS = 18_000;

type Algorithm = (typeof algorithms)[AlgorithmName];

/** Generators begin with their first candidate: a problem that is none is refused before. */
function checked(algorithm: Algorithm): Algorithm {
  return (problem, options) => {
    const { space, constraints, topologyObjective, sizeObjective, seed } = problem ?? {};
    const holds = [space, constraints, topologyObjective, sizeObjective].every(isObject) && typeof seed === "number";
    const expected = "{ space, constraints, topologyObjective, sizeObjective, maxEvaluations, seed }";
    checkArgument(holds, 'a search: "problem"', problem, expected);
    return algorithm(problem, options);
  };
}
