/**
 * @file DeepMAD's entropy and effectiveness (Shen et al., CVPR 2023, arXiv 2303.02165), from the shapes of weights alone.
 *
 *     entropy         sum over stages i of a_i ln(r_i^2 c_i) * (sum over layers up to the end of stage i of ln(w) / 2)
 *     effectiveness   L / (product of all w)^(1 / L)
 *
 * where w is what goes into an output of a layer, `c k^2 / groups`; r and c are side and channels of what a stage gives; a is 8 for the last
 * stage and 1 for the others. The paper maximises the entropy and keeps the effectiveness below a bound (0.1 to 0.5): deep and thin
 * networks have a high entropy, and signals that do not come through. A stage is a run of layers that give maps of one size. Layers on
 * a single position are left out: gates of squeeze-and-excite, which the authors' code passes over too, and the classifier.
 */

import { z } from "zod";
import { type Architecture, blockGraph } from "../architecture/architecture.js";
import { atResolution } from "../architecture/input-size.js";
import { elements } from "../graph/graph.js";
import { defineMetric, type MetricContract, type Score } from "./metric.js";
import { weightMatricesOf } from "./weight-matrices.js";

const LAST_STAGE = 8;

/** A layer that gives maps. */
export interface MapLayer {
  /** Positions of the map that it gives: height times width, or tokens. */
  readonly positions: number;
  readonly channels: number;
  /** What goes into an output: input channels of its group, times taps. */
  readonly fanIn: number;
}

/** Convolutions and linear layers that give more than one position, in the order of the network. */
export function mapLayersOf(architecture: Architecture): readonly MapLayer[] {
  return architecture.blocks.flatMap((block) =>
    weightMatricesOf(blockGraph(block)).flatMap(({ rows, count, columns, output }) => {
      const channels = rows * count;
      const positions = elements(output) / channels;
      return positions > 1 ? [{ positions, channels, fanIn: columns }] : [];
    }),
  );
}

const contract = {
  role: "size",
  needs: "nothing",
  counts: "convolutions and linear layers that give more than one position; attention's as other layers",
  normalisation: "not counted",
  softmax: "not counted",
  nonFinite: "no layer that gives a map",
  source: "Shen et al. 2023 (DeepMAD), arXiv 2303.02165",
  significantDigits: 12,
} as const satisfies Partial<MetricContract>;

const none: Score = { value: null, reason: "no layer gives a map of more than one position" };

export const deepmadEntropy = defineMetric({
  contract: {
    ...contract,
    name: "deepmad-entropy",
    summary: "entropy of a Gaussian network by stage, from widths, kernels, depth and map sizes: no run",
    direction: "maximize",
  },
  options: z.strictObject({
    /** Height and width of the images, in pixels; a network with a smaller input keeps its own. */
    resolution: z.coerce.number().int().min(1).max(4096).default(224),
  }),
  create({ resolution }) {
    return {
      score(architecture) {
        const layers = mapLayersOf(atResolution(architecture, resolution));
        let logs = 0;
        let total = 0;
        layers.forEach(({ positions, channels, fanIn }, i) => {
          logs += Math.log(fanIn) / 2;
          const next = layers[i + 1];
          if (next?.positions === positions) return;
          total += (next === undefined ? LAST_STAGE : 1) * Math.log(positions * channels) * logs;
        });
        return layers.length === 0 ? none : total;
      },
    };
  },
});

export const deepmadEffectiveness = defineMetric({
  contract: {
    ...contract,
    name: "deepmad-effectiveness",
    summary: "depth over the geometric mean of widths: less is easier to train",
    direction: "minimize",
    sizeless: true,
  },
  options: z.strictObject({}),
  create() {
    return {
      score(architecture) {
        const layers = mapLayersOf(architecture);
        if (layers.length === 0) return none;
        const logs = layers.reduce((sum, { fanIn }) => sum + Math.log(fanIn), 0);
        return layers.length / Math.exp(logs / layers.length);
      },
    };
  },
});

export const depthWidthCorrection = defineMetric({
  contract: {
    ...contract,
    name: "depth-width-correction",
    sizeless: true,
    summary: "ZiCo-BC's correction against thin and deep networks: minus the sum of ln(H W / sqrt(C)) over layers",
    direction: "maximize",
    source:
      "Bhardwaj et al. 2023 (ZiCo-BC), arXiv 2309.14666, eq. 2, without its factor beta; layers of one position left out",
  },
  options: z.strictObject({}),
  create() {
    return {
      score(architecture) {
        const layers = mapLayersOf(architecture);
        if (layers.length === 0) return none;
        return -layers.reduce((sum, { positions, channels }) => sum + Math.log(positions / Math.sqrt(channels)), 0);
      },
    };
  },
});
