/** @file Fronts in the settings of a search: which budgets they are of, and how their search is begun. */

import { InputError } from "../../base/errors.js";
import { type Bounds, costWords, extremeCost, familyBudgets } from "../../budget/constraints.js";
import { spaceOf } from "../../spaces/registry.js";
import { algorithms } from "../algorithms/registry.js";
import { type BoundsByCost, constraintsIn, DEFAULT_SPACE, type Search, type Settings } from "../settings.js";
import { budgetsBetween, type Front, type FrontCost, type FrontSearch, frontSearch } from "./front.js";

/** The least budget of a front, where none is given, as a share of the greatest. */
const LEAST_SHARE = 1 / 16;
/** Above the model of a space that costs least, so that there is something to search for. */
const ABOVE_LEAST = 1.25;

/**
 * Settings of one search as those of a front. Where no upper bound is given in the hybrid space, it is that of ESFormer-S2;
 * where no lower one is given, a sixteenth of the upper one, or more where models of the space cost more.
 * @throws {@link InputError} where there is no upper bound, or no range.
 */
export function withFront(settings: Settings, cost: FrontCost, points: number): Settings {
  const { [cost]: bounds = {} } = settings.constraints as BoundsByCost;
  const max = bounds.max ?? familyMost(settings, cost);
  if (max === undefined)
    throw new InputError(`a front of ${costWords[cost]} goes up to a bound on them: give that too`);
  const ranging = (range: { max: number; min?: number }): Settings => {
    return { ...settings, constraints: { ...settings.constraints, [cost]: range }, front: { cost, points } };
  };
  const min = bounds.min ?? leastBudget(ranging({ max }), cost, max);
  const budgets = budgetsBetween(min, max, points);
  if (budgets.some((budget, i) => i > 0 && budget <= (budgets[i - 1] ?? 0))) {
    throw new InputError(
      `there are no ${points} budgets from ${min} to ${max} ${costWords[cost]}, each above the one before: give fewer points, or a wider range`,
    );
  }
  return ranging({ min, max });
}

function familyMost({ space }: Settings, cost: FrontCost): number | undefined {
  const bounds: Partial<Record<FrontCost, Bounds>> = familyBudgets.s2;
  return space === DEFAULT_SPACE ? bounds[cost]?.max : undefined;
}

function leastBudget(settings: Settings, cost: FrontCost, max: number): number {
  const space = spaceOf(settings.space, settings.spaceOptions);
  const least = ABOVE_LEAST * (extremeCost(space, cost, "least", constraintsIn(settings)) ?? 0);
  // Where even the upper bound is below it, that is said by whoever checks the constraints.
  return Number((least < max ? Math.max(LEAST_SHARE * max, least) : LEAST_SHARE * max).toPrecision(3));
}

/**
 * The front that settings ask for, if they ask for one.
 * @throws {@link InputError} where they do not say from where to where it goes.
 */
export function frontOf({ front, constraints }: Settings): Front | undefined {
  if (front === undefined) return undefined;
  const { cost, points } = front;
  const { min, max } = constraints[cost] ?? {};
  if (min === undefined || max === undefined) {
    throw new InputError(`a front of ${costWords[cost]} has a least and a greatest budget, and the settings have not`);
  }
  return { cost, budgets: budgetsBetween(min, max, points) };
}

/** A fresh run of the searches of a front. */
export function startFront({ settings, problem }: Search, front: Front): FrontSearch {
  return frontSearch(problem, front, (at) => algorithms[settings.algorithm](at, settings));
}
