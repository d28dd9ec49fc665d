/**
 * @file NASWOT: how differently the samples of a batch light up the nonlinearities (Mellor et al. 2021, arXiv 2006.04647).
 *
 *     K_ij = number of nonlinearities' elements whose sign is the same for samples i and j       score = ln |det K|
 *
 * An element's code is 1 where what enters the nonlinearity is above 0, as where a ReLU's output is. With G = C C^T from the
 * codes C of a layer of n elements, K gains n - G_ii - G_jj + 2 G_ij.
 */

import { LuDecomposition, Matrix } from "ml-matrix";
import { z } from "zod";
import { elements } from "../graph/graph.js";
import { defineMetric, type Observed, type Score, scoreOf } from "./metric.js";
import { forwardOptions, nonlinearitiesOf } from "./nonlinearities.js";

const options = z.strictObject(forwardOptions({ batch: 16, resolution: 64 }));

/** Sum over layers of the number of equal codes, for each pair of samples. */
function agreement(layers: readonly Observed[]): Matrix {
  const batch = layers[0]?.values[0]?.shape[0] ?? 0;
  const kernel = Matrix.zeros(batch, batch);
  for (const {
    size,
    values: [gram],
  } of layers) {
    const at = (i: number, j: number) => gram?.data[i * batch + j] ?? 0;
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < batch; j++) {
        kernel.set(i, j, kernel.get(i, j) + size - at(i, i) - at(j, j) + 2 * at(i, j));
      }
    }
  }
  return kernel;
}

/** ln |det K| from the diagonal of its LU decomposition, which does not overflow. */
function logDeterminant(kernel: Matrix): number {
  return new LuDecomposition(kernel).upperTriangularMatrix
    .diagonal()
    .reduce((sum, u) => sum + Math.log(Math.abs(u)), 0);
}

function score(layers: readonly Observed[]): Score {
  if (layers.length === 0) return { value: null, reason: "the network has no nonlinearity" };
  return scoreOf(logDeterminant(agreement(layers)), "the kernel is singular: two samples have equal codes everywhere");
}

export const naswot = defineMetric({
  contract: {
    name: "naswot",
    summary: "log-determinant of the agreement of activation patterns between samples",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts: "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish), by the sign of what enters it; not softmax",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network; a singular kernel",
    source: "Mellor et al. 2021, arXiv 2006.04647",
    significantDigits: 6,
  },
  options,
  create(input) {
    return {
      input,
      observe: (b, graph) =>
        nonlinearitiesOf(graph).map(({ node, pre }) => {
          const at = `${node}/code`;
          const codes = b.node("Flatten", at, [b.node("Sign", at, [b.node("Relu", at, [pre])])]);
          return { size: elements(pre.shape), tensors: [b.node("Gemm", at, [codes, codes], { transB: 1 })] };
        }),
      reduce: score,
    };
  },
});
