/**
 * @file Finals: the best of a phase are scored again with more random weights, and the winner is the best of these. A score is
 * one draw, so that the best of hundreds is in part the luckiest.
 */

import type { Scores } from "../../metrics/metric.js";
import type { AggregationName, Objective } from "../../objective/objective.js";
import { keyOf } from "../../spaces/identity.js";
import type { Genotype, Space } from "../../spaces/space.js";
import {
  type Asking,
  type Ended,
  type Evaluation,
  type Outcome,
  objectiveOfBoth,
  outcomeOf,
  type PhaseSummary,
  type SearchProblem,
} from "../algorithm.js";
import { type ScoreMemo, scoreMemo } from "../history.js";
import { askAll } from "../memory.js";
import { inOrderOfMerits } from "../order.js";

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
  readonly memo: ScoreMemo;
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
  const fresh = finalists.filter((finalist) => memo.get(key(finalist)) === undefined);
  for (const told of yield* askAll(fresh.map((finalist) => candidate(finalist.candidate.genotype)))) {
    memo.set(key(told), told.scores);
  }
  const others = ranking.slice(FINALISTS);
  const scores = finalists.map((finalist) => memo.get(key(finalist)) ?? {});
  // By one metric, the others change nothing.
  const beside = again.metrics.length <= 1 ? [] : others.map((other) => asIfAgain(other.scores, objective, again));
  const merits = again.merits([...scores, ...beside]);
  const sorted = inOrderOfMerits(finalists, merits);
  const summary = { phase: `${phase}-finals`, cycle, evaluations: fresh.length, admitted: 1, exhausted: false };
  return {
    ranking: [...sorted, ...others],
    phases: fresh.length === 0 ? [] : [summary],
  };
}

/**
 * The scores of one that is not scored again, under the names of what scores again. The ranks and scales of an aggregate are taken
 * among all of the phase, as before: among ten alone, a rank would be worth as much where they hardly differ as where they do.
 */
function asIfAgain(scores: Scores, { metrics }: Objective, again: Objective): Scores {
  const entries = again.metrics.map(({ id }, i) => [id, scores[metrics[i]?.id ?? ""]] as const);
  return Object.fromEntries(entries.flatMap(([id, score]) => (score === undefined ? [] : [[id, score]])));
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
    memo: scoreMemo(),
  });
  const outcome = outcomeOf({ ...ended, ranking });
  return { ...outcome, phases: [...outcome.phases, ...phases] };
}
