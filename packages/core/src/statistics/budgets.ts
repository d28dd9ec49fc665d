/**
 * @file Budgets within a table of trained networks. A budget admits the networks that keep all of its bounds and use at least a share of
 * each: a search for a phone's budget does not choose among networks for a watch, which any score that grows with size would refuse.
 */

import type { CostsOfRows } from "./fixed-budget.js";
import { at } from "./ranking.js";

export const rowCosts = ["parameters", "macs"] as const satisfies readonly (keyof CostsOfRows)[];

export type RowCost = (typeof rowCosts)[number];

/** The most that a network may have; a cost that is not there is free. */
export type CostBudget = Readonly<Partial<Record<RowCost, number>>>;

/** The rows of the networks that keep a budget and use at least this share of each bound. */
export function admittedRows(costs: CostsOfRows, budget: CostBudget, leastUse: number): Uint32Array {
  const bounds = rowCosts.flatMap((cost) => {
    const most = budget[cost];
    return most === undefined ? [] : [{ values: costs[cost], most, least: leastUse * most }];
  });
  return Uint32Array.from(costs.parameters.keys()).filter((row) =>
    bounds.every(({ values, most, least }) => at(values, row) <= most && at(values, row) >= least),
  );
}

export interface QuantileRequest {
  readonly costs: readonly RowCost[];
  /** How many are wanted. */
  readonly budgets: number;
  readonly leastUse: number;
  /** Networks that each has to admit. */
  readonly leastRows: number;
}

/** Quantiles that are looked at for each budget that is wanted, to find the smallest. */
const STEPS = 10;

/**
 * Budgets of a table, from small to large: each bounds its costs by their quantiles of one share. Shares are evenly spaced, from the
 * first whose budget admits enough networks up to 1, which is the most of each cost. Those that admit too few are left out, and so
 * are those with the bounds of the one before.
 */
export function quantileBudgets(
  costs: CostsOfRows,
  { costs: bounded, budgets, leastUse, leastRows }: QuantileRequest,
): CostBudget[] {
  const rows = costs.parameters.length;
  const sorted = bounded.map((cost) => ({ cost, values: costs[cost].toSorted() }));
  const steps = STEPS * budgets;
  const budgetAt = (step: number): CostBudget =>
    Object.fromEntries(
      sorted.map(({ cost, values }) => [cost, at(values, Math.max(0, Math.ceil((step / steps) * rows) - 1))]),
    );
  const isEnough = (budget: CostBudget) => admittedRows(costs, budget, leastUse).length >= leastRows;
  let first = 1;
  while (first < steps && !isEnough(budgetAt(first))) first++;
  const found = Array.from({ length: budgets }, (_, i) =>
    budgetAt(budgets === 1 ? steps : first + Math.round(((steps - first) * i) / (budgets - 1))),
  );
  return found.filter((budget, i) => {
    const before = found[i - 1];
    const isNew = before === undefined || bounded.some((cost) => budget[cost] !== before[cost]);
    return isNew && isEnough(budget);
  });
}
