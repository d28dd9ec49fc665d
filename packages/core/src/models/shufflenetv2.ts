/**
 * @file ShuffleNetV2 (Ma et al. 2018, *ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design*, arXiv
 * 1807.11164, table 5).
 * Figures: torchvision (BSD-3-Clause), shufflenet_v2_x1_0, at 224 x 224; MACs to two decimals are the paper's 146 M.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf } from "./model.js";

const stages = [
  { width: 116, depth: 4 },
  { width: 232, depth: 8 },
  { width: 464, depth: 4 },
];

export const shufflenetv2: readonly Model[] = [
  modelOf(
    {
      name: "shufflenetv2_100",
      title: "ShuffleNetV2 1.0",
      resolution: 224,
      published: {
        name: "shufflenet_v2_x1_0",
        millionParameters: 2.28,
        gigaMacs: 0.146,
        top1: 69.362,
        source: "torchvision, ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1 (BSD-3-Clause); MACs of the paper",
      },
    },
    {
      stem: [
        { kind: "conv-norm", kernel: 3, stride: 2, width: 24, activation: "relu" },
        { kind: "max-pool", kernel: 3, stride: 2 },
      ],
      stages: stages.map(({ width, depth }) => ({
        blocks: Array.from(
          { length: depth },
          (_, i): BlockSpec => ({ kind: "shuffle-unit", kernel: 3, stride: i === 0 ? 2 : 1, width }),
        ),
      })),
      final: { kind: "conv-norm", kernel: 1, stride: 1, width: 1024, activation: "relu" },
      head: (classes) => ({ kind: "head", classes }),
    },
  ),
];
