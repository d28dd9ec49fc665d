/**
 * @file The Entropic Score in closed form: what it is in expectation where the activations of a layer are independent Gaussian
 * numbers of one variance, as they nearly are at initialisation. With f = f(x) of a standard normal x over the n elements of a layer:
 *
 *     of magnitudes, p = |a| / sum |a|    H = ln n - c,  c = E[|f| ln |f|] / E|f| - ln E|f|
 *     of the L2 norm, z = |a| / ||a||     H = sqrt(n / E f^2) (E|f| (ln n + ln E f^2) / 2 - E[|f| ln |f|])
 *
 * What enters a nonlinearity, or leaves a convolution, has f(x) = x, for which E|x| = sqrt(2 / pi), and E[|x| ln |x|] / E|x| =
 * (ln 2 - gamma) / 2 is the mean logarithm of a Rayleigh variable: c = (ln pi - gamma) / 2 = 0.28376. What leaves a ReLU has half
 * of its elements at 0, and c is larger by ln 2. The other moments are integrals. A score takes microseconds.
 */

import { z } from "zod";
import { blockGraph } from "../architecture/architecture.js";
import { atResolution } from "../architecture/input-size.js";
import { elements, type Node } from "../graph/graph.js";
import { aggregate, aggregations } from "./entropic-score.js";
import { defineMetric } from "./metric.js";
import { placesOf, sites } from "./nonlinearities.js";

const options = z.strictObject({
  site: z.enum(sites).default("pre"),
  of: z.enum(["magnitude", "l2"]).default("magnitude"),
  aggregation: z.enum(aggregations).default("mean"),
  normalized: z.stringbool().or(z.boolean()).default(false),
  /** Height and width of the images, in pixels, as entropic-score has it. */
  resolution: z.coerce.number().int().min(1).max(4096).default(64),
});

/** Moments of f of a standard normal x. */
export interface Moments {
  /** E|f| */
  readonly mean: number;
  /** E[|f| ln |f|] */
  readonly weighted: number;
  /** E f^2 */
  readonly square: number;
}

const EULER = 0.5772156649015329;
const HALF_NORMAL = Math.sqrt(2 / Math.PI);

/** f(x) = x */
export const identityMoments: Moments = {
  mean: HALF_NORMAL,
  weighted: (HALF_NORMAL * (Math.LN2 - EULER)) / 2,
  square: 1,
};

/** Of what leaves each nonlinearity; Clip is the one between 0 and 6, ReLU6. E|f| is nearly the same for all of them. */
export const momentsAfter: Readonly<Partial<Record<Node["operator"], Moments>>> = {
  Relu: { mean: HALF_NORMAL / 2, weighted: identityMoments.weighted / 2, square: 0.5 },
  Clip: { mean: 0.3989422802450758, weighted: 0.023124991173129834, square: 0.4999999980752705 },
  Gelu: { mean: HALF_NORMAL / 2, weighted: -0.12068117504711068, square: 0.4252214825702986 },
  HardSwish: { mean: HALF_NORMAL / 2, weighted: -0.20500675504024057, square: 0.33156737513790774 },
  Swish: { mean: HALF_NORMAL / 2, weighted: -0.1847692220929702, square: 0.35577551981536726 },
};

/** Of n elements, in nats; 0 for maps so small that the form, which is that of many elements, goes below. */
export function entropyOf(n: number, { mean, weighted, square }: Moments, of: "magnitude" | "l2"): number {
  const entropy =
    of === "magnitude"
      ? Math.log(n) - weighted / mean + Math.log(mean)
      : Math.sqrt(n / square) * ((mean * (Math.log(n) + Math.log(square))) / 2 - weighted);
  return Math.max(0, entropy);
}

export const entropicScoreAnalytic = defineMetric({
  contract: {
    name: "entropic-score-analytic",
    summary: "the Entropic Score where activations are Gaussian, from their numbers alone: no run",
    role: "topology",
    direction: "maximize",
    needs: "nothing",
    counts:
      "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish), the tensor that enters it; not softmax; or every convolution",
    normalisation: "taken to give activations of one variance",
    softmax: "not counted",
    nonFinite: "no nonlinearity in the network",
    source: "the closed form of entropic-score, this implementation's",
    significantDigits: 12,
  },
  options,
  create({ site, of, aggregation, normalized, resolution }) {
    return {
      score(architecture) {
        const entropies = atResolution(architecture, resolution).blocks.flatMap((block) =>
          placesOf(blockGraph(block), site).map(({ operator, tensor: { shape } }) => {
            const n = elements(shape);
            const moments = (site === "post" ? momentsAfter[operator] : undefined) ?? identityMoments;
            const entropy = entropyOf(n, moments, of);
            return normalized && n > 1 ? entropy / Math.log(n) : entropy;
          }),
        );
        return aggregate(entropies, aggregation, site);
      },
    };
  },
});
