/**
 * @file A convolution, a batch normalisation and a nonlinearity: the stem of MobileNetV2, ResNet, ShuffleNetV2 and MobileViT, and
 * the 1 x 1 convolution before the classifier of three of them.
 */

import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { type Activation, convNorm as convNormLayers } from "./layers.js";
import { activationFunctions, type PythonDefinition } from "./pytorch.js";

/** A convolution, a batch normalisation and a nonlinearity. */
export interface ConvNormSpec {
  /** Which block it is. */
  readonly kind: "conv-norm";
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Stride, in pixels. */
  readonly stride: number;
  /** Channels of the output. */
  readonly width: number;
  /** The nonlinearity. */
  readonly activation: Activation;
}

const definition: PythonDefinition = {
  name: "ConvNorm",
  source: `class ConvNorm(nn.Module):
    """A convolution, a batch normalisation and a nonlinearity."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        stride: int,
        activation: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(
            in_channels, channels, kernel, stride, padding, bias=False
        )
        self.conv_norm = nn.BatchNorm2d(channels)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.conv_norm(self.conv(x)))`,
};

export const convNorm: Block<ConvNormSpec> = {
  kind: "conv-norm",
  title: "Convolution",
  build: (b, x, { kernel, stride, width, activation }) =>
    convNormLayers(b, x, "conv", { out: width, kernel, stride, activation }),
  pytorch({ kernel, stride, width, activation }, input) {
    const sizes = [`${dimension(input, 1)}`, `${width}`, `kernel=${kernel}`, `stride=${stride}`];
    return { definition, args: [...sizes, `activation=${activationFunctions[activation]}`] };
  },
};
