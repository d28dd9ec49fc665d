/**
 * @file Linear regions: into how many pieces, on each of which it is one linear map, a random network cuts its input (Chen et
 * al., TE-NAS, ICLR 2021, arXiv 2102.11535).
 *
 * TE-NAS counts the different patterns of activation among 3,000 images of 3 x 3 pixels, in networks of one channel and one
 * cell a stage. In networks as they are, that count says nothing: all images of a batch have patterns of their own. What is
 * counted instead are the regions on a closed path, one by one as the path enters them (Hanin and Rolnick 2019, arXiv
 * 1901.09021; the transitions of Raghu et al. 2017, arXiv 1606.05336):
 *
 *     score = sum over units of how often a unit's sign changes around a circle, as far as its points show; at least 1
 *
 * The circle has its centre at the origin and goes through two images of noise.
 */

import { z } from "zod";
import { elements } from "../graph/graph.js";
import { patterns, WORD } from "./activation-patterns.js";
import { defineMetric } from "./metric.js";
import { forwardOptions, nonlinearitiesOf } from "./nonlinearities.js";

const options = z.strictObject({
  ...forwardOptions({ batch: 8, resolution: 32 }),
  /** Points of the circle. */
  batch: z.coerce.number().int().min(3).max(WORD).default(8),
});

/** How many bits of a 32 bit integer are 1: in pairs, then in fours, then bytes summed by a product. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How often neighbours differ in a ring of `length` bits. */
function changes(word: number, length: number): number {
  return bitCount(word ^ ((word >>> 1) | ((word & 1) << (length - 1))));
}

export const linearRegions = defineMetric({
  contract: {
    name: "linear-regions",
    summary: "linear regions that a circle through input space passes",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts:
      "every tensor that enters a nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish), once, each element of it by the changes of its " +
      "sign; not softmax. GELU, SiLU and HardSwish, which have no linear regions, count as ReLU",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network",
    source: "Chen et al. 2021 (TE-NAS), arXiv 2102.11535, along a path as in Hanin and Rolnick 2019, arXiv 1901.09021",
    significantDigits: 4,
  },
  options,
  create(input) {
    return {
      input: { ...input, images: "circle" },
      observe(b, graph) {
        const byTensor = new Map(nonlinearitiesOf(graph).map((nonlinearity) => [nonlinearity.pre.name, nonlinearity]));
        return [...byTensor.values()].map((nonlinearity) => ({
          size: elements(nonlinearity.pre.shape),
          tensors: patterns(b, nonlinearity, input.batch),
        }));
      },
      reduce(layers) {
        if (layers.length === 0) return { value: null, reason: "the network has no nonlinearity" };
        let regions = 0;
        for (const { values } of layers) {
          for (const { data } of values) for (const word of data) regions += changes(word, input.batch);
        }
        return Math.max(1, regions);
      },
    };
  },
});
