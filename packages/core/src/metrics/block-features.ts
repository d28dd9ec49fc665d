/**
 * @file The feature maps that the blocks of a chain give, as AZ-NAS looks at them (Lee and Ham, CVPR 2024, arXiv 2403.19232,
 * section 3.2): the entropy of the eigenvalues of the covariance of a map's channels.
 *
 * The authors' code for NAS-Bench-201 takes the stem's output and that of every cell and reduction, in training mode; here it
 * is every block whose output is a feature map `[N, C, H, W]`, which leaves out the head.
 */

import type { GraphBuilder, Tensor } from "../graph/builder.js";
import { elements, type Graph, outputOf } from "../graph/graph.js";
import type { TensorData } from "../runtime/session.js";
import { byFeature, centred, productOf, sizesOf } from "./activation-matrix.js";
import { symmetricEigenvalues } from "./eigenvalues.js";
import type { Observation, Observed, Score } from "./metric.js";

/** What the contracts of metrics of block outputs have in common. */
export const blockFeatureContract = {
  role: "topology",
  direction: "maximize",
  needs: "forward",
  blockwise: true,
  normalisation: "training mode: statistics of the batch",
  softmax: "as it is",
} as const;

export const TOO_FEW_BLOCKS = "the network is no chain of at least two blocks that give feature maps";

/** The covariance of the channels of a block's output; nothing where that is no feature map. */
export function covarianceOfOutput(b: GraphBuilder, graph: Graph, batch: number): readonly Observation[] {
  const output = b.tensor(outputOf(graph));
  if (!isFeatureMap(output)) return [];
  return [{ size: elements(output.shape), tensors: [covarianceOf(b, output, batch, "covariance")] }];
}

export function isFeatureMap({ shape }: Tensor): boolean {
  return shape.length === 4;
}

/**
 * A matrix of the eigenvalues, other than 0, of the covariance of a map's channels over samples and positions, times a constant:
 * `[C, C]`, or `[P, P]` of the P samples and positions where they are fewer than the channels.
 */
export function covarianceOf(b: GraphBuilder, map: Tensor, batch: number, at: string): Tensor {
  const { features, points } = sizesOf(map, batch);
  return productOf(b, centred(b, byFeature(b, map, at), points, at), points >= features, at);
}

/** `- sum p ln p` of the shares `p` of eigenvalues in their sum, in nats; 0 where the covariance is zero. */
export function spectralEntropy({ data, shape: [order = 0] }: TensorData): number {
  const positive = symmetricEigenvalues(data, order).filter((value) => value > 0);
  const trace = positive.reduce((total, value) => total + value, 0);
  return positive.reduce((total, value) => total - (value / trace) * Math.log(value / trace), 0);
}

/** A score from the entropies of each observation. */
export function scoreOfEntropies(
  observed: readonly Observed[],
  reduce: (entropies: readonly (readonly number[])[]) => number,
): Score {
  const finite = observed.every(({ values }) => values.every(({ data }) => data.every(Number.isFinite)));
  if (!finite) return { value: null, reason: "the activations overflow" };
  return reduce(observed.map(({ values }) => values.map(spectralEntropy)));
}

/** A score from the entropies of the outputs of all blocks, in the order of the network. */
export function scoreOfOutputs(observed: readonly Observed[], reduce: (entropies: readonly number[]) => number): Score {
  if (observed.length < 2) return { value: null, reason: TOO_FEW_BLOCKS };
  return scoreOfEntropies(observed, (entropies) => reduce(entropies.flat()));
}
