/**
 * @file The unit of ShuffleNetV2 (Ma et al. 2018, arXiv 1807.11164). One half of the channels passes, the other goes through 1 x 1,
 * depthwise and 1 x 1 convolutions; both are concatenated and their channels shuffled. With a stride, both branches take all
 * channels, and what passed goes through a depthwise and a 1 x 1 convolution.
 */

import { GraphError } from "../base/errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNorm } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** A unit of ShuffleNetV2. */
export interface ShuffleUnitSpec {
  /** Which block it is. */
  readonly kind: "shuffle-unit";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Stride, in pixels. */
  readonly stride: number;
  /** Channels of the output. */
  readonly width: number;
}

/** Channels of two groups one by one in turn. */
function shuffled(b: Builder, x: Tensor): Tensor {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  const groups = b.constant("shuffle/groups", "int64", [0, 2, channels / 2, -1]);
  const split = b.node("Reshape", "shuffle/split", [x, groups]);
  const turned = b.node("Transpose", "shuffle", [split], { perm: [0, 2, 1, 3] });
  const map = { tensor: x.name, axis: 2 };
  const merged = b.constant("shuffle/merged", "int64", [0, channels, height, width], [4], map);
  return b.node("Reshape", "shuffle/merge", [turned, merged]);
}

const definition: PythonDefinition = {
  name: "ShuffleUnit",
  source: `class ShuffleUnit(nn.Module):
    """Unit of ShuffleNetV2: https://arxiv.org/abs/1807.11164"""

    def __init__(
        self, in_channels: int, channels: int, kernel: int, stride: int = 1
    ) -> None:
        super().__init__()
        half = channels // 2
        padding = (kernel - 1) // 2
        self.is_split = stride == 1
        if not self.is_split:
            self.shortcut_depthwise = nn.Conv2d(
                in_channels,
                in_channels,
                kernel,
                stride,
                padding,
                groups=in_channels,
                bias=False,
            )
            self.shortcut_depthwise_norm = nn.BatchNorm2d(in_channels)
            self.shortcut_project = nn.Conv2d(in_channels, half, 1, bias=False)
            self.shortcut_project_norm = nn.BatchNorm2d(half)
        taken = in_channels // 2 if self.is_split else in_channels
        self.reduce = nn.Conv2d(taken, half, 1, bias=False)
        self.reduce_norm = nn.BatchNorm2d(half)
        self.depthwise = nn.Conv2d(
            half, half, kernel, stride, padding, groups=half, bias=False
        )
        self.depthwise_norm = nn.BatchNorm2d(half)
        self.project = nn.Conv2d(half, half, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(half)

    def forward(self, x: Tensor) -> Tensor:
        if self.is_split:
            passing, y = x.chunk(2, dim=1)
        else:
            passing = self.shortcut_depthwise_norm(self.shortcut_depthwise(x))
            passing = F.relu(self.shortcut_project_norm(self.shortcut_project(passing)))
            y = x
        y = F.relu(self.reduce_norm(self.reduce(y)))
        y = self.depthwise_norm(self.depthwise(y))
        y = F.relu(self.project_norm(self.project(y)))
        # The channels of both in turn.
        return torch.stack([passing, y], dim=2).flatten(1, 2)`,
};

export const shuffleUnit: Block<ShuffleUnitSpec> = {
  kind: "shuffle-unit",
  title: "Shuffle unit",
  build(b, x, { kernel, stride, width }) {
    const half = width / 2;
    const depthwise = (y: Tensor, name: string) => {
      const groups = dimension(y.shape, 1);
      return convNorm(b, y, name, { out: groups, kernel, stride, groups });
    };
    const pointwise = (y: Tensor, name: string) => convNorm(b, y, name, { out: half, kernel: 1, activation: "relu" });
    const halves = () => b.nodes("Split", "halves", [x], 2, { axis: 1 });
    const [passing, taken] =
      stride > 1 ? [pointwise(depthwise(x, "shortcut_depthwise"), "shortcut_project"), x] : halves();
    if (passing === undefined || taken === undefined) throw new GraphError("a split into two gives two");
    const branch = pointwise(depthwise(pointwise(taken, "reduce"), "depthwise"), "project");
    return shuffled(b, b.node("Concat", "join", [passing, branch], { axis: 1 }));
  },
  pytorch({ kernel, stride, width }, input) {
    const strides = stride === 1 ? [] : [`stride=${stride}`];
    return { definition, args: [`${dimension(input, 1)}`, `${width}`, `kernel=${kernel}`, ...strides] };
  },
};
