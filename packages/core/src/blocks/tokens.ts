/**
 * @file Layers on tokens `[N, L, C]`, of which plain Transformer encoders are made (Vaswani et al. 2017, arXiv 1706.03762;
 * Dosovitskiy et al. 2021, arXiv 2010.11929). A weight is `[in, out]`, as MatMul takes it: PyTorch's transposed.
 */

import { GraphError } from "../base/errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import { type Activation, activate, residual } from "./layers.js";
import { dropPath, type PythonDefinition } from "./pytorch.js";

/** A linear layer with bias on each token; its initialisation is that of `linear` in layers.ts. */
export function linearTokens(b: Builder, x: Tensor, name: string, out: number): Tensor {
  const shape = [dimension(x.shape, x.shape.length - 1), out];
  const weight = b.parameter(`${name}.weight`, shape, { kind: "normal", std: Math.sqrt(2 / out) });
  const bias = b.parameter(`${name}.bias`, [out], { kind: "zeros" });
  return b.node("Add", `${name}/bias`, [b.node("MatMul", name, [x, weight]), bias]);
}

/** Normalises each token over its features. */
export function layerNormTokens(b: Builder, x: Tensor, name: string, epsilon: number): Tensor {
  const features = [dimension(x.shape, x.shape.length - 1)];
  const weight = b.parameter(`${name}.weight`, features, { kind: "ones" });
  const bias = b.parameter(`${name}.bias`, features, { kind: "zeros" });
  return b.node("LayerNormalization", name, [x, weight, bias], { axis: -1, epsilon });
}

/** Query, key and value of a `[..., 3 h, A, B]` whose axis -3 holds the heads of each, one after the other. */
export function splitHeads(b: Builder, x: Tensor, name: string): readonly [query: Tensor, key: Tensor, value: Tensor] {
  const [query, key, value] = b.nodes("Split", name, [x], 3, { axis: x.shape.length - 3 });
  if (query === undefined || key === undefined || value === undefined)
    throw new GraphError("a split into three gives three");
  return [query, key, value];
}

/**
 * Multi-head self-attention with its projection, `[N, L, C]` to `[N, L, C]`.
 * @param groups - Tokens come in so many runs of equal length, and attend to those of their own run.
 */
export function selfAttention(b: Builder, x: Tensor, name: string, heads: number, groups = 1): Tensor {
  const [, tokens = 1, features = 1] = x.shape;
  const headDim = features / heads;
  if (!Number.isInteger(headDim)) throw new GraphError(`${features} features do not divide into ${heads} heads`);
  const runs = groups === 1 ? [tokens] : [groups, tokens / groups];
  const lead = runs.map((_, axis) => axis).slice(0, -1);
  const [first = 0, second = 0, third = 0] = [1, 2, 3].map((axis) => axis + lead.length);
  const outer = [0, ...lead.map((axis) => axis + 1)];

  const qkv = linearTokens(b, x, `${name}.qkv`, 3 * features);
  const split = b.constant(`${name}/split`, "int64", [0, ...runs, 3 * heads, headDim]);
  const apart = b.node("Reshape", `${name}/qkv`, [qkv, split]);
  const headsFirst = b.node("Transpose", `${name}/qkv`, [apart], { perm: [...outer, second, first, third] });
  const [query, key, value] = splitHeads(b, headsFirst, `${name}/qkv`);

  const scale = b.constant(`${name}/scale`, "float32", [1 / Math.sqrt(headDim)], []);
  const scaled = b.node("Mul", `${name}/query`, [query, scale]);
  const turned = b.node("Transpose", `${name}/key`, [key], { perm: [...outer, first, third, second] });
  const shares = b.node("Softmax", name, [b.node("MatMul", `${name}/scores`, [scaled, turned])], { axis: -1 });
  const mixed = b.node("MatMul", `${name}/values`, [shares, value]);
  const tokensFirst = b.node("Transpose", `${name}/merge`, [mixed], { perm: [...outer, second, first, third] });
  const merge = b.constant(`${name}/merged`, "int64", [0, tokens, features]);
  return linearTokens(b, b.node("Reshape", `${name}/merge`, [tokensFirst, merge]), `${name}.project`, features);
}

export interface EncoderOptions {
  readonly heads: number;
  readonly expansion: number;
  readonly activation: Activation;
  readonly epsilon: number;
  /** Runs of tokens that attend to themselves alone. */
  readonly groups?: number;
}

/** A pre-normalised encoder: attention and a feed-forward network of two linear layers, a residual around each. */
export function encoderLayer(b: Builder, x: Tensor, name: string, options: EncoderOptions): Tensor {
  const { heads, expansion, activation, epsilon, groups = 1 } = options;
  const features = dimension(x.shape, 2);
  const normal = layerNormTokens(b, x, `${name}attention_norm`, epsilon);
  const attended = residual(
    b,
    x,
    selfAttention(b, normal, `${name}attention`, heads, groups),
    `${name}attention_residual`,
  );
  let y = layerNormTokens(b, attended, `${name}ffn_norm`, epsilon);
  y = activate(b, linearTokens(b, y, `${name}expand`, features * expansion), `${name}act`, activation);
  return residual(b, attended, linearTokens(b, y, `${name}project`, features), `${name}ffn_residual`);
}

/** What `linearTokens` is. */
export const tokenLinear: PythonDefinition = {
  name: "TokenLinear",
  source: `class TokenLinear(nn.Module):
    """A linear layer whose weight is [in, out], as ONNX's MatMul takes it."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        std = math.sqrt(2.0 / out_features)
        self.weight = nn.Parameter(torch.randn(in_features, out_features) * std)
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias`,
};

const selfAttentionModule: PythonDefinition = {
  name: "SelfAttention",
  uses: [tokenLinear],
  source: `class SelfAttention(nn.Module):
    """Multi-head attention between tokens [..., tokens, channels]."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = TokenLinear(channels, 3 * channels)
        self.project = TokenLinear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        head_dim = x.shape[-1] // self.heads
        qkv = self.qkv(x).unflatten(-1, (3 * self.heads, head_dim)).transpose(-3, -2)
        q, k, v = qkv.chunk(3, dim=-3)
        weights = torch.softmax((q * head_dim**-0.5) @ k.transpose(-2, -1), dim=-1)
        return self.project((weights @ v).transpose(-3, -2).flatten(-2))`,
};

/** What `encoderLayer` is. */
export const encoderModule: PythonDefinition = {
  name: "Encoder",
  uses: [dropPath, selfAttentionModule],
  source: `class Encoder(nn.Module):
    """Pre-normalised Transformer encoder: https://arxiv.org/abs/2010.11929"""

    def __init__(
        self,
        channels: int,
        heads: int,
        expansion: int,
        activation: Callable[[Tensor], Tensor],
        eps: float,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels, eps=eps)
        self.attention = SelfAttention(channels, heads)
        self.ffn_norm = nn.LayerNorm(channels, eps=eps)
        self.expand = TokenLinear(channels, channels * expansion)
        self.project = TokenLinear(channels * expansion, channels)
        self.activation = activation
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attention(self.attention_norm(x)))
        y = self.activation(self.expand(self.ffn_norm(x)))
        return x + self.drop_path(self.project(y))`,
};
