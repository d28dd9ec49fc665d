/** @file The stem of NATS-Bench's networks: a 3 x 3 convolution and a batch normalisation (arXiv 2009.00437). */

import type { Block } from "./block.js";
import { batchNorm2d, conv2d } from "./layers.js";

export interface NatsStemSpec {
  readonly kind: "nats-stem";
  readonly width: number;
}

export const natsStem: Block<NatsStemSpec> = {
  kind: "nats-stem",
  title: "Stem",
  build(b, x, { width }) {
    return batchNorm2d(b, conv2d(b, x, "conv", { out: width, kernel: 3, padding: 1, bias: false }), "norm");
  },
};
