/**
 * @file LogSynflow: `sum over weights of |w| ln(1 + dR/dw)` in the linearised network, R the sum of its outputs for an
 * input of ones (Cavagnero et al. 2023, FreeREA, arXiv 2207.05135), in expectation over the weights: closed form, no
 * gradient engine (docs/entropic-score.md; graph/field.ts).
 */

import { z } from "zod";
import type { Architecture } from "../architecture/architecture.js";
import type { Tally } from "../graph/flow-rule.js";
import { depthOptions, weighedByDepth } from "./depth-weight.js";
import { flowContract, flowOptions, tallyFlow } from "./flow-metric.js";
import { defineMetric, scoreOf } from "./metric.js";

/** Above this, ln(1 + x) is ln x to the last digit of a float64. */
const LINEAR_FROM = 1e16;

/** By convention: the logarithm of a gradient `g`; the second is what FreeREA's published table was computed with. */
const conventions = {
  "1+g": Math.log1p,
  "g+1e-6": (g: number) => Math.abs(Math.log(g + 1e-6)),
} as const;

/*
 * Loops go by index: in these the engine makes an object of each step of an iterator, which was a sixth of all that a search over
 * sizes allocates.
 */

/** Sum over the taps of a kernel of `logarithm(exp(log) * rows[i] * columns[j])`. */
function sumOverTaps(
  logarithm: (g: number) => number,
  log: number,
  rows: readonly number[],
  columns: readonly number[],
): number {
  const gradient = Math.exp(log);
  if (gradient * lowest(rows) * lowest(columns) > LINEAR_FROM) {
    const sumOfRows = sumOfLogs(rows);
    const sumOfColumns = rows === columns ? sumOfRows : sumOfLogs(columns);
    return rows.length * columns.length * log + columns.length * sumOfRows + rows.length * sumOfColumns;
  }
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    for (let j = 0; j < columns.length; j++) {
      const overlap = row * (columns[j] ?? 0);
      const g = overlap === 0 ? 0 : gradient * overlap;
      sum += g > LINEAR_FROM ? log + Math.log(overlap) : logarithm(g);
    }
  }
  return sum;
}

function lowest(values: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? least;
    if (value < least) least = value;
  }
  return least;
}

/** Products are kept within the square of these bounds, and of their inverses. */
const LARGE = 1e100;

/** The sum of the logarithms of values between 1 / LARGE and LARGE, by as few logarithms as a float64 allows. */
function sumOfLogs(values: readonly number[]): number {
  let sum = 0;
  let product = 1;
  for (let i = 0; i < values.length; i++) {
    product *= values[i] ?? 1;
    if (product > LARGE || product < 1 / LARGE) {
      sum += Math.log(product);
      product = 1;
    }
  }
  return sum + Math.log(product);
}

function logSynflowTally(logarithm: (g: number) => number): Tally & { total: number } {
  return {
    total: 0,
    add(magnitude, count, log, rows, columns) {
      this.total += magnitude * count * sumOverTaps(logarithm, log, rows, columns);
    },
    addUnreached({ magnitude, count }) {
      this.total += magnitude * count * logarithm(0);
    },
  };
}

export const logsynflow = defineMetric({
  contract: {
    ...flowContract,
    name: "logsynflow",
    summary: "sum over weights of |w| ln(1 + dR/dw) in the linearised network, in expectation",
    nonFinite: "never for networks of the closed set of operators",
    source: "Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135; the expectation is this implementation's",
  },
  options: flowOptions.extend({
    /** `1+g` as in the paper; `g+1e-6` as in FreeREA's published table, where weights without gradient score 13.8 |w|. */
    log: z.enum(["1+g", "g+1e-6"]).default("1+g"),
    ...depthOptions,
  }),
  create({ normalisation, log, depth }) {
    return {
      score(architecture) {
        const tally = logSynflowTally(conventions[log]);
        tallyFlow(architecture, tally, normalisation);
        return weighedByDepth(scoreOf(tally.total, "the flow overflows"), architecture, depth);
      },
    };
  },
});

/**
 * What each block of an architecture adds to its LogSynflow with default options, in the order of the network.
 * @throws {@link UnscorableError} where an operator has no flow rule.
 */
export function logSynflowByBlock(architecture: Architecture): number[] {
  const tallies = architecture.blocks.map(() => logSynflowTally(conventions["1+g"]));
  let current = tallies.at(-1);
  const tally: Tally = {
    add: (...weights) => current?.add(...weights),
    addUnreached: (...weights) => current?.addUnreached(...weights),
  };
  tallyFlow(architecture, tally, "identity", (block) => {
    current = tallies[block];
  });
  return tallies.map(({ total }) => total);
}
