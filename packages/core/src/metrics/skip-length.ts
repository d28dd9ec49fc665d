/**
 * @file FreeREA's third term, which knows an operation by its name: how many nodes the skip connections of a NATS-Bench cell
 * pass over, on average. The paper (Cavagnero et al. 2023, arXiv 2207.05135) and its code add it to the two metrics. It is a
 * metric of one kind of block, hence in no registry: it is there to be searched with and without.
 */

import { UnscorableError } from "../base/errors.js";
import { natsEdges } from "../blocks/nats-cell.js";
import type { StaticMetric } from "./metric.js";

export const skipLength: StaticMetric = {
  id: "skip-length",
  contract: {
    name: "skip-length",
    summary: "mean number of nodes that a cell's skip connections pass over",
    role: "topology",
    direction: "maximize",
    needs: "nothing",
    counts: "skip_connect edges of the first cell: to - from - 1; 0 where there is none",
    normalisation: "not counted",
    softmax: "not counted",
    nonFinite: "networks without cells of NATS-Bench cannot be scored",
    source: "Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135, as in its code",
    significantDigits: 15,
  },
  score(architecture) {
    for (const { spec } of architecture.blocks) {
      if (spec.kind !== "nats-cell") continue;
      const lengths = natsEdges.flatMap(({ from, to }, edge) =>
        spec.operations[edge] === "skip_connect" ? [to - from - 1] : [],
      );
      return lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
    }
    throw new UnscorableError(`"${architecture.name}" has no cell of NATS-Bench, whose skip connections would count`);
  },
};
