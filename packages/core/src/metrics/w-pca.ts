/**
 * @file W-PCA (Wang, ICLR 2025, arXiv 2504.15983): how many principal components hold 99 % of the variance of what enters each nonlinearity,
 * summed over layers, times the number of parameters. The paper takes the hidden states of a Transformer's feed-forward networks; here it is every
 * nonlinearity, of which theirs are those of the feed-forward networks.
 */

import { z } from "zod";
import type { GraphBuilder, Tensor } from "../graph/builder.js";
import { type Graph, trainedNumbers } from "../graph/graph.js";
import type { TensorData } from "../runtime/session.js";
import { byFeature, centred, productOf, sizesOf } from "./activation-matrix.js";
import { symmetricEigenvalues } from "./eigenvalues.js";
import { defineMetric, type Observation } from "./metric.js";
import { forwardOptions, nonlinearitiesOf } from "./nonlinearities.js";

const options = z.strictObject({
  /** Share of the variance that the components hold. */
  share: z.coerce.number().positive().max(1).default(0.99),
  /** Times the number of parameters (W-PCA), or without it (V-PCA). */
  weighted: z.stringbool().or(z.boolean()).default(true),
  ...forwardOptions({ batch: 4, resolution: 64 }),
});

/** How many of the largest eigenvalues make up a share of their sum; 0 of zeros. */
export function principalDimension({ data, shape: [order = 0] }: TensorData, share: number): number {
  const eigenvalues = symmetricEigenvalues(data, order).map((value) => Math.max(0, value));
  const sum = eigenvalues.reduce((total, value) => total + value, 0);
  let [held, count] = [0, 0];
  for (const value of eigenvalues.toReversed()) {
    if (held >= share * sum) break;
    held += value;
    count++;
  }
  return sum === 0 ? 0 : count;
}

function covarianceOf(b: GraphBuilder, x: Tensor, batch: number): Observation {
  const at = `${x.name}/pca`;
  const { features, points } = sizesOf(x, batch);
  const rows = centred(b, byFeature(b, x, at), points, at);
  return { size: features, tensors: [productOf(b, rows, points >= features, at)] };
}

/** Brings nothing out of the runtime; its size is the number of parameters. */
function parametersOf(graph: Graph): Observation {
  let size = 0;
  for (const parameter of graph.parameters.values()) size += trainedNumbers(parameter);
  return { size, tensors: [] };
}

export const wPca = defineMetric({
  contract: {
    name: "w-pca",
    summary: "principal components that hold 99 % of the variance, summed over nonlinearities, times parameters",
    role: "size",
    direction: "maximize",
    needs: "forward",
    counts: "every tensor that enters a nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish), once; not softmax",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network; activations that overflow",
    source: "Wang 2025 (W-PCA), arXiv 2504.15983; the choice of layers is this implementation's",
    significantDigits: 4,
  },
  options,
  create({ share, weighted, ...input }) {
    return {
      input,
      observe(b, graph) {
        const tensors = new Map(nonlinearitiesOf(graph).map(({ pre }) => [pre.name, pre]));
        return [parametersOf(graph), ...[...tensors.values()].map((pre) => covarianceOf(b, pre, input.batch))];
      },
      reduce(observed) {
        const layers = observed.filter(({ values }) => values.length > 0);
        if (layers.length === 0) return { value: null, reason: "the network has no nonlinearity" };
        const finite = layers.every(({ values }) => values.every(({ data }) => data.every(Number.isFinite)));
        if (!finite) return { value: null, reason: "the activations overflow" };
        let components = 0;
        for (const { values } of layers) {
          for (const covariance of values) components += principalDimension(covariance, share);
        }
        const parameters = observed.reduce((sum, { size, values }) => sum + (values.length === 0 ? size : 0), 0);
        return weighted ? components * parameters : components;
      },
    };
  },
});
