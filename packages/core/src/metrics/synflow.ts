/**
 * @file Synflow: `sum |w| dR/dw` over the weights of the linearised network (Tanaka et al. 2020, arXiv 2006.05467), in
 * expectation over the weights and as a natural logarithm, since deep networks leave the range of a float64.
 */

import type { Tally } from "../graph/flow-rule.js";
import { flowContract, flowOptions, tallyFlow } from "./flow-metric.js";
import { defineMetric, scoreOf } from "./metric.js";

/** Sums exponentials without leaving the range of a number. */
class LogSum {
  #top = Number.NEGATIVE_INFINITY;
  #sum = 0;

  add(log: number): void {
    if (log === Number.NEGATIVE_INFINITY) return;
    if (log > this.#top) {
      this.#sum = this.#sum * Math.exp(this.#top - log) + 1;
      this.#top = log;
    } else {
      this.#sum += Math.exp(log - this.#top);
    }
  }

  get log(): number {
    return this.#top + Math.log(this.#sum);
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function synflowTally(): Tally & { readonly total: LogSum } {
  const total = new LogSum();
  return {
    total,
    add: (magnitude, count, log, rows, columns) =>
      total.add(Math.log(magnitude * count) + log + Math.log(sumOf(rows)) + Math.log(sumOf(columns))),
    addUnreached: () => {},
  };
}

export const synflow = defineMetric({
  contract: {
    ...flowContract,
    name: "synflow",
    summary: "ln of the sum over weights of |w| dR/dw in the linearised network, in expectation",
    nonFinite: "no weight, or none that the signal reaches",
    source: "Tanaka et al. 2020, arXiv 2006.05467; expectation and logarithm are this implementation's",
  },
  options: flowOptions,
  create({ normalisation }) {
    return {
      score(architecture) {
        const tally = synflowTally();
        tallyFlow(architecture, tally, normalisation);
        return scoreOf(tally.total.log, "no gradient reaches a weight");
      },
    };
  },
});
