/**
 * @file The basic block of ResNet-18 and ResNet-34 (He et al. 2016, arXiv 1512.03385): two 3 x 3 convolutions with batch
 * normalisations, a residual, through a 1 x 1 convolution where the shape changes, and ReLU after each.
 */

import { dimension, isSameShape } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNorm, relu, residual } from "./layers.js";
import { dropPath, type PythonDefinition } from "./pytorch.js";

/** A basic block of a ResNet. */
export interface BasicBlockSpec {
  /** Which block it is. */
  readonly kind: "basic-block";
  /** Stride, in pixels. */
  readonly stride: number;
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Channels of the output. */
  readonly width: number;
}

const definition: PythonDefinition = {
  name: "BasicBlock",
  uses: [dropPath],
  source: `class BasicBlock(nn.Module):
    """Basic block of ResNet-18 and ResNet-34: https://arxiv.org/abs/1512.03385"""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        stride: int = 1,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv1 = nn.Conv2d(
            in_channels, channels, kernel, stride, padding, bias=False
        )
        self.conv1_norm = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel, 1, padding, bias=False)
        self.conv2_norm = nn.BatchNorm2d(channels)
        self.is_kept = stride == 1 and in_channels == channels
        if not self.is_kept:
            self.shortcut = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
            self.shortcut_norm = nn.BatchNorm2d(channels)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv1_norm(self.conv1(x)))
        y = self.drop_path(self.conv2_norm(self.conv2(y)))
        shortcut = x if self.is_kept else self.shortcut_norm(self.shortcut(x))
        return F.relu(shortcut + y)`,
};

export const basicBlock: Block<BasicBlockSpec> = {
  kind: "basic-block",
  title: "Basic block",
  build(b, x, { stride, kernel, width }) {
    const y = convNorm(b, x, "conv1", { out: width, kernel, stride, activation: "relu" });
    const branch = convNorm(b, y, "conv2", { out: width, kernel });
    const isKept = isSameShape(x.shape, branch.shape);
    const shortcut = isKept ? x : convNorm(b, x, "shortcut", { out: width, kernel: 1, stride });
    return relu(b, residual(b, shortcut, branch, "residual"), "act");
  },
  pytorch({ stride, kernel, width }, input) {
    const strides = stride === 1 ? [] : [`stride=${stride}`];
    const args = [`${dimension(input, 1)}`, `${width}`, `kernel=${kernel}`, ...strides];
    return { definition, args, dropsPath: true };
  },
};
