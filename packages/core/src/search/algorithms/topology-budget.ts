/**
 * @file What the topology phase does about the budget. Sizes are frozen in it, and two traps lie there: (1) a size phase fills
 * the budget to the brim, after which most changes of topology break it and the search is frozen; (2) a metric that grows
 * with size, given room, makes of the topology phase a search for the biggest block. `docs/search.md` compares these ways.
 */

import { type Constraints, withBoundsTimes, withinBounds } from "../../budget/constraints.js";
import type { Genotype, Space } from "../../spaces/space.js";

export interface TopologyBudget {
  /** One line for `--help`. */
  readonly summary: string;
  /** The bounds that a size phase keeps, of which the last one of a search always keeps the user's. */
  sizeConstraints(constraints: Constraints): Constraints;
  /** What is evaluated for a child of the topology phase; `undefined` where it breaks the budget. */
  admit(space: Space, constraints: Constraints, child: Genotype): Genotype | undefined;
}

/** Of the budget, what `slack` keeps free in size phases, and what `relaxed` lets topology phases overdraw. */
const MARGIN = 0.15;

/** Widths times these factors are tried, the largest that fits is kept. */
const FACTORS = Array.from({ length: 41 }, (_, i) => 0.6 + i * 0.02);

/** The child with all widths scaled by one factor, as large as the upper bounds allow. */
function refit(space: Space, constraints: Constraints, child: Genotype): Genotype | undefined {
  const upperBounds = withBoundsTimes(constraints, { min: 0, max: 1 });
  let low = 0;
  let high = FACTORS.length - 1;
  let best: Genotype | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const scaled = withinBounds(space, upperBounds, withWidthsTimes(space, child, FACTORS[middle] ?? 1));
    if (scaled === undefined) {
      high = middle - 1;
    } else {
      best = scaled;
      low = middle + 1;
    }
  }
  return best && withinBounds(space, constraints, best);
}

function withWidthsTimes(space: Space, genotype: Genotype, factor: number): Genotype {
  return genotype.map((value, i) => {
    const gene = space.genes[i];
    if (typeof value !== "number" || !gene?.name.endsWith(".width")) return value;
    const wanted = value * factor;
    const nearest = gene.values.reduce((a, b) => (Math.abs(Number(b) - wanted) < Math.abs(Number(a) - wanted) ? b : a));
    return nearest;
  });
}

export const topologyBudgets = {
  strict: {
    summary: "every candidate keeps the budget",
    sizeConstraints: (constraints) => constraints,
    admit: withinBounds,
  },
  slack: {
    summary: `size phases but the last leave ${MARGIN * 100} % of the budget to the topology phase`,
    sizeConstraints: (constraints) => withBoundsTimes(constraints, { min: 1 - MARGIN, max: 1 - MARGIN }),
    // What the size phase has left lies below the user's lower bounds as far as it lies below the upper ones.
    admit: (space, constraints, child) =>
      withinBounds(space, withBoundsTimes(constraints, { min: 1 - MARGIN, max: 1 }), child),
  },
  relaxed: {
    summary: `topology phases may overdraw the budget by ${MARGIN * 100} %, which the size phase wins back`,
    sizeConstraints: (constraints) => constraints,
    admit: (space, constraints, child) =>
      withinBounds(space, withBoundsTimes(constraints, { min: 1, max: 1 + MARGIN }), child),
  },
  refit: {
    summary: "each topology is scored with its widths scaled by one factor to fill the budget",
    sizeConstraints: (constraints) => constraints,
    admit: refit,
  },
} as const satisfies Record<string, TopologyBudget>;

export type TopologyBudgetName = "strict" | "slack" | "relaxed" | "refit";
