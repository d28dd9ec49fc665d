/**
 * @file Finals: the best of a phase are scored again with more random weights, and the winner is the best of these. A score is
 * one draw, so that the best of hundreds is in part the luckiest.
 */

import type { Scores } from "../metrics/metric.js";
import type { AggregationName, Objective } from "../metrics/objective.js";
import { type Genotype, keyOf, type Space } from "../spaces/space.js";
import {
  type Asking,
  type Ended,
  type Evaluation,
  type Outcome,
  objectiveOfBoth,
  outcomeOf,
  type PhaseSummary,
  type SearchProblem,
} from "./algorithm.js";
import { askAll } from "./memory.js";
import { inOrder } from "./order.js";

/** Of a phase, how many are scored again. */
export const FINALISTS = 10;

export interface FinalsOptions {
  readonly space: Space;
  /** All of a phase, best first. */
  readonly ranking: readonly Evaluation[];
  /** What has put them in order. */
  readonly objective: Objective;
  /** What they are scored by again; nothing is done where it is absent, or the same. */
  readonly again: Objective | undefined;
  readonly phase: string;
  readonly cycle: number;
  /** Scores of earlier finals by the same objective, by key; added to. */
  readonly memo: Map<string, Scores>;
}

export interface Finals {
  /** The same evaluations, the finalists in their new order before the others. */
  readonly ranking: readonly Evaluation[];
  /** What was done; nothing is told where nothing was asked for. */
  readonly phases: readonly PhaseSummary[];
}

export function* finals(options: FinalsOptions): Asking<Finals> {
  const { space, ranking, objective, again, phase, cycle, memo } = options;
  if (again === undefined || again.id === objective.id) return { ranking, phases: [] };
  const finalists = ranking.slice(0, FINALISTS);
  const key = ({ candidate }: Pick<Evaluation, "candidate">) => keyOf(space, candidate.genotype);
  const candidate = (genotype: Genotype) => ({ genotype, phase: `${phase}-finals`, cycle, metrics: again.metrics });
  const fresh = finalists.filter((finalist) => !memo.has(key(finalist)));
  for (const told of yield* askAll(fresh.map((finalist) => candidate(finalist.candidate.genotype)))) {
    memo.set(key(told), told.scores);
  }
  const scored = finalists.map((finalist) => ({
    candidate: finalist.candidate,
    scores: memo.get(key(finalist)) ?? {},
    finalist,
  }));
  const order = new Map(inOrder(scored, again).map((evaluation, i) => [evaluation, i]));
  const sorted = scored.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)).map(({ finalist }) => finalist);
  const summary = { phase: `${phase}-finals`, cycle, evaluations: fresh.length, admitted: 1, exhausted: false };
  return {
    ranking: [...sorted, ...ranking.slice(FINALISTS)],
    phases: fresh.length === 0 ? [] : [summary],
  };
}

/** What a search of one phase ends with, after its finals. */
export function* outcomeOfFinals(problem: SearchProblem, aggregation: AggregationName, ended: Ended): Asking<Outcome> {
  const { ranking, phases } = yield* finals({
    space: problem.space,
    ranking: ended.ranking,
    objective: objectiveOfBoth(problem, aggregation),
    again: problem.finals && objectiveOfBoth(problem.finals, aggregation),
    phase: ended.phase,
    cycle: 1,
    memo: new Map(),
  });
  const outcome = outcomeOf({ ...ended, ranking });
  return { ...outcome, phases: [...outcome.phases, ...phases] };
}
