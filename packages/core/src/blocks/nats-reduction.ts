/**
 * @file What halves the resolution between the cells of NATS-Bench's networks: a residual block of two ReLU-convolution-
 * normalisations, the first of stride 2, beside average pooling and a 1 x 1 convolution (arXiv 2009.00437).
 */

import type { Block } from "./block.js";
import { conv2d, residual } from "./layers.js";
import { reluConvNorm } from "./nats-cell.js";

export interface NatsReductionSpec {
  readonly kind: "nats-reduction";
  readonly width: number;
}

export const natsReduction: Block<NatsReductionSpec> = {
  kind: "nats-reduction",
  title: "Reduction",
  build(b, x, { width }) {
    const halved = reluConvNorm(b, x, "conv_a", { out: width, kernel: 3, stride: 2 });
    const branch = reluConvNorm(b, halved, "conv_b", { out: width, kernel: 3 });
    const pooled = b.node("AveragePool", "downsample/pool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
    return residual(b, conv2d(b, pooled, "downsample", { out: width, kernel: 1, bias: false }), branch, "residual");
  },
};
