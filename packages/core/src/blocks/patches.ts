/**
 * @file Stem and transitions of ConvNeXt (Liu et al. 2022, arXiv 2201.03545) and of EdgeNeXt: a convolution whose kernel is its
 * stride, with a layer normalisation over channels, after it in the stem, before it between stages.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { conv2d, layerNorm2d } from "./layers.js";
import { layerNorm, type PythonDefinition } from "./pytorch.js";

/** Non-overlapping patches: a convolution whose kernel is its stride, with a layer normalisation. */
export interface PatchesSpec {
  /** Which block it is. */
  readonly kind: "patches";
  /** Kernel and stride. */
  readonly stride: number;
  /** Channels of the output. */
  readonly width: number;
  /** Where the layer normalisation is. */
  readonly norm: "before" | "after";
}

const normFirst: PythonDefinition = {
  name: "NormPatches",
  uses: [layerNorm],
  source: `class NormPatches(nn.Module):
    """Layer normalisation, then patches that do not overlap."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.norm = LayerNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, channels, stride, stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.norm(x))`,
};

const normLast: PythonDefinition = {
  name: "PatchesNorm",
  uses: [layerNorm],
  source: `class PatchesNorm(nn.Module):
    """Patches that do not overlap, then layer normalisation."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, stride, stride)
        self.norm = LayerNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))`,
};

export const patches: Block<PatchesSpec> = {
  kind: "patches",
  title: "Patches",
  build(b, x, { stride, width, norm }) {
    const input = norm === "before" ? layerNorm2d(b, x, "norm") : x;
    const y = conv2d(b, input, "conv", { out: width, kernel: stride, stride });
    return norm === "after" ? layerNorm2d(b, y, "norm") : y;
  },
  pytorch({ stride, width, norm }, input) {
    const args = [`${dimension(input, 1)}`, `${width}`, `stride=${stride}`];
    return { definition: norm === "before" ? normFirst : normLast, args };
  },
};
