/** @file The classifier of ConvNeXt and EdgeNeXt: global average pooling, layer normalisation, a linear layer. */

import type { Block } from "./block.js";
import { layerNorm2d, linear } from "./layers.js";

export interface NormHeadSpec {
  readonly kind: "norm-head";
  readonly classes: number;
}

export const normHead: Block<NormHeadSpec> = {
  kind: "norm-head",
  title: "Head",
  build(b, x, { classes }) {
    const pooled = layerNorm2d(b, b.node("GlobalAveragePool", "pool", [x]), "norm");
    return linear(b, b.node("Flatten", "flatten", [pooled]), "classifier", classes);
  },
};
