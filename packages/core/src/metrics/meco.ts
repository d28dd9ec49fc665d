/**
 * @file MeCo: how far the channels of each layer are from being linear combinations of one another, by one forward run of one
 * image (Jiang et al., "MeCo: Zero-Shot NAS with One Data and Single Forward Pass via Minimum Eigenvalue of Correlation",
 * NeurIPS 2023).
 *
 *     score = sum over layers of the smallest eigenvalue of P,   P the Pearson correlations of a map's C channels over its H W positions
 *
 * A channel that is the same at all positions correlates with nothing, itself included: its row of P is zero, as in the
 * authors' code. Where C >= H W the centred channels are linearly dependent: the smallest eigenvalue is 0 and nothing is run.
 * With `channels` (the authors' MeCo_opt) P is that of so many channels, and the eigenvalue is weighed with C / channels; all
 * channels of a random network are alike, so that the first ones are a random choice.
 */

import { z } from "zod";
import type { GraphBuilder, Tensor } from "../graph/builder.js";
import type { TensorData } from "../runtime/session.js";
import { symmetricEigenvalues } from "./eigenvalues.js";
import { defineMetric, type Observation, type Observed } from "./metric.js";
import { forwardOptions, placesOf, sites } from "./nonlinearities.js";

const options = z.strictObject({
  /** Maps that enter nonlinearities, that leave them, or that convolutions give. */
  site: z.enum(sites).default("pre"),
  /** Channels of a map that are looked at; 0 for all. */
  channels: z.coerce.number().int().min(0).default(0),
  ...forwardOptions({ batch: 1, resolution: 64 }),
});

/** Products of a map's channels about their means, summed over positions: `[N, C, C]`. */
function scatter(b: GraphBuilder, map: Tensor, looked: number): Observation {
  const [, channels = 1, height = 1, width = 1] = map.shape;
  const positions = height * width;
  if (Math.min(channels, looked) >= positions) return { size: channels, tensors: [] };
  const at = `${map.name}/scatter`;
  const rows = b.node("Reshape", at, [map, b.constant(`${at}/rows`, "int64", [0, 0, -1])]);
  const sums = b.node("ReduceSum", at, [rows, b.constant(`${at}/axis`, "int64", [2])]);
  const negated = b.node("Mul", at, [sums, b.constant(`${at}/share`, "float32", [-1 / positions], [])]);
  const centred = b.node("Add", at, [rows, negated]);
  const transposed = b.node("Transpose", at, [centred], { perm: [0, 2, 1] });
  return { size: channels, tensors: [b.node("MatMul", at, [centred, transposed])] };
}

/** The smallest eigenvalue of the correlations of the first `looked` channels, weighed, as a mean over samples. */
function smallestEigenvalue({ data, shape: [batch = 1] }: TensorData, channels: number, looked: number): number {
  const order = Math.min(channels, looked);
  const correlations = new Float64Array(order * order);
  let total = 0;
  for (let sample = 0; sample < batch; sample++) {
    const scatters = data.subarray(sample * channels ** 2, (sample + 1) * channels ** 2);
    const variance = (channel: number) => scatters[channel * channels + channel] ?? 0;
    for (let i = 0; i < order; i++) {
      for (let j = 0; j <= i; j++) {
        const scale = Math.sqrt(variance(i) * variance(j));
        correlations[i * order + j] = scale === 0 ? 0 : (scatters[i * channels + j] ?? 0) / scale;
      }
    }
    total += symmetricEigenvalues(correlations, order)[0] ?? 0;
  }
  return ((total / batch) * channels) / order;
}

/** Sum over layers; a map that enters several nonlinearities counts for each and is computed once. */
function sumOver(layers: readonly Observed[], looked: number): number {
  const known = new Map<TensorData, number>();
  let total = 0;
  for (const { size, values } of layers) {
    for (const scatters of values) {
      const smallest = known.get(scatters) ?? smallestEigenvalue(scatters, size, looked);
      known.set(scatters, smallest);
      total += smallest;
    }
  }
  return total;
}

export const meco = defineMetric({
  contract: {
    name: "meco",
    summary: "smallest eigenvalues of the correlations between channels, summed over layers",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts:
      "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish) of a feature map [N, C, H, W], the map that enters it, once for each " +
      "that it enters; not softmax. The authors' code counts the output of every module, containers too",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity of a feature map in the network; activations that overflow",
    source: "Jiang et al. 2023 (MeCo), NeurIPS 2023; the choice of layers is this implementation's",
    significantDigits: 5,
  },
  options,
  create({ site, channels, ...input }) {
    const looked = channels === 0 ? Number.POSITIVE_INFINITY : channels;
    return {
      input,
      observe(b, graph) {
        const known = new Map<string, Observation>();
        return placesOf(graph, site)
          .filter(({ tensor }) => tensor.shape.length === 4)
          .map(({ tensor: map }) => {
            const observation = known.get(map.name) ?? scatter(b, map, looked);
            known.set(map.name, observation);
            return observation;
          });
      },
      reduce(layers) {
        if (layers.length === 0) return { value: null, reason: "the network has no nonlinearity of a feature map" };
        const overflows = layers.some(({ values }) => values.some(({ data }) => !data.every(Number.isFinite)));
        if (overflows) return { value: null, reason: "the activations overflow" };
        return sumOver(layers, looked);
      },
    };
  },
});
