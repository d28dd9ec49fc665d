/** @file Evaluations in order, best first; of equals, the earlier first. */

import type { Scores } from "../metrics/metric.js";
import type { Objective } from "../objective/objective.js";
import type { Evaluation } from "./algorithm.js";

/** By an objective, whose merits are taken among the evaluations that are given. */
export function inOrder<E extends Evaluation>(evaluations: readonly E[], { merits }: Objective): E[] {
  return inOrderOfMerits(evaluations, merits(evaluations.map(({ scores }) => scores)));
}

/** By merits, one for each evaluation. */
export function inOrderOfMerits<E extends Evaluation>(
  evaluations: readonly E[],
  merits: readonly (number | undefined)[],
): E[] {
  const places = [...evaluations.keys()].toSorted((a, b) => compare(merits[a], merits[b]));
  return places.flatMap((place) => evaluations.slice(place, place + 1));
}

/** What evaluations are put in order among. */
export interface Among {
  readonly length: number;
  /** The scores from a place on. */
  scoresFrom(place: number): Iterable<Scores>;
}

/**
 * Puts evaluations in order by an objective as they stand among more, which only grow: the ranks and scales of an aggregate are
 * taken among all of these, so that what differs by a thousand ranks weighs more than what differs by one.
 */
export function orderAmong(objective: Objective): (evaluations: readonly Evaluation[], among: Among) => Evaluation[] {
  // By one metric, the others change nothing.
  if (objective.metrics.length <= 1) return (evaluations) => inOrder(evaluations, objective);
  let seen: Among | undefined;
  let count = 0;
  let growing = objective.growing();
  return (evaluations, among) => {
    if (among !== seen || among.length < count) {
      growing = objective.growing();
      seen = among;
      count = 0;
    }
    for (const scores of among.scoresFrom(count)) growing.add(scores);
    count = among.length;
    const merits = new Map(evaluations.map((evaluation) => [evaluation, growing.merit(evaluation.scores)]));
    return evaluations.toSorted((a, b) => compare(merits.get(a), merits.get(b)));
  };
}

/** The first in the order of an objective; undefined of none. */
export function firstInOrder(evaluations: readonly Evaluation[], { merits }: Objective): Evaluation | undefined {
  const values = merits(evaluations.map(({ scores }) => scores));
  let first = 0;
  values.forEach((value, i) => {
    if (compare(value, values[first]) < 0) first = i;
  });
  return evaluations[first];
}

/** Greater merits first, none last. */
function compare(a = Number.NEGATIVE_INFINITY, b = Number.NEGATIVE_INFINITY): number {
  return a === b ? 0 : b - a;
}
