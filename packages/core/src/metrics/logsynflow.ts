/**
 * @file LogSynflow: `sum over weights of |w| ln(1 + dR/dw)` in the linearised network, R the sum of its outputs for an
 * input of ones (Cavagnero et al. 2023, FreeREA, arXiv 2207.05135), in expectation over the weights: closed form, no
 * gradient engine (DESIGN section 2; graph/field.ts).
 */

import { z } from "zod";
import type { Architecture } from "../architecture/architecture.js";
import type { Tally } from "../graph/flow-rule.js";
import { flowContract, flowOptions, tallyFlow } from "./flow-metric.js";
import { defineMetric, scoreOf } from "./metric.js";

/** Above this, ln(1 + e^x) is x to the last digit of a float64. */
const LINEAR_FROM = 37;

/** ln(1 + e^x) */
function softplus(x: number): number {
  return x > LINEAR_FROM ? x : Math.log1p(Math.exp(x));
}

/** |ln(e^x + 1e-6)|, what FreeREA's published table was computed with. */
function logOfShifted(x: number): number {
  return Math.abs(x > LINEAR_FROM ? x : Math.log(Math.exp(x) + 1e-6));
}

const conventions = { "1+g": softplus, "g+1e-6": logOfShifted } as const;

/** Sum over the taps of a kernel of `logarithm(log + rows[i] + columns[j])`. */
function sumOverTaps(
  logarithm: (x: number) => number,
  log: number,
  rows: readonly number[],
  columns: readonly number[],
): number {
  let rowSum = 0;
  let columnSum = 0;
  let lowestRow = Number.POSITIVE_INFINITY;
  let lowestColumn = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    rowSum += row;
    if (row < lowestRow) lowestRow = row;
  }
  for (const column of columns) {
    columnSum += column;
    if (column < lowestColumn) lowestColumn = column;
  }
  if (log + lowestRow + lowestColumn > LINEAR_FROM) {
    return rows.length * columns.length * log + columns.length * rowSum + rows.length * columnSum;
  }
  let sum = 0;
  for (const row of rows) for (const column of columns) sum += logarithm(log + row + column);
  return sum;
}

function logSynflowTally(logarithm: (x: number) => number): Tally & { total: number } {
  return {
    total: 0,
    add(magnitude, count, log, rows, columns) {
      this.total += magnitude * count * sumOverTaps(logarithm, log, rows, columns);
    },
    addUnreached(magnitude, count) {
      this.total += magnitude * count * logarithm(Number.NEGATIVE_INFINITY);
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
  }),
  create({ normalisation, log }) {
    return {
      score(architecture) {
        const tally = logSynflowTally(conventions[log]);
        tallyFlow(architecture, tally, normalisation);
        return scoreOf(tally.total, "the flow overflows");
      },
    };
  },
});

/**
 * What each block of an architecture adds to its LogSynflow with default options, in the order of the network.
 * @throws {UnscorableError} where an operator has no flow rule.
 */
export function logSynflowByBlock(architecture: Architecture): number[] {
  const tallies = architecture.blocks.map(() => logSynflowTally(softplus));
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
