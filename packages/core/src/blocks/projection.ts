/** @file A 1 x 1 convolution with a stride, and batch normalisation: what stands in for the identity where shapes change. */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { batchNorm2d, conv2d } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** A pointwise convolution between widths. */
export interface ProjectionSpec {
  /** Which block it is. */
  readonly kind: "projection";
  /** Stride, in pixels. */
  readonly stride: number;
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "Projection",
  source: `class Projection(nn.Module):
    """A 1 x 1 convolution with a stride, and a batch normalisation."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))`,
};

export const projection: Block<ProjectionSpec> = {
  kind: "projection",
  title: "Projection",
  build: (b, x, { stride, width }) =>
    batchNorm2d(b, conv2d(b, x, "conv", { out: width, kernel: 1, stride, bias: false }), "norm"),
  pytorch: ({ stride, width }, input) => ({
    definition,
    args: [`${dimension(input, 1)}`, `${width}`, `stride=${stride}`],
  }),
};
