/**
 * @file SWAP-Score: how many different patterns the units of a network show over a batch (Peng et al., SWAP-NAS, ICLR 2024,
 * arXiv 2403.04161, definitions 3.1 and 3.2). A unit is one element of what enters a nonlinearity; its pattern has a bit a
 * sample, 1 where the value is above 0.
 *
 *     score = | { pattern of u : u a unit of the network } |
 */

import { z } from "zod";
import { elements } from "../graph/graph.js";
import { patterns, WORD } from "./activation-patterns.js";
import { defineMetric, type Observed } from "./metric.js";
import { forwardOptions, nonlinearitiesOf } from "./nonlinearities.js";

/** Numbers a unit. */
const WORDS = 2;

/** Samples up to which every possible pattern has a mark of its own; patterns of more are sorted. */
const MARKED = 20;

const options = z.strictObject({
  /** Patterns are counted once in the whole network, or once in each layer. */
  over: z.enum(["network", "layer"]).default("network"),
  ...forwardOptions({ batch: 16, resolution: 32 }),
  batch: z.coerce
    .number()
    .int()
    .min(1)
    .max(WORD * WORDS)
    .default(16),
});

/** The number of different patterns of `batch` samples in some layers. */
function countDistinct(layers: readonly Observed[], batch: number): number {
  return batch <= MARKED ? countMarks(layers, batch) : countSorted(layers);
}

function countMarks(layers: readonly Observed[], batch: number): number {
  const seen = new Uint8Array(2 ** batch);
  let count = 0;
  for (const { values } of layers) {
    for (const pattern of values[0]?.data ?? []) {
      if (seen[pattern] === 0) {
        seen[pattern] = 1;
        count++;
      }
    }
  }
  return count;
}

function countSorted(layers: readonly Observed[]): number {
  const keys = new Float64Array(layers.reduce((total, { size }) => total + size, 0));
  let at = 0;
  for (const {
    values: [low, high],
  } of layers) {
    low?.data.forEach((word, unit) => {
      keys[at++] = word + (high?.data[unit] ?? 0) * 2 ** WORD;
    });
  }
  keys.sort();
  return keys.reduce((count, key, i) => (i > 0 && key === keys[i - 1] ? count : count + 1), 0);
}

export const swapScore = defineMetric({
  contract: {
    name: "swap-score",
    summary: "different activation patterns of units over a batch",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts:
      "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish), each element of what enters it, by its signs over the batch; " +
      "not softmax. The score is the number itself, not its logarithm, and has no factor of the network's size",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network",
    source: "Peng et al. 2024 (SWAP-NAS), arXiv 2403.04161, without the regularisation by parameters",
    significantDigits: 4,
  },
  options,
  create({ over, ...input }) {
    return {
      input,
      observe: (b, graph) =>
        nonlinearitiesOf(graph).map((nonlinearity) => ({
          size: elements(nonlinearity.pre.shape),
          tensors: patterns(b, nonlinearity, input.batch),
        })),
      reduce(layers) {
        if (layers.length === 0) return { value: null, reason: "the network has no nonlinearity" };
        if (over === "network") return countDistinct(layers, input.batch);
        return layers.reduce((total, layer) => total + countDistinct([layer], input.batch), 0);
      },
    };
  },
});
