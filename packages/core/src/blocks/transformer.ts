/**
 * @file A Transformer encoder (Dosovitskiy et al. 2021, arXiv 2010.11929) whose feed-forward network is a convolutional
 * block: pre-normalised multi-head attention over all positions of the feature map, a residual, then IBN or ConvNeXt,
 * which brings its own residual. The QKV dimension is free of the embedding dimension.
 */

import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block, BlockPart } from "./block.js";
import { type ConvNextSpec, convnext, convnextModule } from "./convnext.js";
import { type IbnSpec, ibn, ibnModule } from "./ibn.js";
import { layerNorm2d, pointwise, residual } from "./layers.js";
import { dropPath, layerNorm, type PythonDefinition } from "./pytorch.js";

/** A Transformer of the hybrid space: attention over pixels, and a feed-forward network. */
export interface TransformerSpec {
  /** Which block it is. */
  readonly kind: "transformer";
  /** Dimension of query, key and value, all heads together; a multiple of `heads`. */
  readonly qkvDim: number;
  /** Attention heads. */
  readonly heads: number;
  /** The feed-forward network, which keeps the shape. */
  readonly ffn: IbnSpec | ConvNextSpec;
}

const attentionFunction: PythonDefinition = {
  name: "attention",
  source: `def attention(qkv: Tensor, heads: int) -> Tensor:
    """Lets every position attend to all: [N, 3 * dim, H, W] to [N, dim, H, W]."""
    n, channels, height, width = qkv.shape
    head_dim = channels // (3 * heads)
    tokens = qkv.reshape(n, 3, heads, head_dim, height * width)
    q, k, v = tokens.transpose(-2, -1).unbind(1)
    weights = torch.softmax((q * head_dim**-0.5) @ k.transpose(-2, -1), dim=-1)
    return (weights @ v).transpose(-2, -1).reshape(n, channels // 3, height, width)`,
};

/** Attention before a block that is the feed-forward network, inherited so that its parameters keep their names. */
function encoder(ffn: PythonDefinition): PythonDefinition {
  return {
    name: `${ffn.name}Transformer`,
    uses: [dropPath, layerNorm, ffn, attentionFunction],
    source: `class ${ffn.name}Transformer(${ffn.name}):
    """Transformer encoder whose feed-forward network is the block that it extends.

    https://arxiv.org/abs/2010.11929
    """

    def __init__(
        self,
        channels: int,
        kernel: int,
        expansion: int,
        qkv_dim: int,
        heads: int,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__(channels, kernel, expansion, drop_path)
        self.heads = heads
        self.attention_norm = LayerNorm2d(channels)
        self.qkv = nn.Conv2d(channels, 3 * qkv_dim, 1)
        self.attention_project = nn.Conv2d(qkv_dim, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = attention(self.qkv(self.attention_norm(x)), self.heads)
        x = x + self.drop_path(self.attention_project(y))
        return super().forward(x)`,
  };
}

const ibnEncoder = encoder(ibnModule);
const convnextEncoder = encoder(convnextModule);

export const transformer: Block<TransformerSpec> = {
  kind: "transformer",
  title: "Transformer",
  build: (b, x, spec) => transformerParts(spec).reduce((y, part) => part.build(b, y), x),
  pytorch({ qkvDim, heads, ffn }, input) {
    const width = dimension(input, 1);
    const args = [width, `kernel=${ffn.kernel}`, `expansion=${ffn.expansion}`, `qkv_dim=${qkvDim}`, `heads=${heads}`];
    const definition = ffn.kind === "ibn" ? ibnEncoder : convnextEncoder;
    return { definition, args: args.map(String), dropsPath: true };
  },
};

/** Attention with its residual, and the feed-forward network: a search has many encoders of few of each. */
export function transformerParts({ qkvDim, heads, ffn }: TransformerSpec): readonly BlockPart[] {
  const attends = (b: Builder, x: Tensor) => {
    const attended = attention(b, layerNorm2d(b, x, "attention_norm"), qkvDim, heads);
    const y = pointwise(b, attended, "attention_project", dimension(x.shape, 1), true);
    return residual(b, x, y, "attention_residual");
  };
  const feedsForward = (b: Builder, x: Tensor) =>
    ffn.kind === "ibn" ? ibn.build(b, x, ffn) : convnext.build(b, x, ffn);
  return [
    { data: { attention: { qkvDim, heads } }, build: attends },
    { data: ffn, build: feedsForward },
  ];
}

/** `[N, C, H, W]` to `[N, qkvDim, H, W]`: every position is a token. */
function attention(b: Builder, x: Tensor, qkvDim: number, heads: number): Tensor {
  const headDim = qkvDim / heads;
  const [, , height = 1, width = 1] = x.shape;
  const qkv = pointwise(b, x, "qkv", 3 * qkvDim, true);
  const split = b.constant("qkv/heads", "int64", [0, 3 * heads, headDim, -1]);
  const [q, k, v] = b.nodes("Split", "qkv", [b.node("Reshape", "qkv", [qkv, split])], 3, { axis: 1 });
  if (q === undefined || k === undefined || v === undefined) throw new Error("a split into three gives three");

  const tokensFirst = { perm: [0, 1, 3, 2] };
  const scale = b.constant("attention/scale", "float32", [1 / Math.sqrt(headDim)], []);
  const query = b.node("Transpose", "query", [b.node("Mul", "query", [q, scale])], tokensFirst);
  const scores = b.node("Softmax", "attention", [b.node("MatMul", "attention/scores", [query, k])], { axis: -1 });
  const mixed = b.node("MatMul", "attention/values", [scores, b.node("Transpose", "value", [v], tokensFirst)]);
  const map = { tensor: x.name, axis: 2 };
  const merge = b.constant("attention/merge", "int64", [0, qkvDim, height, width], [4], map);
  return b.node("Reshape", "attention", [b.node("Transpose", "attention", [mixed], tokensFirst), merge]);
}
