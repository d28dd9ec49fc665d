/**
 * @file IBN, the inverted bottleneck of MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381): 1 x 1 expansion, depthwise
 * convolution, 1 x 1 projection, each with batch normalisation; ReLU6 after the first two; a residual around all.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { batchNorm2d, depthwise, pointwise, relu6, residual } from "./layers.js";

export interface IbnSpec {
  readonly kind: "ibn";
  readonly kernel: number;
  readonly expansion: number;
}

export const ibn: Block<IbnSpec> = {
  kind: "ibn",
  title: "IBN",
  build(b, x, { kernel, expansion }) {
    const width = dimension(x.shape, 1);
    let y = pointwise(b, x, "expand", width * expansion, false);
    y = relu6(b, batchNorm2d(b, y, "expand_norm"), "expand_act");
    y = depthwise(b, y, "depthwise", kernel, false);
    y = relu6(b, batchNorm2d(b, y, "depthwise_norm"), "depthwise_act");
    y = batchNorm2d(b, pointwise(b, y, "project", width, false), "project_norm");
    return residual(b, x, y, "residual");
  },
};
