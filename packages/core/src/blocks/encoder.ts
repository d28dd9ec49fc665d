/**
 * @file The Transformer encoder of ViT and DeiT (Dosovitskiy et al. 2021, arXiv 2010.11929), on tokens `[N, L, C]`: GELU, layer
 * normalisations before each half. The encoder of our search space, on feature maps, is in transformer.ts.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { encoderLayer, encoderModule } from "./tokens.js";

/** An encoder of a vision transformer, over tokens `[1, L, C]`. */
export interface EncoderSpec {
  /** Which block it is. */
  readonly kind: "encoder";
  /** Attention heads. */
  readonly heads: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion: number;
}

export const encoder: Block<EncoderSpec> = {
  kind: "encoder",
  title: "Encoder",
  build: (b, x, { heads, expansion }) =>
    encoderLayer(b, x, "", { heads, expansion, activation: "gelu", epsilon: 1e-6 }),
  pytorch({ heads, expansion }, input) {
    const sizes = [`${dimension(input, 2)}`, `heads=${heads}`, `expansion=${expansion}`];
    return { definition: encoderModule, args: [...sizes, "activation=F.gelu", "eps=1e-6"], dropsPath: true };
  },
};
