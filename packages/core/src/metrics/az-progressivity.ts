/**
 * @file Progressivity of AZ-NAS: the smallest growth of the expressivity from one block to the next (Lee and Ham, CVPR 2024,
 * arXiv 2403.19232, equation 4).
 *
 *     score = min over blocks l > 1 of H_l - H_(l-1),   H the entropies that `az-expressivity` sums
 */

import { z } from "zod";
import { smallest } from "../base/extremes.js";
import { blockFeatureContract, covarianceOfOutput, scoreOfOutputs } from "./block-features.js";
import { defineMetric } from "./metric.js";
import { forwardOptions } from "./nonlinearities.js";

const options = z.strictObject(forwardOptions({ batch: 4, resolution: 64 }));

export const azProgressivity = defineMetric({
  contract: {
    ...blockFeatureContract,
    sizeless: true,
    name: "az-progressivity",
    summary: "smallest growth of the entropy of principal components from block to block",
    counts: "every block that gives a feature map: the stem, blocks, reductions; not the head",
    nonFinite: "a network that is no chain of at least two such blocks; activations that overflow",
    source: "Lee and Ham 2024 (AZ-NAS), arXiv 2403.19232",
    significantDigits: 5,
  },
  options,
  create(input) {
    return {
      input,
      observe: (b, graph) => covarianceOfOutput(b, graph, input.batch),
      reduce: (observed) =>
        scoreOfOutputs(observed, (entropies) =>
          smallest(entropies.slice(1).map((entropy, i) => entropy - (entropies[i] ?? 0))),
        ),
    };
  },
});
