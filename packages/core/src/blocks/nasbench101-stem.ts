/** @file The stem of NAS-Bench-101's networks: a 3 x 3 convolution, a batch normalisation and ReLU (arXiv 1902.09635). */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNormRelu } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** The stem of NAS-Bench-101's networks. */
export interface Nasbench101StemSpec {
  /** Which block it is. */
  readonly kind: "nasbench101-stem";
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "Stem",
  source: `class Stem(nn.Module):
    """Stem of NAS-Bench-101's networks: https://arxiv.org/abs/1902.09635"""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.conv_norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv_norm(self.conv(x)))`,
};

export const nasbench101Stem: Block<Nasbench101StemSpec> = {
  kind: "nasbench101-stem",
  title: "Stem",
  build: (b, x, { width }) => convNormRelu(b, x, "conv", { out: width, kernel: 3 }),
  pytorch: ({ width }, input) => ({ definition, args: [dimension(input, 1), width].map(String) }),
};
