/**
 * @file The stem of ViT and DeiT (Dosovitskiy et al. 2021, arXiv 2010.11929): patches as tokens, a class token before them, an
 * embedding of the positions. Class token and embedding are added, and begin at zero as biases do.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { conv2d } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** Patches of an image as tokens `[1, L, C]`. */
export interface PatchTokensSpec {
  /** Which block it is. */
  readonly kind: "patch-tokens";
  /** Kernel and stride. */
  readonly stride: number;
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "PatchTokens",
  source: `class PatchTokens(nn.Module):
    """Patches as tokens after a class token, with positions.

    https://arxiv.org/abs/2010.11929
    """

    def __init__(
        self, in_channels: int, channels: int, stride: int, tokens: int
    ) -> None:
        super().__init__()
        self.patches = nn.Conv2d(in_channels, channels, stride, stride)
        self.class_token = nn.Parameter(torch.zeros(1, 1, channels))
        self.positions = nn.Parameter(torch.zeros(1, tokens, channels))

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(x), -1, -1)
        return torch.cat([first, tokens], dim=1) + self.positions`,
};

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
  pytorch({ stride, width }, input) {
    const tokens = Math.floor(dimension(input, 2) / stride) * Math.floor(dimension(input, 3) / stride) + 1;
    return { definition, args: [`${dimension(input, 1)}`, `${width}`, `stride=${stride}`, `tokens=${tokens}`] };
  },
};
