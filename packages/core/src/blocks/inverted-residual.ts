/**
 * @file The inverted residual of MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) as published networks have it: with stride
 * and width of its own, without the expansion where its factor is 1, and with a residual only where the shape is kept.
 * MobileViT has the same block with SiLU. IBN (ibn.ts) is the one that keeps its shape, which our search space has.
 */

import { dimension, isSameShape } from "../graph/operator.js";
import type { Block } from "./block.js";
import { type Activation, convNorm, residual } from "./layers.js";

export interface InvertedResidualSpec {
  readonly kind: "inverted-residual";
  readonly kernel: number;
  readonly stride: number;
  readonly expansion: number;
  readonly width: number;
  readonly activation: Activation;
}

export const invertedResidual: Block<InvertedResidualSpec> = {
  kind: "inverted-residual",
  title: "Inverted residual",
  build(b, x, { kernel, stride, expansion, width, activation }) {
    const groups = dimension(x.shape, 1) * expansion;
    const expanded = expansion === 1 ? x : convNorm(b, x, "expand", { out: groups, kernel: 1, activation });
    const y = convNorm(b, expanded, "depthwise", { out: groups, kernel, stride, groups, activation });
    const projected = convNorm(b, y, "project", { out: width, kernel: 1 });
    return isSameShape(x.shape, projected.shape) ? residual(b, x, projected, "residual") : projected;
  },
};
