/**
 * @file The stem of ViT and DeiT (Dosovitskiy et al. 2021, arXiv 2010.11929): patches as tokens, a class token before them, an
 * embedding of the positions. Class token and embedding are added, and begin at zero as biases do.
 */

import type { Block } from "./block.js";
import { conv2d } from "./layers.js";

export interface PatchTokensSpec {
  readonly kind: "patch-tokens";
  /** Kernel and stride. */
  readonly stride: number;
  readonly width: number;
}

export const patchTokens: Block<PatchTokensSpec> = {
  kind: "patch-tokens",
  title: "Patch tokens",
  build(b, x, { stride, width }) {
    const map = conv2d(b, x, "patches", { out: width, kernel: stride, stride });
    const [, , height = 1, columns = 1] = map.shape;
    const patches = height * columns;
    const flat = b.node("Reshape", "tokens", [map, b.constant("tokens/shape", "int64", [0, width, patches])]);
    const tokens = b.node("Transpose", "tokens", [flat], { perm: [0, 2, 1] });
    // Zeros in the class token's place, to which it is added: a concatenation would have to know the batch.
    const around = (before: number, after: number) => [0, before, 0, 0, after, 0];
    const padded = b.node("Pad", "tokens", [tokens, b.constant("tokens/pads", "int64", around(1, 0))]);
    const first = b.parameter("class_token", [1, 1, width], { kind: "zeros" });
    const place = b.constant("class_token/pads", "int64", around(0, patches));
    const classed = b.node("Add", "class_token", [padded, b.node("Pad", "class_token", [first, place])]);
    const positions = b.parameter("positions", [1, patches + 1, width], { kind: "zeros" });
    return b.node("Add", "positions", [classed, positions]);
  },
};
