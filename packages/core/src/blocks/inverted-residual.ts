/**
 * @file The inverted residual of MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) as published networks have it: with stride
 * and width of its own, without the expansion where its factor is 1, and with a residual only where the shape is kept.
 * MobileViT has the same block with SiLU. IBN (ibn.ts) is the one that keeps its shape, which our search space has.
 */

import { dimension, isSameShape } from "../graph/operator.js";
import type { Block } from "./block.js";
import { type Activation, convNorm, residual } from "./layers.js";
import { activationFunctions, dropPath, type PythonDefinition } from "./pytorch.js";

/** An inverted residual of MobileNetV2, which may change width and resolution. */
export interface InvertedResidualSpec {
  /** Which block it is. */
  readonly kind: "inverted-residual";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Stride, in pixels. */
  readonly stride: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion: number;
  /** Channels of the output. */
  readonly width: number;
  /** The nonlinearity. */
  readonly activation: Activation;
}

const definition: PythonDefinition = {
  name: "InvertedResidual",
  uses: [dropPath],
  source: `class InvertedResidual(nn.Module):
    """Inverted residual of MobileNetV2: https://arxiv.org/abs/1801.04381"""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        stride: int,
        expansion: int,
        activation: Callable[[Tensor], Tensor],
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        hidden = in_channels * expansion
        padding = (kernel - 1) // 2
        self.is_expanded = expansion > 1
        if self.is_expanded:
            self.expand = nn.Conv2d(in_channels, hidden, 1, bias=False)
            self.expand_norm = nn.BatchNorm2d(hidden)
        self.depthwise = nn.Conv2d(
            hidden, hidden, kernel, stride, padding, groups=hidden, bias=False
        )
        self.depthwise_norm = nn.BatchNorm2d(hidden)
        self.project = nn.Conv2d(hidden, channels, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(channels)
        self.is_residual = stride == 1 and in_channels == channels
        self.activation = activation
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self.is_expanded:
            y = self.activation(self.expand_norm(self.expand(y)))
        y = self.activation(self.depthwise_norm(self.depthwise(y)))
        y = self.project_norm(self.project(y))
        return x + self.drop_path(y) if self.is_residual else y`,
};

export const invertedResidual: Block<InvertedResidualSpec> = {
  kind: "inverted-residual",
  title: "Inverted residual",
  build(b, x, { kernel, stride, expansion, width, activation }) {
    const groups = dimension(x.shape, 1) * expansion;
    const expanded = expansion === 1 ? x : convNorm(b, x, "expand", { out: groups, kernel: 1, activation });
    const y = convNorm(b, expanded, "depthwise", { out: groups, kernel, stride, groups, activation });
    const projected = convNorm(b, y, "project", { out: width, kernel: 1 });
    return isSameShape(x.shape, projected.shape) ? residual(b, x, projected, "residual") : projected;
  },
  pytorch({ kernel, stride, expansion, width, activation }, input) {
    const channels = dimension(input, 1);
    const sizes = [`kernel=${kernel}`, `stride=${stride}`, `expansion=${expansion}`];
    const args = [`${channels}`, `${width}`, ...sizes, `activation=${activationFunctions[activation]}`];
    return { definition, args, dropsPath: stride === 1 && channels === width };
  },
};
