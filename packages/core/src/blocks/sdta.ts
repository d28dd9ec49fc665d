/**
 * @file SDTA, the split depthwise transpose attention of EdgeNeXt (Maaz et al. 2022, arXiv 2206.10589): channels in parts, each
 * through a depthwise convolution of itself and what the part before gave; attention between channels (XCA, El-Nouby et al.
 * 2021, arXiv 2106.09681); layer normalisation, 1 x 1 expansion, GELU, 1 x 1 projection; layer scales, and a residual around all.
 *
 * In the linearised network XCA's softmax, which is over channels, mixes the channels of a head in equal shares, as that of
 * attention mixes tokens; the code of positions, which is added, is a bias.
 */

import { GraphError } from "../base/errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { depthwise, gelu, layerNorm2d, layerScale, pointwise, residual } from "./layers.js";
import { dropPath, layerNorm, layerScaleModule, type PythonDefinition } from "./pytorch.js";
import { layerNormTokens, linearTokens, splitHeads, tokenLinear } from "./tokens.js";

/** A split depthwise transpose attention encoder of EdgeNeXt. */
export interface SdtaSpec {
  /** Which block it is. */
  readonly kind: "sdta";
  /** Parts of the channels, the last of which passes. */
  readonly scales: number;
  /** Attention heads. */
  readonly heads: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion: number;
  /** Adds a positional encoding; absent: none. */
  readonly positions?: true;
}

const KERNEL = 3;
const EPSILON = 1e-6;

/** Parts of equal widths but the last; all but the last through depthwise convolutions, one after the other. */
function splitDepthwise(b: Builder, x: Tensor, scales: number): Tensor {
  const [, channels = 1] = x.shape;
  const width = Math.ceil(channels / scales);
  const last = channels - (scales - 1) * width;
  if (last < 1) throw new GraphError(`${channels} channels do not split into ${scales} parts of ${width}`);
  const lengths = [...new Array<number>(scales - 1).fill(width), last];
  const parts = b.nodes("Split", "scales", [x, b.constant("scales/lengths", "int64", lengths)], scales, { axis: 1 });
  let before: Tensor | undefined;
  const given = parts.map((part, i) => {
    if (i === scales - 1) return part;
    const input = before === undefined ? part : b.node("Add", `scales.${i}`, [before, part]);
    before = depthwise(b, input, `scales.${i}`, KERNEL, true);
    return before;
  });
  return b.node("Concat", "scales", given, { axis: 1 });
}

const HALF = 32;
const TEMPERATURE = 10000;

