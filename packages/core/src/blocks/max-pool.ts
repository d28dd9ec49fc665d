/**
 * @file Maxima of windows: of patches, what halves the resolution between the stacks of NAS-Bench-101 (arXiv 1902.09635); of
 * windows that overlap, what follows the stem of ResNet and of ShuffleNetV2.
 */

import type { Block } from "./block.js";
import { maxPool2d } from "./layers.js";

/** Max pooling. */
export interface MaxPoolSpec {
  /** Which block it is. */
  readonly kind: "max-pool";
  /** Stride, in pixels. */
  readonly stride: number;
  /** That of the stride where it is absent; a larger one is padded by half of itself. */
  readonly kernel?: number;
}

export const maxPool: Block<MaxPoolSpec> = {
  kind: "max-pool",
  title: "Max pooling",
  build: (b, x, { stride, kernel = stride }) =>
    maxPool2d(b, x, "pool", { kernel, stride, padding: kernel > stride ? Math.floor((kernel - 1) / 2) : 0 }),
  pytorch({ stride, kernel = stride }) {
    const window = kernel > stride ? [kernel, stride, Math.floor((kernel - 1) / 2)] : [kernel, stride];
    return { definition: { name: "nn.MaxPool2d", source: "" }, args: window.map(String) };
  },
};
