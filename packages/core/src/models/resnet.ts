/**
 * @file ResNet of basic blocks (He et al. 2016, *Deep Residual Learning for Image Recognition*, arXiv 1512.03385, table 1).
 * Figures: timm (Apache-2.0), weights of torchvision's recipe, which is the paper's, at 224 x 224. Later recipes reach 71.5 % with
 * ResNet-18.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf, type Published, TIMM } from "./model.js";

const widths = [64, 128, 256, 512];

function resnetModel(
  name: string,
  title: string,
  depths: readonly [number, number, number, number],
  published: Omit<Published, "source">,
): Model {
  return modelOf(
    { name, title, resolution: 224, published: { ...published, source: TIMM } },
    {
      stem: [
        { kind: "conv-norm", kernel: 7, stride: 2, width: 64, activation: "relu" },
        { kind: "max-pool", kernel: 3, stride: 2 },
      ],
      stages: widths.map((width, i) => {
        const block = (stride: number): BlockSpec => ({ kind: "basic-block", kernel: 3, stride, width });
        return { blocks: Array.from({ length: depths[i] ?? 0 }, (_, j) => block(i > 0 && j === 0 ? 2 : 1)) };
      }),
      head: (classes) => ({ kind: "head", classes }),
    },
  );
}

export const resnet: readonly Model[] = [
  resnetModel("resnet18", "ResNet-18", [2, 2, 2, 2], {
    name: "resnet18.tv_in1k",
    millionParameters: 11.69,
    gigaMacs: 1.82,
    top1: 69.752,
  }),
];

export const furtherResnet: readonly Model[] = [
  resnetModel("resnet34", "ResNet-34", [3, 4, 6, 3], {
    name: "resnet34.tv_in1k",
    millionParameters: 21.8,
    gigaMacs: 3.67,
    top1: 73.298,
  }),
];
