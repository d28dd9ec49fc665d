/**
 * @file A convolution, a batch normalisation and a nonlinearity: the stem of MobileNetV2, ResNet, ShuffleNetV2 and MobileViT, and
 * the 1 x 1 convolution before the classifier of three of them.
 */

import type { Block } from "./block.js";
import { type Activation, convNorm as convNormLayers } from "./layers.js";

export interface ConvNormSpec {
  readonly kind: "conv-norm";
  readonly kernel: number;
  readonly stride: number;
  readonly width: number;
  readonly activation: Activation;
}

export const convNorm: Block<ConvNormSpec> = {
  kind: "conv-norm",
  title: "Convolution",
  build: (b, x, { kernel, stride, width, activation }) =>
    convNormLayers(b, x, "conv", { out: width, kernel, stride, activation }),
};
