/**
 * @file A convolution whose kernel is its stride, and a batch normalisation: the stem (4 x 4) and the transitions between
 * stages (2 x 2). Non-overlapping patches as in Swin (Liu et al. 2021, arXiv 2103.14030) and ConvNeXt.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { batchNorm2d, conv2d } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** The patches between two stages of ConvNeXt and of the hybrid space. */
export interface DownsampleSpec {
  /** Which block it is. */
  readonly kind: "downsample";
  /** Kernel and stride. */
  readonly stride: number;
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "Downsample",
  source: `class Downsample(nn.Module):
    """Patches that do not overlap, each mapped linearly; batch normalisation."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, stride, stride, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))`,
};

export const downsample: Block<DownsampleSpec> = {
  kind: "downsample",
  title: "Downsample",
  build(b, x, { stride, width }) {
    const patches = conv2d(b, x, "conv", { out: width, kernel: stride, stride, bias: false });
    return batchNorm2d(b, patches, "norm");
  },
  pytorch({ stride, width }, input) {
    return { definition, args: [`${dimension(input, 1)}`, `${width}`, `stride=${stride}`] };
  },
};
