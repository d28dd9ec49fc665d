/**
 * @file NEAR, network expressivity by activation rank (Husistein, Reiher, Eckhoff, ICLR 2025, arXiv 2408.08776): the effective rank (Roy and
 * Vetterli 2007) of what enters nonlinearities and of what leaves them, summed.
 *
 *     score = sum over nonlinearities of erank(Z) + erank(H),   erank(A) = exp(- sum p ln p),   p_i = sigma_i / sum sigma
 *
 * Z and H are square, as in the paper: as many points as there are features, or all points where they are fewer.
 */

import { z } from "zod";
import type { GraphBuilder, Tensor } from "../graph/builder.js";
import type { TensorData } from "../runtime/session.js";
import { byFeature, firstPoints, productOf, sizesOf } from "./activation-matrix.js";
import { symmetricEigenvalues } from "./eigenvalues.js";
import { defineMetric, type Observation } from "./metric.js";
import { forwardOptions, nonlinearitiesOf } from "./nonlinearities.js";

/** `exp(- sum p ln p)` of the shares of a matrix's singular values, from its product with itself; 0 of zeros. */
export function effectiveRank({ data, shape: [order = 0] }: TensorData): number {
  const singular = symmetricEigenvalues(data, order).map((value) => Math.sqrt(Math.max(0, value)));
  const sum = singular.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const entropy = singular.reduce((total, value) => total - (value > 0 ? (value / sum) * Math.log(value / sum) : 0), 0);
  return Math.exp(entropy);
}

function squareOf(b: GraphBuilder, x: Tensor, batch: number): Observation {
  const at = `${x.name}/near`;
  const { features, points } = sizesOf(x, batch);
  const rows = byFeature(b, firstPoints(b, x, batch, features, at), at);
  return { size: features, tensors: [productOf(b, rows, points >= features, at)] };
}

export const near = defineMetric({
  contract: {
    name: "near",
    summary: "effective ranks of what enters nonlinearities and of what leaves them, summed",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts:
      "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish): as many points as features of the tensor that enters it and of the one " +
      "that leaves it; not softmax. The authors' code counts the outputs of normalisations too",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network; activations that overflow",
    source: "Husistein, Reiher, Eckhoff 2025 (NEAR), arXiv 2408.08776",
    significantDigits: 4,
  },
  options: z.strictObject(forwardOptions({ batch: 16, resolution: 64 })),
  create(input) {
    return {
      input,
      observe(b, graph) {
        const known = new Map<string, Observation>();
        return nonlinearitiesOf(graph).flatMap(({ pre, post }) =>
          [pre, post].map((tensor) => {
            const observation = known.get(tensor.name) ?? squareOf(b, tensor, input.batch);
            known.set(tensor.name, observation);
            return observation;
          }),
        );
      },
      reduce(observed) {
        if (observed.length === 0) return { value: null, reason: "the network has no nonlinearity" };
        const finite = observed.every(({ values }) => values.every(({ data }) => data.every(Number.isFinite)));
        if (!finite) return { value: null, reason: "the activations overflow" };
        const known = new Map<TensorData, number>();
        let total = 0;
        for (const { values } of observed) {
          for (const product of values) {
            const rank = known.get(product) ?? effectiveRank(product);
            known.set(product, rank);
            total += rank;
          }
        }
        return total;
      },
    };
  },
});
