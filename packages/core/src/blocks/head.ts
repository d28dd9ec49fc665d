/** @file The classifier: global average pooling and a linear layer. */

import type { Block } from "./block.js";
import { linear } from "./layers.js";

export interface HeadSpec {
  readonly kind: "head";
  readonly classes: number;
}

export const head: Block<HeadSpec> = {
  kind: "head",
  title: "Head",
  build(b, x, { classes }) {
    const pooled = b.node("Flatten", "pool", [b.node("GlobalAveragePool", "pool", [x])]);
    return linear(b, pooled, "classifier", classes);
  },
};
