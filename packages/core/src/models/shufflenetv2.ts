/**
 * @file ShuffleNetV2 (Ma et al. 2018, *ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design*, arXiv
 * 1807.11164, table 5).
 * Figures: torchvision (BSD-3-Clause), at 224 x 224; the paper has 1 % more MACs. The weights of 1.5 and 2.0 are of a later recipe
 * than the others.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Backbone, type Model, modelOf, type Published } from "./model.js";

const DEPTHS = [4, 8, 4] as const;

interface ShuffleNetConfiguration {
  readonly widths: readonly [number, number, number];
  /** Channels before the classifier. */
  readonly features?: number;
  /** Of the first convolution, before the pooling: 2, or 1 for small images. */
  readonly stemStride?: number;
}

export function shufflenetv2Backbone({ widths, features = 1024, stemStride = 2 }: ShuffleNetConfiguration): Backbone {
  return {
    stem: [
      { kind: "conv-norm", kernel: 3, stride: stemStride, width: 24, activation: "relu" },
      { kind: "max-pool", kernel: 3, stride: 2 },
    ],
    stages: widths.map((width, i) => ({
      blocks: Array.from(
        { length: DEPTHS[i] ?? 0 },
        (_, j): BlockSpec => ({ kind: "shuffle-unit", kernel: 3, stride: j === 0 ? 2 : 1, width }),
      ),
    })),
    final: { kind: "conv-norm", kernel: 1, stride: 1, width: features, activation: "relu" },
    head: (classes) => ({ kind: "head", classes }),
  };
}

function shufflenetv2Model(
  name: string,
  title: string,
  configuration: ShuffleNetConfiguration,
  published: Omit<Published, "source">,
): Model {
  const source = "torchvision, weights IMAGENET1K_V1 (BSD-3-Clause)";
  const about = { name, title, resolution: 224, published: { ...published, source } };
  return modelOf(about, shufflenetv2Backbone(configuration));
}

export const shufflenetv2: readonly Model[] = [
  shufflenetv2Model(
    "shufflenetv2_100",
    "ShuffleNetV2 1.0",
    { widths: [116, 232, 464] },
    {
      name: "shufflenet_v2_x1_0",
      millionParameters: 2.28,
      gigaMacs: 0.145,
      top1: 69.362,
    },
  ),
];

export const furtherShufflenetv2: readonly Model[] = [
  shufflenetv2Model(
    "shufflenetv2_050",
    "ShuffleNetV2 0.5",
    { widths: [48, 96, 192] },
    {
      name: "shufflenet_v2_x0_5",
      millionParameters: 1.37,
      gigaMacs: 0.04,
      top1: 60.552,
    },
  ),
  shufflenetv2Model(
    "shufflenetv2_150",
    "ShuffleNetV2 1.5",
    { widths: [176, 352, 704] },
    {
      name: "shufflenet_v2_x1_5",
      millionParameters: 3.5,
      gigaMacs: 0.296,
      top1: 72.996,
    },
  ),
  shufflenetv2Model(
    "shufflenetv2_200",
    "ShuffleNetV2 2.0",
    { widths: [244, 488, 976], features: 2048 },
    {
      name: "shufflenet_v2_x2_0",
      millionParameters: 7.39,
      gigaMacs: 0.583,
      top1: 76.23,
    },
  ),
];
