/**
 * @file A front over a range of budgets in one run: the search of each budget in turn, from the least to the largest, each
 * begun with the models that were found for less, which keep its budget too. What was scored for one budget is not scored
 * again for another: a score hangs on the network and the metric alone.
 *
 * A model dominates another that costs no less and is no better by any objective, unless both are alike in all.
 */

import type { BoundedCost, Constraints } from "../../budget/constraints.js";
import type { Scores } from "../../metrics/metric.js";
import type { Objective } from "../../objective/objective.js";
import { keyOf } from "../../spaces/identity.js";
import type { Space } from "../../spaces/space.js";
import type { Asking, Candidate, Evaluation, Outcome, SearchAlgorithm, SearchProblem } from "../algorithm.js";
import { type ScoreMemo, scoreMemo } from "../history.js";

/** What there may be a front of. */
export const frontCosts = ["macs", "parameters", "latency"] as const satisfies readonly BoundedCost[];

export type FrontCost = (typeof frontCosts)[number];

/** The budgets of a front. */
export interface Front {
  readonly cost: FrontCost;
  /** Upper bounds on the cost, ascending. */
  readonly budgets: readonly number[];
}

/** What the search of one budget has ended with. */
export interface FrontPoint {
  readonly budget: number;
  readonly outcome: Outcome;
}

/** Yields and is told as a search does; ends with the points in the order of their budgets. */
export type FrontSearch = Asking<readonly FrontPoint[]>;

/** Digits of a budget between the ends. */
const DIGITS = 3;

/** `points` budgets from `least` to `most`, each the same factor above the one before, but for rounding to three digits. */
export function budgetsBetween(least: number, most: number, points: number): number[] {
  return Array.from({ length: points }, (_, i) => {
    if (i === 0) return least;
    if (i === points - 1) return most;
    return Number((least * (most / least) ** (i / (points - 1))).toPrecision(DIGITS));
  });
}

/** The constraints of a front at one of its budgets. */
export function constraintsAt(constraints: Constraints, cost: BoundedCost, budget: number): Constraints {
  const { min: _, ...bounds } = constraints[cost] ?? {};
  return { ...constraints, [cost]: { ...bounds, max: budget } };
}

/** The phase of a point's candidates: `point 3 size`. */
export function phaseOfPoint(point: number, phase: string): string {
  return `point ${point} ${phase}`;
}

/** The point, from 1, and the phase of its search that a candidate of a front belongs to. */
export function pointOfPhase(phase: string): { readonly point: number; readonly phase: string } | undefined {
  const [, point, ofPoint] = /^point (\d+) (.+)$/.exec(phase) ?? [];
  return ofPoint === undefined ? undefined : { point: Number(point), phase: ofPoint };
}

/**
 * @param problem - Its constraints hold at every point, but for those on the cost of the front; its evaluations are those of each point.
 * @param search - The search of one point.
 */
export function* frontSearch(
  problem: SearchProblem,
  { cost, budgets }: Front,
  search: (problem: SearchProblem) => SearchAlgorithm,
): FrontSearch {
  const { space } = problem;
  const known = new Map<string, ScoreMemo>();
  const points: FrontPoint[] = [];
  for (const budget of budgets) {
    const constraints = constraintsAt(problem.constraints, cost, budget);
    const initial = points.map(({ outcome }) => outcome.best).toReversed();
    const searched = search({ ...problem, constraints, initial });
    const outcome = yield* asking(searched, space, known, (phase) => phaseOfPoint(points.length + 1, phase));
    points.push({ budget, outcome });
  }
  return points;
}

/** A candidate that is waited for, unless its scores were known. */
interface UnderWay {
  readonly candidate: Candidate;
  /** Of the metrics that it is scored by. */
  readonly memo: ScoreMemo;
  readonly key: string;
  readonly scores: Scores | undefined;
}

/** Runs a search that is told at once of what is known, and renames the phases of what it asks for. */
function* asking(
  search: SearchAlgorithm,
  space: Space,
  known: Map<string, ScoreMemo>,
  renamed: (phase: string) => string,
): SearchAlgorithm {
  const underWay: UnderWay[] = [];
  let told: Evaluation | undefined;
  for (;;) {
    const step = search.next(told);
    told = undefined;
    if (step.done) return step.value;
    if ("ask" in step.value) {
      const candidate = step.value.ask;
      const ids = candidate.metrics.map(({ id }) => id).join();
      const memo = known.get(ids) ?? scoreMemo();
      known.set(ids, memo);
      const key = keyOf(space, candidate.genotype);
      const scores = memo.get(key);
      if (scores === undefined) yield { ask: { ...candidate, phase: renamed(candidate.phase) } };
      underWay.push({ candidate, memo, key, scores });
      continue;
    }
    const oldest = underWay.shift();
    if (oldest === undefined) throw new Error("the search waits for a candidate that it has not asked for");
    const { candidate, memo, key } = oldest;
    const scores = oldest.scores ?? (yield { wait: true })?.scores;
    if (scores === undefined) throw new Error("a wait is answered by an evaluation");
    memo.set(key, scores);
    told = { candidate, scores };
  }
}

/** What a point of a front is compared by. */
export interface Standing {
  readonly cost: number;
  readonly scores: Scores;
}

/**
 * By which others each point is dominated, as indices: by those that cost no more and are no worse by any objective, and are
 * better in one of these. What has no score by an objective is worse than what has one.
 */
export function dominatorsOf(points: readonly Standing[], objectives: readonly Objective[]): number[][] {
  const scores = points.map((point) => point.scores);
  const merits = objectives.map((objective) => objective.merits(scores));
  const values = points.map(({ cost }, i) => [-cost, ...merits.map((of) => of[i] ?? Number.NEGATIVE_INFINITY)]);
  return values.map((own) =>
    values.flatMap((other, i) => {
      const isNowhereWorse = other.every((value, k) => value >= (own[k] ?? value));
      const isSomewhereBetter = other.some((value, k) => value > (own[k] ?? value));
      return isNowhereWorse && isSomewhereBetter ? [i] : [];
    }),
  );
}
