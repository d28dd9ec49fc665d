/**
 * @file Stem and transitions of ConvNeXt (Liu et al. 2022, arXiv 2201.03545) and of EdgeNeXt: a convolution whose kernel is its
 * stride, with a layer normalisation over channels, after it in the stem, before it between stages.
 */

import type { Block } from "./block.js";
import { conv2d, layerNorm2d } from "./layers.js";

export interface PatchesSpec {
  readonly kind: "patches";
  /** Kernel and stride. */
  readonly stride: number;
  readonly width: number;
  readonly norm: "before" | "after";
}

export const patches: Block<PatchesSpec> = {
  kind: "patches",
  title: "Patches",
  build(b, x, { stride, width, norm }) {
    const input = norm === "before" ? layerNorm2d(b, x, "norm") : x;
    const y = conv2d(b, input, "conv", { out: width, kernel: stride, stride });
    return norm === "after" ? layerNorm2d(b, y, "norm") : y;
  },
};
