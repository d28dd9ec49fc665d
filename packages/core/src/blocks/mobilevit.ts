/**
 * @file The MobileViT block (Mehta and Rastegari 2022, arXiv 2110.02178): a 3 x 3 and a 1 x 1 convolution; the map unfolded into
 * patches, where a pixel attends to those at its own place in all patches, through encoders with SiLU; folded, a 1 x 1
 * convolution, concatenated with the input, a 3 x 3 convolution.
 */

import { GraphError } from "../errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNorm, pointwise } from "./layers.js";
import { encoderLayer, layerNormTokens } from "./tokens.js";

export interface MobileVitSpec {
  readonly kind: "mobilevit";
  readonly kernel: number;
  /** Height and width of a patch. */
  readonly patch: number;
  /** Dimension of tokens, and of query, key and value, all heads together. */
  readonly qkvDim: number;
  readonly heads: number;
  readonly depth: number;
  /** Of the encoders' feed-forward networks. */
  readonly expansion: number;
}

/** `[N, C, H, W]` to `[N, P L, C]`: place in the patch by place, the tokens of all patches. */
function unfolded(b: Builder, x: Tensor, patch: number): Tensor {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  if (height % patch !== 0 || width % patch !== 0) {
    throw new GraphError(`a map of ${height} x ${width} does not divide into patches of ${patch} x ${patch}`);
  }
  const grid = b.constant("unfold/grid", "int64", [0, channels, height / patch, patch, width / patch, patch]);
  const apart = b.node("Reshape", "unfold/split", [x, grid]);
  const turned = b.node("Transpose", "unfold", [apart], { perm: [0, 3, 5, 2, 4, 1] });
  return b.node("Reshape", "unfold", [turned, b.constant("unfold/tokens", "int64", [0, height * width, channels])]);
}

/** The way back. */
function folded(b: Builder, tokens: Tensor, patch: number, height: number, width: number): Tensor {
  const channels = dimension(tokens.shape, 2);
  const grid = b.constant("fold/grid", "int64", [0, patch, patch, height / patch, width / patch, channels]);
  const apart = b.node("Reshape", "fold/split", [tokens, grid]);
  const turned = b.node("Transpose", "fold", [apart], { perm: [0, 5, 3, 1, 4, 2] });
  return b.node("Reshape", "fold", [turned, b.constant("fold/map", "int64", [0, channels, height, width])]);
}

export const mobilevit: Block<MobileVitSpec> = {
  kind: "mobilevit",
  title: "MobileViT",
  build(b, x, { kernel, patch, qkvDim, heads, depth, expansion }) {
    const [, width = 1, height = 1, columns = 1] = x.shape;
    const local = convNorm(b, x, "local", { out: width, kernel, activation: "silu" });
    const groups = patch * patch;
    let tokens = unfolded(b, pointwise(b, local, "embed", qkvDim, false), patch);
    for (let i = 0; i < depth; i++) {
      const options = { heads, expansion, activation: "silu", epsilon: 1e-5, groups } as const;
      tokens = encoderLayer(b, tokens, `encoders.${i}.`, options);
    }
    const map = folded(b, layerNormTokens(b, tokens, "norm", 1e-5), patch, height, columns);
    const global = convNorm(b, map, "project", { out: width, kernel: 1, activation: "silu" });
    const both = b.node("Concat", "fusion", [x, global], { axis: 1 });
    return convNorm(b, both, "fusion", { out: width, kernel, activation: "silu" });
  },
};
