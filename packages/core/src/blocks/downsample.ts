/**
 * @file A convolution whose kernel is its stride, and a batch normalisation: the stem (4 x 4) and the transitions between
 * stages (2 x 2). Non-overlapping patches as in Swin (Liu et al. 2021, arXiv 2103.14030) and ConvNeXt.
 */

import type { Block } from "./block.js";
import { batchNorm2d, conv2d } from "./layers.js";

export interface DownsampleSpec {
  readonly kind: "downsample";
  /** Kernel and stride. */
  readonly stride: number;
  readonly width: number;
}

export const downsample: Block<DownsampleSpec> = {
  kind: "downsample",
  title: "Downsample",
  build(b, x, { stride, width }) {
    const patches = conv2d(b, x, "conv", { out: width, kernel: stride, stride, bias: false });
    return batchNorm2d(b, patches, "norm");
  },
};
