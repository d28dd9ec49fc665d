/** @file All search algorithms, by name. */

import type { SearchAlgorithm, SearchProblem } from "../algorithm.js";
import { type CyclicOptions, cyclicSearch } from "./cyclic.js";
import { freerea } from "./freerea.js";
import { jointEvolution } from "./joint.js";
import { randomSearch } from "./random-search.js";
import { regularizedEvolution } from "./regularized-evolution.js";

/** Options of all algorithms together; each takes its own. */
export type AlgorithmOptions = CyclicOptions;

/** All search algorithms: each is given a problem and asks for candidates until it ends. */
export const algorithms = {
  cyclic: cyclicSearch,
  joint: jointEvolution,
  random: randomSearch,
  freerea,
  "regularized-evolution": regularizedEvolution,
} as const satisfies Record<string, (problem: SearchProblem, options: AlgorithmOptions) => SearchAlgorithm>;

/** The name of a search algorithm. */
export type AlgorithmName = keyof typeof algorithms;

/** Enough that more changes little: see docs/search.md. */
export const DEFAULT_EVALUATIONS = 18_000;

export const defaultAlgorithmOptions: AlgorithmOptions = { topologyBudget: "slack", cycles: 3 };
