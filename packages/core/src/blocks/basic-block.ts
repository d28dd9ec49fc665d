/**
 * @file The basic block of ResNet-18 and ResNet-34 (He et al. 2016, arXiv 1512.03385): two 3 x 3 convolutions with batch
 * normalisations, a residual, through a 1 x 1 convolution where the shape changes, and ReLU after each.
 */

import { isSameShape } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNorm, relu, residual } from "./layers.js";

export interface BasicBlockSpec {
  readonly kind: "basic-block";
  readonly stride: number;
  readonly kernel: number;
  readonly width: number;
}

export const basicBlock: Block<BasicBlockSpec> = {
  kind: "basic-block",
  title: "Basic block",
  build(b, x, { stride, kernel, width }) {
    const y = convNorm(b, x, "conv1", { out: width, kernel, stride, activation: "relu" });
    const branch = convNorm(b, y, "conv2", { out: width, kernel });
    const isKept = isSameShape(x.shape, branch.shape);
    const shortcut = isKept ? x : convNorm(b, x, "shortcut", { out: width, kernel: 1, stride });
    return relu(b, residual(b, shortcut, branch, "residual"), "act");
  },
};