/** Sines and cosines of the row, and of the column, at wavelengths from 1 to 10,000 maps: `[H W, 64]`, row-major. */
function positionCode(height: number, width: number): number[] {
  const along = (at: number, length: number) =>
    Array.from({ length: HALF }, (_, i) => {
      const angle = (2 * Math.PI * (at + 1)) / (length + EPSILON) / TEMPERATURE ** ((2 * Math.floor(i / 2)) / HALF);
      return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
  const columns = Array.from({ length: width }, (_, column) => along(column, width));
  return Array.from({ length: height }, (_, row) =>
    columns.flatMap((column) => [...along(row, height), ...column]),
  ).flat();
}

/** Adds what a linear layer makes of the code of positions. */
function withPositions(b: Builder, tokens: Tensor, height: number, width: number): Tensor {
  const [, length = 1, features = 1] = tokens.shape;
  const code = b.constant("positions/code", "float32", positionCode(height, width), [1, length, 2 * HALF]);
  return b.node("Add", "positions", [tokens, linearTokens(b, code, "positions", features)]);
}

/** Attention between the channels of each head, on tokens `[N, L, C]`. */
function crossCovariance(b: Builder, x: Tensor, heads: number): Tensor {
  const [, tokens = 1, features = 1] = x.shape;
  const headDim = features / heads;
  if (!Number.isInteger(headDim)) throw new GraphError(`${features} channels do not divide into ${heads} heads`);
  const qkv = linearTokens(b, x, "xca.qkv", 3 * features);
  const split = b.constant("xca/split", "int64", [0, tokens, 3 * heads, headDim]);
  const apart = b.node("Reshape", "xca/qkv", [qkv, split]);
  const [query, key, value] = splitHeads(b, b.node("Transpose", "xca/qkv", [apart], { perm: [0, 2, 3, 1] }), "xca/qkv");

  const unit = (of: Tensor, name: string) => b.node("LpNormalization", name, [of], { axis: -1, p: 2 });
  const turned = b.node("Transpose", "xca/key", [unit(key, "xca/key")], { perm: [0, 1, 3, 2] });
  const covariance = b.node("MatMul", "xca/scores", [unit(query, "xca/query"), turned]);
  const temperature = b.parameter("xca.temperature", [heads, 1, 1], { kind: "ones" });
  const shares = b.node("Softmax", "xca", [b.node("Mul", "xca/scores", [covariance, temperature])], { axis: -1 });
  const mixed = b.node("MatMul", "xca/values", [shares, value]);
  const tokensFirst = b.node("Transpose", "xca/merge", [mixed], { perm: [0, 3, 1, 2] });
  const merged = b.node("Reshape", "xca/merge", [
    tokensFirst,
    b.constant("xca/merged", "int64", [0, tokens, features]),
  ]);
  return linearTokens(b, merged, "xca.project", features);
}

const crossCovarianceModule: PythonDefinition = {
  name: "CrossCovariance",
  uses: [tokenLinear],
  source: `class CrossCovariance(nn.Module):
    """Attention between the channels of each head: https://arxiv.org/abs/2106.09681"""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = TokenLinear(channels, 3 * channels)
        self.project = TokenLinear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x).unflatten(-1, (3 * self.heads, -1)).permute(0, 2, 3, 1)
        q, k, v = qkv.chunk(3, dim=1)
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        weights = torch.softmax(q @ k.transpose(-2, -1) * self.temperature, dim=-1)
        return self.project((weights @ v).permute(0, 3, 1, 2).flatten(2))`,
};

const positionFunction: PythonDefinition = {
  name: "position_code",
  source: `def position_code(height: int, width: int) -> Tensor:
    """Sines and cosines of the row, and of the column: [height * width, 64]."""

    def along(length: int) -> Tensor:
        place = torch.arange(1, length + 1).unsqueeze(1) / (length + 1e-6)
        index = torch.arange(${HALF})
        angle = 2.0 * math.pi * place / ${TEMPERATURE}.0 ** (2.0 * (index // 2) / ${HALF})
        return torch.where(index % 2 == 0, angle.sin(), angle.cos())

    rows = along(height).unsqueeze(1).expand(-1, width, -1)
    columns = along(width).unsqueeze(0).expand(height, -1, -1)
    return torch.cat([rows, columns], dim=-1).flatten(0, 1)`,
};

const definition: PythonDefinition = {
  name: "SDTA",
  uses: [dropPath, layerNorm, layerScaleModule, crossCovarianceModule, positionFunction],
  source: `class SDTA(nn.Module):
    """Split depthwise transpose attention of EdgeNeXt.

    https://arxiv.org/abs/2206.10589
    """

    def __init__(
        self,
        channels: int,
        scales: int,
        heads: int,
        expansion: int,
        has_positions: bool = False,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.part = math.ceil(channels / scales)
        self.scales = nn.ModuleList(
            nn.Conv2d(self.part, self.part, ${KERNEL}, padding=${(KERNEL - 1) / 2}, groups=self.part)
            for _ in range(scales - 1)
        )
        self.positions = TokenLinear(${2 * HALF}, channels) if has_positions else None
        self.xca_norm = nn.LayerNorm(channels, eps=1e-6)
        self.xca = CrossCovariance(channels, heads)
        self.xca_scale = LayerScale(channels)
        self.norm = LayerNorm2d(channels)
        self.expand = nn.Conv2d(channels, channels * expansion, 1)
        self.project = nn.Conv2d(channels * expansion, channels, 1)
        self.layer_scale = LayerScale(channels, 1, 1)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        parts = list(x.split(self.part, dim=1))
        for i, depthwise in enumerate(self.scales):
            parts[i] = depthwise(parts[i] if i == 0 else parts[i] + parts[i - 1])
        y = torch.cat(parts, dim=1).flatten(2).transpose(1, 2)
        if self.positions is not None:
            y = y + self.positions(position_code(*x.shape[2:]).to(y))
        y = y + self.drop_path(self.xca_scale(self.xca(self.xca_norm(y))))
        y = y.transpose(1, 2).reshape(x.shape)
        y = self.project(F.gelu(self.expand(self.norm(y))))
        return x + self.drop_path(self.layer_scale(y))`,
};

export const sdta: Block<SdtaSpec> = {
  kind: "sdta",
  title: "SDTA",
  build(b, x, { scales, heads, expansion, positions }) {
    const [, channels = 1, height = 1, width = 1] = x.shape;
    const mixed = splitDepthwise(b, x, scales);
    const flat = b.node("Reshape", "tokens", [
      mixed,
      b.constant("tokens/shape", "int64", [0, channels, height * width]),
    ]);
    let tokens = b.node("Transpose", "tokens", [flat], { perm: [0, 2, 1] });
    if (positions) tokens = withPositions(b, tokens, height, width);
    const attended = crossCovariance(b, layerNormTokens(b, tokens, "xca_norm", EPSILON), heads);
    tokens = residual(b, tokens, layerScale(b, attended, "xca_scale", 2), "xca_residual");
    const channelsFirst = b.node("Transpose", "map", [tokens], { perm: [0, 2, 1] });
    let y = b.node("Reshape", "map", [channelsFirst, b.constant("map/shape", "int64", [0, channels, height, width])]);
    y = gelu(b, pointwise(b, layerNorm2d(b, y, "norm"), "expand", channels * expansion, true), "act");
    return residual(b, x, layerScale(b, pointwise(b, y, "project", channels, true), "layer_scale"), "residual");
  },
  pytorch({ scales, heads, expansion, positions }, input) {
    const sizes = [`scales=${scales}`, `heads=${heads}`, `expansion=${expansion}`];
    const args = [`${dimension(input, 1)}`, ...sizes, ...(positions ? ["has_positions=True"] : [])];
    return { definition, args, dropsPath: true };
  },
};
