/**
 * @file MBConv of MnasNet and EfficientNet (Tan et al. 2019, arXiv 1807.11626; Tan and Le 2019, arXiv 1905.11946): the inverted residual
 * of MobileNetV2 with squeeze-and-excite behind its depthwise convolution. Without it the block is `inverted-residual`.
 */

import { dimension, isSameShape } from "../graph/operator.js";
import type { Block } from "./block.js";
import { invertedResidual } from "./inverted-residual.js";
import { type Activation, convNorm, residual, squeezeExcite } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** An inverted residual with squeeze-and-excite, of MnasNet and EfficientNet. */
export interface MbconvSpec {
  /** Which block it is. */
  readonly kind: "mbconv";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Stride, in pixels. */
  readonly stride: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion: number;
  /** Channels of the output. */
  readonly width: number;
  /** Channels that the gate is computed of. */
  readonly squeeze: number;
  /** The nonlinearity. */
  readonly activation: Activation;
}

const definition = (inverted: PythonDefinition): PythonDefinition => ({
  name: "MBConv",
  uses: [inverted],
  source: `class MBConv(${inverted.name}):
    """Inverted residual with squeeze-and-excite: https://arxiv.org/abs/1807.11626"""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        stride: int,
        expansion: int,
        activation: Callable[[Tensor], Tensor],
        squeeze: int,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__(
            in_channels, channels, kernel, stride, expansion, activation, drop_path
        )
        hidden = in_channels * expansion
        self.squeeze = nn.Conv2d(hidden, squeeze, 1)
        self.excite = nn.Conv2d(squeeze, hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self.is_expanded:
            y = self.activation(self.expand_norm(self.expand(y)))
        y = self.activation(self.depthwise_norm(self.depthwise(y)))
        means = y.mean((2, 3), keepdim=True)
        y = y * F.hardsigmoid(self.excite(self.activation(self.squeeze(means))))
        y = self.project_norm(self.project(y))
        return x + self.drop_path(y) if self.is_residual else y`,
});

export const mbconv: Block<MbconvSpec> = {
  kind: "mbconv",
  title: "MBConv",
  build(b, x, { kernel, stride, expansion, width, squeeze, activation }) {
    const groups = dimension(x.shape, 1) * expansion;
    const expanded = expansion === 1 ? x : convNorm(b, x, "expand", { out: groups, kernel: 1, activation });
    const y = convNorm(b, expanded, "depthwise", { out: groups, kernel, stride, groups, activation });
    const gated = squeezeExcite(b, y, { squeezed: squeeze, activation });
    const projected = convNorm(b, gated, "project", { out: width, kernel: 1 });
    return isSameShape(x.shape, projected.shape) ? residual(b, x, projected, "residual") : projected;
  },
  pytorch({ squeeze, ...spec }, input) {
    const plain = invertedResidual.pytorch({ ...spec, kind: "inverted-residual" }, input);
    return { ...plain, definition: definition(plain.definition), args: [...plain.args, `squeeze=${squeeze}`] };
  },
};
