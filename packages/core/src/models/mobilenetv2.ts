/**
 * @file MobileNetV2 (Sandler et al. 2018, *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, arXiv 1801.04381, table 2).
 * Figures: timm (Apache-2.0), weights of its own recipe, at 224 x 224; the paper has 3.4 M, 300 M and 72.0 %.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf, type Stage, TIMM } from "./model.js";

/** Expansion, width, depth and the stride of the first block: a row of the paper's table. */
type Row = readonly [expansion: number, width: number, depth: number, stride: number];

const rows: readonly Row[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

function stage([expansion, width, depth, stride]: Row): Stage {
  const block = (strideHere: number): BlockSpec => ({
    kind: "inverted-residual",
    kernel: 3,
    stride: strideHere,
    expansion,
    width,
    activation: "relu6",
  });
  return { blocks: Array.from({ length: depth }, (_, i) => block(i === 0 ? stride : 1)) };
}

export const mobilenetv2: readonly Model[] = [
  modelOf(
    {
      name: "mobilenetv2_100",
      title: "MobileNetV2 1.0",
      resolution: 224,
      published: {
        name: "mobilenetv2_100.ra_in1k",
        millionParameters: 3.5,
        gigaMacs: 0.31,
        top1: 72.91,
        source: TIMM,
      },
    },
    {
      stem: [{ kind: "conv-norm", kernel: 3, stride: 2, width: 32, activation: "relu6" }],
      stages: rows.map(stage),
      final: { kind: "conv-norm", kernel: 1, stride: 1, width: 1280, activation: "relu6" },
      head: (classes) => ({ kind: "head", classes }),
    },
  ),
];
