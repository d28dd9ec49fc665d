/**
 * @file Neural spectral capacity (Zhu, Zhao, Lu 2026): the sum over weight matrices of `ln det(I + W^T W)`, in expectation over a random
 * draw of variance 2 / (m + n), by the Marchenko-Pastur law. It takes no run: a score is a sum over layers of a closed form of their shapes.
 *
 *     psi(m, n) = N * integral ln(1 + M s^2 x) f(x; N / M) dx      N = min(m, n), M = max(m, n), s^2 = 2 / (m + n)
 *
 * with f the Marchenko-Pastur density. The integral is its Shannon transform, which has a closed form (Tulino and Verdu, Random Matrix Theory and
 * Wireless Communications, 2004, eq. 1.14): with r = N / M, g = M s^2,
 *
 *     F = (sqrt(g (1 + sqrt r)^2 + 1) - sqrt(g (1 - sqrt r)^2 + 1))^2
 *     integral = ln(1 + g - F / 4) + ln(1 + g r - F / 4) / r - F / (4 r g)
 */

import { z } from "zod";
import { blockGraph } from "../architecture/architecture.js";
import type { Graph } from "../graph/graph.js";
import { depthOptions, weighedByDepth } from "./depth-weight.js";
import { defineMetric } from "./metric.js";
import { weightMatricesOf } from "./weight-matrices.js";

/** Of a random `m x n` matrix of variance `2 / (m + n)`, in nats. */
export function spectralCapacityOf(m: number, n: number): number {
  const small = Math.min(m, n);
  const large = Math.max(m, n);
  const ratio = small / large;
  const gain = (2 * large) / (m + n);
  const root = Math.sqrt(ratio);
  const f = (Math.sqrt(gain * (1 + root) ** 2 + 1) - Math.sqrt(gain * (1 - root) ** 2 + 1)) ** 2;
  return small * (Math.log(1 + gain - f / 4) + Math.log(1 + gain * ratio - f / 4) / ratio - f / (4 * ratio * gain));
}

const capacities = new WeakMap<Graph, number>();

function capacityOf(graph: Graph): number {
  const known = capacities.get(graph);
  if (known !== undefined) return known;
  let total = 0;
  for (const { rows, columns, count } of weightMatricesOf(graph)) total += count * spectralCapacityOf(rows, columns);
  capacities.set(graph, total);
  return total;
}

export const spectralCapacity = defineMetric({
  contract: {
    name: "spectral-capacity",
    summary: "sum over weight matrices of ln det(I + W^T W), from their shapes alone: no run",
    role: "size",
    direction: "maximize",
    needs: "nothing",
    counts:
      "weights of convolutions (a matrix a group: a row a channel of depthwise ones) and linear layers, query, key and value by head; " +
      "no biases, no normalisations",
    normalisation: "not counted",
    softmax: "not counted",
    nonFinite: "never; 0 where there is no weight",
    source:
      "Zhu, Zhao, Lu 2026 (NSC); expectation by the Marchenko-Pastur law in closed form (Tulino and Verdu 2004, eq. 1.14)",
    significantDigits: 10,
  },
  options: z.strictObject({ ...depthOptions }),
  create({ depth }) {
    return {
      score(architecture) {
        let total = 0;
        for (const block of architecture.blocks) total += capacityOf(blockGraph(block));
        return weighedByDepth(total, architecture, depth);
      },
    };
  },
});
