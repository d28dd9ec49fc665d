/**
 * @file The ConvNeXt block (Liu et al. 2022, arXiv 2201.03545): depthwise convolution, layer normalisation over channels,
 * 1 x 1 expansion, GELU, 1 x 1 projection, a residual around all. Without layer scale, as in our trained references, unless
 * it is asked for, as in the published models.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { depthwise, gelu, layerNorm2d, layerScale, pointwise, residual } from "./layers.js";
import { dropPath, layerNorm, layerScaleModule, type PythonDefinition } from "./pytorch.js";

/** A block of ConvNeXt. */
export interface ConvNextSpec {
  /** Which block it is. */
  readonly kind: "convnext";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion: number;
  /** Scales channels of the branch, by small numbers at first; absent: no scale. */
  readonly layerScale?: true;
}

export const convnextModule: PythonDefinition = {
  name: "ConvNeXt",
  uses: [dropPath, layerNorm],
  source: `class ConvNeXt(nn.Module):
    """ConvNeXt block, without layer scale: https://arxiv.org/abs/2201.03545"""

    def __init__(
        self, channels: int, kernel: int, expansion: int, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            channels, channels, kernel, padding=kernel // 2, groups=channels
        )
        self.norm = LayerNorm2d(channels)
        self.expand = nn.Conv2d(channels, channels * expansion, 1)
        self.project = nn.Conv2d(channels * expansion, channels, 1)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x))
        y = self.project(F.gelu(self.expand(y)))
        return x + self.drop_path(y)`,
};

const scaledModule: PythonDefinition = {
  name: "ScaledConvNeXt",
  uses: [convnextModule, layerScaleModule],
  source: `class ScaledConvNeXt(ConvNeXt):
    """ConvNeXt block with layer scale."""

    def __init__(
        self, channels: int, kernel: int, expansion: int, drop_path: float = 0.0
    ) -> None:
        super().__init__(channels, kernel, expansion, drop_path)
        self.layer_scale = LayerScale(channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x))
        y = self.project(F.gelu(self.expand(y)))
        return x + self.drop_path(self.layer_scale(y))`,
};

export const convnext: Block<ConvNextSpec> = {
  kind: "convnext",
  title: "ConvNeXt",
  build(b, x, { kernel, expansion, layerScale: isScaled }) {
    const width = dimension(x.shape, 1);
    let y = layerNorm2d(b, depthwise(b, x, "depthwise", kernel, true), "norm");
    y = gelu(b, pointwise(b, y, "expand", width * expansion, true), "act");
    y = pointwise(b, y, "project", width, true);
    return residual(b, x, isScaled ? layerScale(b, y, "layer_scale") : y, "residual");
  },
  pytorch({ kernel, expansion, layerScale: isScaled }, input) {
    const args = [`${dimension(input, 1)}`, `kernel=${kernel}`, `expansion=${expansion}`];
    return { definition: isScaled ? scaledModule : convnextModule, args, dropsPath: true };
  },
};
