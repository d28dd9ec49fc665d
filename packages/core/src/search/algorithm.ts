/**
 * @file Ask and tell. A search algorithm is a deterministic generator: it asks for candidates to be scored, and waits to be
 * told of the oldest that it has asked for. It knows nothing of time, threads or files, so that a run is reproduced, and
 * resumed, by running the generator again on the evaluations that are recorded.
 *
 * It may ask a fixed number of candidates ahead (`LOOK_AHEAD`, a constant of the algorithms, not of the machine), each
 * generated from what had been told by then: any number of workers up to that is kept busy, and the history is the same.
 */

import type { Constraints } from "../budget/constraints.js";
import type { Metric, Score, Scores } from "../metrics/metric.js";
import { type AggregationName, aggregateOf, type Objective } from "../objective/objective.js";
import type { Genotype, Space } from "../spaces/space.js";

/** Candidates that an algorithm may be waiting for at once. */
export const LOOK_AHEAD = 8;

/** A network that a search asks to be scored. */
export interface Candidate {
  /** In the problem's space. */
  readonly genotype: Genotype;
  /** What of the search asked for it: `topology`, `size`, `joint`, `random`. */
  readonly phase: string;
  /** Round of the search, from 1. */
  readonly cycle: number;
  /** What it is to be scored by. */
  readonly metrics: readonly Metric[];
}

/** A candidate with its scores. */
export interface Evaluation {
  /** What was asked for. */
  readonly candidate: Candidate;
  /** By the ids of its metrics. */
  readonly scores: Scores;
}

/** What an algorithm does next: it asks for a candidate, or waits to be told of the oldest that it has asked for. */
export type Step = { readonly ask: Candidate } | { readonly wait: true };

/** What a search ends with. */
export interface Outcome {
  /** The network that was found. */
  readonly best: Genotype;
  /** Rounds begun. */
  readonly cycles: number;
  /** What each phase did, in order. */
  readonly phases: readonly {
    /** `topology`, `size`, `joint`, `random`. */
    readonly phase: string;
    /** Round of the search, from 1. */
    readonly cycle: number;
    /** Candidates that were scored. */
    readonly evaluations: number;
    /** Of the children that were bred, the share that kept the budget. */
    readonly admitted: number;
    /** Nothing new was left to breed. */
    readonly exhausted: boolean;
  }[];
  /** Why it ended: the evaluations were used up, a whole cycle brought nothing, nothing new was left to try. */
  readonly reason: "evaluations" | "converged" | "exhausted";
}

/** What one phase of a search did. */
export type PhaseSummary = Outcome["phases"][number];

/** A search of one phase that has ended. */
export interface Ended {
  readonly phase: string;
  /** All evaluations, best first. */
  readonly ranking: readonly Evaluation[];
  /** Of the children that were bred, how many kept the budget. */
  readonly admitted: { readonly children: number; readonly of: number };
  readonly exhausted: boolean;
}

/** What a search of one phase ends with. */
export function outcomeOf({ phase, ranking, admitted, exhausted }: Ended): Outcome {
  const [best] = ranking;
  if (best === undefined) throw new Error("a search makes at least one evaluation");
  const share = admitted.of === 0 ? 1 : admitted.children / admitted.of;
  return {
    best: best.candidate.genotype,
    cycles: 1,
    phases: [{ phase, cycle: 1, evaluations: ranking.length, admitted: share, exhausted }],
    reason: exhausted ? "exhausted" : "evaluations",
  };
}

/** Yields steps; after `wait` it is told of an evaluation, after `ask` of nothing. */
export type Asking<T> = Generator<Step, T, Evaluation | undefined>;

/** A search under way, as a generator that asks for candidates and is told of them. */
export type SearchAlgorithm = Asking<Outcome>;

/** What every algorithm is given. */
export interface SearchProblem {
  /** Where candidates come from. */
  readonly space: Space;
  /** What candidates have to keep. */
  readonly constraints: Constraints;
  /** Of all that is random: the same seed gives the same candidates. */
  readonly seed: number;
  /** What topologies are put in order by. */
  readonly topologyObjective: Objective;
  /** What sizes are put in order by. */
  readonly sizeObjective: Objective;
  /** Evaluations in all, of either kind. */
  readonly maxEvaluations: number;
  /**
   * Objectives by which the best of a phase are scored again, and put in order: those of topology and size with more random
   * weights. Where they are absent, or the same, nothing is.
   */
  readonly finals?: { readonly topologyObjective: Objective; readonly sizeObjective: Objective };
  /** Genotypes within the constraints that evolution begins with, the most promising first; other draws fill up. */
  readonly initial?: readonly Genotype[];
}

/** The objective of a search over topology and size at once: that of both where they have the same, an aggregate where not. */
export function objectiveOfBoth(
  { topologyObjective, sizeObjective }: Pick<SearchProblem, "topologyObjective" | "sizeObjective">,
  aggregation: AggregationName,
): Objective {
  if (topologyObjective.id === sizeObjective.id) return topologyObjective;
  return aggregateOf(aggregation, [topologyObjective, sizeObjective]);
}

/** The score of an evaluation by a metric. */
export function scoreBy(evaluation: Evaluation, metric: Metric): Score {
  return evaluation.scores[metric.id] ?? { value: null, reason: `not scored by ${metric.id}` };
}
