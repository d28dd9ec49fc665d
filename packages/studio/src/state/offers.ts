/** @file The networks that a search has to offer: its result, or its best so far; of a front, the model of each budget. */

import {
  type BoundsByCost,
  costWords,
  type FrontCost,
  genotypeOfCode,
  milliseconds,
  roundNumber,
} from "@esnas/core/internal";
import { computed } from "@preact/signals";
import type { Named } from "./changing.js";
import { best, models, provenanceOf, result, study } from "./study.js";

/** `36 M MACs` */
export function budgetText(cost: FrontCost, budget: number): string {
  return `${cost === "latency" ? milliseconds(budget) : roundNumber(budget)} ${costWords[cost]}`;
}

/** The bounds of one point of a front. */
export function boundsAt(constraints: BoundsByCost, cost: FrontCost, budget: number): BoundsByCost {
  return { ...constraints, [cost]: { max: budget } };
}

/** One, or where the search is a front that has ended, one for each point, in their order. */
export const offers = computed<readonly Named[]>(() => {
  const of = study.value;
  if (of === undefined) return [];
  const { space, settings, name } = of;
  const { front } = settings;
  const points = models.value;
  if (front !== undefined && points.length > 0) {
    return points.map(({ best: indices, budget = Number.NaN }, i) => ({
      space,
      genotype: genotypeOfCode(space, indices),
      title: `Model ${i + 1} of ${points.length}: at most ${budgetText(front.cost, budget)}`,
      provenance: provenanceOf(of, undefined),
    }));
  }
  const found = best.value;
  if (found === undefined) return [];
  return [{ space, genotype: found.genotype, title: `Best of ${name}`, provenance: provenanceOf(of, found.order) }];
});

/** Index of the model of a front that is shown; -1 where there is none. */
export const shownPoint = computed(() =>
  study.value?.settings.front === undefined
    ? -1
    : models.value.findIndex(({ best: indices }) => indices === result.value?.best),
);
