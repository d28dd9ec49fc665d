/** @file The stem of NATS-Bench's networks: a 3 x 3 convolution and a batch normalisation (arXiv 2009.00437). */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { batchNorm2d, conv2d } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** The stem of NATS-Bench's networks. */
export interface NatsStemSpec {
  /** Which block it is. */
  readonly kind: "nats-stem";
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "Stem",
  source: `class Stem(nn.Module):
    """Stem of NATS-Bench's networks: https://arxiv.org/abs/2009.00437"""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))`,
};

export const natsStem: Block<NatsStemSpec> = {
  kind: "nats-stem",
  title: "Stem",
  build(b, x, { width }) {
    return batchNorm2d(b, conv2d(b, x, "conv", { out: width, kernel: 3, padding: 1, bias: false }), "norm");
  },
  pytorch: ({ width }, input) => ({ definition, args: [dimension(input, 1), width].map(String) }),
};
