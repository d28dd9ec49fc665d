/**
 * @file What halves the resolution between the cells of NATS-Bench's networks: a residual block of two ReLU-convolution-
 * normalisations, the first of stride 2, beside average pooling and a 1 x 1 convolution (arXiv 2009.00437).
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { conv2d, residual } from "./layers.js";
import { reluConvNorm } from "./nats-cell.js";
import type { PythonDefinition } from "./pytorch.js";

/** The residual block between stages of NATS-Bench's networks. */
export interface NatsReductionSpec {
  /** Which block it is. */
  readonly kind: "nats-reduction";
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "Reduction",
  source: `class Reduction(nn.Module):
    """Residual block of NATS-Bench that halves the resolution.

    https://arxiv.org/abs/2009.00437
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv_a = nn.Conv2d(in_channels, channels, 3, 2, padding=1, bias=False)
        self.conv_a_norm = nn.BatchNorm2d(channels)
        self.conv_b = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv_b_norm = nn.BatchNorm2d(channels)
        self.downsample = nn.Conv2d(in_channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_a_norm(self.conv_a(F.relu(x)))
        y = self.conv_b_norm(self.conv_b(F.relu(y)))
        return self.downsample(F.avg_pool2d(x, 2)) + y`,
};

export const natsReduction: Block<NatsReductionSpec> = {
  kind: "nats-reduction",
  title: "Reduction",
  build(b, x, { width }) {
    const halved = reluConvNorm(b, x, "conv_a", { out: width, kernel: 3, stride: 2 });
    const branch = reluConvNorm(b, halved, "conv_b", { out: width, kernel: 3 });
    const pooled = b.node("AveragePool", "downsample/pool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
    return residual(b, conv2d(b, pooled, "downsample", { out: width, kernel: 1, bias: false }), branch, "residual");
  },
  pytorch: ({ width }, input) => ({ definition, args: [dimension(input, 1), width].map(String) }),
};
