/**
 * @file ResNet-18 (He et al. 2016, *Deep Residual Learning for Image Recognition*, arXiv 1512.03385, table 1).
 * Figures: timm (Apache-2.0), weights of torchvision's recipe, which is the paper's, at 224 x 224. Later recipes reach 71.5 %.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf, TIMM } from "./model.js";

const widths = [64, 128, 256, 512];

export const resnet: readonly Model[] = [
  modelOf(
    {
      name: "resnet18",
      title: "ResNet-18",
      resolution: 224,
      published: { name: "resnet18.tv_in1k", millionParameters: 11.69, gigaMacs: 1.82, top1: 69.752, source: TIMM },
    },
    {
      stem: [
        { kind: "conv-norm", kernel: 7, stride: 2, width: 64, activation: "relu" },
        { kind: "max-pool", kernel: 3, stride: 2 },
      ],
      stages: widths.map((width, i) => {
        const block = (stride: number): BlockSpec => ({ kind: "basic-block", kernel: 3, stride, width });
        return { blocks: [block(i === 0 ? 1 : 2), block(1)] };
      }),
      head: (classes) => ({ kind: "head", classes }),
    },
  ),
];
