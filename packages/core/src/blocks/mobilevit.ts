/**
 * @file The MobileViT block (Mehta and Rastegari 2022, arXiv 2110.02178): a 3 x 3 and a 1 x 1 convolution; the map unfolded into
 * patches, where a pixel attends to those at its own place in all patches, through encoders with SiLU; folded, a 1 x 1
 * convolution, concatenated with the input, a 3 x 3 convolution.
 */

import { GraphError } from "../base/errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNorm, pointwise } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";
import { encoderLayer, encoderModule, layerNormTokens } from "./tokens.js";

/** A block of MobileViT: convolutions around encoders over patches. */
export interface MobileVitSpec {
  /** Which block it is. */
  readonly kind: "mobilevit";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Height and width of a patch. */
  readonly patch: number;
  /** Dimension of tokens, and of query, key and value, all heads together. */
  readonly qkvDim: number;
  /** Attention heads. */
  readonly heads: number;
  /** Encoders. */
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

const definition: PythonDefinition = {
  name: "MobileViTBlock",
  uses: [encoderModule],
  source: `class MobileViTBlock(nn.Module):
    """MobileViT block: https://arxiv.org/abs/2110.02178"""

    def __init__(
        self,
        channels: int,
        kernel: int,
        patch: int,
        dim: int,
        heads: int,
        depth: int,
        expansion: int,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.patch = patch
        self.local = nn.Conv2d(channels, channels, kernel, 1, padding, bias=False)
        self.local_norm = nn.BatchNorm2d(channels)
        self.embed = nn.Conv2d(channels, dim, 1, bias=False)
        self.encoders = nn.Sequential(
            *(
                Encoder(dim, heads, expansion, F.silu, 1e-5, drop_path)
                for _ in range(depth)
            )
        )
        self.norm = nn.LayerNorm(dim, eps=1e-5)
        self.project = nn.Conv2d(dim, channels, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(channels)
        self.fusion = nn.Conv2d(2 * channels, channels, kernel, 1, padding, bias=False)
        self.fusion_norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        n, _, height, width = x.shape
        p, rows, columns = self.patch, height // self.patch, width // self.patch
        y = self.embed(F.silu(self.local_norm(self.local(x))))
        # A pixel attends to those at its own place in all patches.
        y = y.reshape(n, -1, rows, p, columns, p).permute(0, 3, 5, 2, 4, 1)
        y = y.reshape(n, p * p, rows * columns, -1)
        y = self.norm(self.encoders(y))
        y = y.reshape(n, p, p, rows, columns, -1).permute(0, 5, 3, 1, 4, 2)
        y = y.reshape(n, -1, height, width)
        y = F.silu(self.project_norm(self.project(y)))
        return F.silu(self.fusion_norm(self.fusion(torch.cat([x, y], dim=1))))`,
};

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
  pytorch({ kernel, patch, qkvDim, heads, depth, expansion }, input) {
    const sizes = { kernel, patch, dim: qkvDim, heads, depth, expansion };
    const args = Object.entries(sizes).map(([name, value]) => `${name}=${value}`);
    return { definition, args: [`${dimension(input, 1)}`, ...args], dropsPath: true };
  },
};
