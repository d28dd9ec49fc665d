/**
 * @file How much the expressivity of AZ-NAS (Lee and Ham, CVPR 2024, arXiv 2403.19232) grows within blocks that keep the shape:
 *
 *     score = sum over blocks whose output has the shape of their input of H(output) - H(input)
 *
 * with the entropies H that `az-expressivity` sums. The sum telescopes to last minus first of each stage: where
 * `az-progressivity` takes the smallest of all steps, and with it the noise of the noisiest, this keeps what a stage gains as a
 * whole. One sample is enough. The form is this implementation's, chosen on CIFAR-10 (docs/benchmarks.md).
 */

import { z } from "zod";
import { outputOf, shapeOf } from "../graph/graph.js";
import type { TensorData } from "../runtime/session.js";
import {
  blockFeatureContract,
  covarianceOf,
  covarianceOfOutput,
  isFeatureMap,
  scoreOfEntropies,
} from "./block-features.js";
import { defineMetric, type Observed } from "./metric.js";
import { forwardOptions } from "./nonlinearities.js";

const options = z.strictObject(forwardOptions({ batch: 1, resolution: 64 }));

export const expressivityGrowth = defineMetric({
  contract: {
    ...blockFeatureContract,
    sizeless: true,
    name: "expressivity-growth",
    summary: "growth of the entropy of principal components within blocks that keep the shape",
    counts: "every block that gives a feature map of its input's shape",
    nonFinite: "a network that is no chain of blocks, or has none that keeps the shape; activations that overflow",
    source: "a sum over steps of AZ-NAS's expressivity (Lee and Ham 2024, arXiv 2403.19232), this implementation's",
    significantDigits: 5,
  },
  options,
  create(input) {
    return {
      input,
      observe(b, graph) {
        const before = { name: graph.input, shape: shapeOf(graph, graph.input) };
        return covarianceOfOutput(b, graph, input.batch).flatMap(({ size, tensors }) => {
          const keepsShape = isFeatureMap(before) && `${before.shape}` === `${shapeOf(graph, outputOf(graph))}`;
          return keepsShape ? [{ size, tensors: [covarianceOf(b, before, input.batch, "before"), ...tensors] }] : [];
        });
      },
      reduce(observed) {
        if (observed.length === 0) return { value: null, reason: "no block keeps the shape of a feature map" };
        return scoreOfEntropies(joined(observed), (entropies) =>
          entropies.reduce((total, [before = 0, after = 0]) => total + after - before, 0),
        );
      },
    };
  },
});

/** From the first to the last of blocks that follow one another: what is between them cancels, and is not worth its eigenvalues. */
function joined(observed: readonly Observed[]): readonly Observed[] {
  const stretches: Observed[] = [];
  for (const block of observed) {
    const [before, after] = block.values;
    const stretch = stretches.at(-1);
    const [first, last] = stretch?.values ?? [];
    const goesOn = stretch !== undefined && first && last && before && after && isSame(before, last);
    if (goesOn) stretches.splice(-1, 1, { ...stretch, values: [first, after] });
    else stretches.push(block);
  }
  return stretches;
}

/** Numbers that are not finite are not the same, so that none of them is left out. */
function isSame({ data }: TensorData, { data: other }: TensorData): boolean {
  return data.length === other.length && data.every((value, i) => value === other[i] && Number.isFinite(value));
}
