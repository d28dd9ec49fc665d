/** @file The classifier of NATS-Bench's networks: batch normalisation, ReLU, global pooling, a linear layer (arXiv 2009.00437). */

import type { Block } from "./block.js";
import { head } from "./head.js";
import { batchNorm2d, relu } from "./layers.js";

export interface NatsHeadSpec {
  readonly kind: "nats-head";
  readonly classes: number;
}

export const natsHead: Block<NatsHeadSpec> = {
  kind: "nats-head",
  title: "Head",
  build(b, x, { classes }) {
    return head.build(b, relu(b, batchNorm2d(b, x, "norm"), "act"), { kind: "head", classes });
  },
};
