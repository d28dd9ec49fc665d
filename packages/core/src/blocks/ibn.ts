/**
 * @file IBN, the inverted bottleneck of MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381): 1 x 1 expansion, depthwise
 * convolution, 1 x 1 projection, each with batch normalisation; ReLU6 after the first two; a residual around all.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { batchNorm2d, depthwise, pointwise, relu6, residual } from "./layers.js";
import { dropPath, type PythonDefinition } from "./pytorch.js";

/** An inverted bottleneck with a residual connection. */
export interface IbnSpec {
  /** Which block it is. */
  readonly kind: "ibn";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion: number;
}

export const ibnModule: PythonDefinition = {
  name: "IBN",
  uses: [dropPath],
  source: `class IBN(nn.Module):
    """Inverted bottleneck of MobileNetV2: https://arxiv.org/abs/1801.04381"""

    def __init__(
        self, channels: int, kernel: int, expansion: int, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        hidden = channels * expansion
        self.expand = nn.Conv2d(channels, hidden, 1, bias=False)
        self.expand_norm = nn.BatchNorm2d(hidden)
        self.depthwise = nn.Conv2d(
            hidden, hidden, kernel, padding=kernel // 2, groups=hidden, bias=False
        )
        self.depthwise_norm = nn.BatchNorm2d(hidden)
        self.project = nn.Conv2d(hidden, channels, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand_norm(self.expand(x)))
        y = F.relu6(self.depthwise_norm(self.depthwise(y)))
        y = self.project_norm(self.project(y))
        return x + self.drop_path(y)`,
};

export const ibn: Block<IbnSpec> = {
  kind: "ibn",
  title: "IBN",
  build(b, x, { kernel, expansion }) {
    const width = dimension(x.shape, 1);
    let y = pointwise(b, x, "expand", width * expansion, false);
    y = relu6(b, batchNorm2d(b, y, "expand_norm"), "expand_act");
    y = depthwise(b, y, "depthwise", kernel, false);
    y = relu6(b, batchNorm2d(b, y, "depthwise_norm"), "depthwise_act");
    y = batchNorm2d(b, pointwise(b, y, "project", width, false), "project_norm");
    return residual(b, x, y, "residual");
  },
  pytorch({ kernel, expansion }, input) {
    const args = [`${dimension(input, 1)}`, `kernel=${kernel}`, `expansion=${expansion}`];
    return { definition: ibnModule, args, dropsPath: true };
  },
};
