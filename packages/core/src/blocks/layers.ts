/**
 * @file The layers that blocks are made of, under PyTorch's names: each adds its nodes and its parameters to a graph.
 *
 * Weights are Kaiming-normal with fan-out (He et al. 2015, arXiv 1502.01852), the fan divided by the groups, for
 * convolutions and linear layers alike: `std = sqrt(2 / (kh kw out / groups))`.
 */

import { GraphError } from "../base/errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import type { Initialisation } from "../graph/graph.js";
import { dimension } from "../graph/operator.js";

function kaimingNormal(fanOut: number): Initialisation {
  return { kind: "normal", std: Math.sqrt(2 / fanOut) };
}

/** Options of a convolution, as in PyTorch. */
export interface Conv2dOptions {
  /** Channels of the output. */
  readonly out: number;
  /** Side of the kernel, in pixels. */
  readonly kernel: number;
  /** Stride; 1 where it is absent. */
  readonly stride?: number;
  /** Rows and columns of zeros on each side; 0 where it is absent. */
  readonly padding?: number;
  /** Groups of channels; 1 where it is absent. */
  readonly groups?: number;
  /** Whether there is a bias; true where it is absent. */
  readonly bias?: boolean;
}

/** `[N, C, H, W]` to `[N, out, H', W']` */
export function conv2d(b: Builder, x: Tensor, name: string, options: Conv2dOptions): Tensor {
  const { out, kernel, stride = 1, padding = 0, groups = 1, bias = true } = options;
  const fanOut = (kernel * kernel * out) / groups;
  const shape = [out, dimension(x.shape, 1) / groups, kernel, kernel];
  const weight = b.parameter(`${name}.weight`, shape, kaimingNormal(fanOut));
  const inputs = bias ? [x, weight, b.parameter(`${name}.bias`, [out], { kind: "zeros" })] : [x, weight];
  return b.node("Conv", name, inputs, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    group: groups,
  });
}

/** A 1 x 1 convolution. */
export function pointwise(b: Builder, x: Tensor, name: string, out: number, bias: boolean): Tensor {
  return conv2d(b, x, name, { out, kernel: 1, bias });
}

/** A convolution of each channel by itself, with same padding. */
export function depthwise(b: Builder, x: Tensor, name: string, kernel: number, bias: boolean): Tensor {
  const channels = dimension(x.shape, 1);
  return conv2d(b, x, name, { out: channels, kernel, padding: (kernel - 1) / 2, groups: channels, bias });
}

/** Normalises each channel over the batch and over space. */
export function batchNorm2d(b: Builder, x: Tensor, name: string): Tensor {
  const channels = [dimension(x.shape, 1)];
  return b.node("BatchNormalization", name, [
    x,
    b.parameter(`${name}.weight`, channels, { kind: "ones" }),
    b.parameter(`${name}.bias`, channels, { kind: "zeros" }),
    b.parameter(`${name}.running_mean`, channels, { kind: "zeros" }, { trainable: false }),
    b.parameter(`${name}.running_var`, channels, { kind: "ones" }, { trainable: false }),
  ]);
}

/** Normalises each position of a feature map over its channels (PyTorch's LayerNorm on a channels-last view). */
export function layerNorm2d(b: Builder, x: Tensor, name: string): Tensor {
  const channels = [dimension(x.shape, 1)];
  const last = b.node("Transpose", `${name}/channels_last`, [x], { perm: [0, 2, 3, 1] });
  const normalised = b.node(
    "LayerNormalization",
    name,
    [
      last,
      b.parameter(`${name}.weight`, channels, { kind: "ones" }),
      b.parameter(`${name}.bias`, channels, { kind: "zeros" }),
    ],
    { axis: -1, epsilon: 1e-6 },
  );
  return b.node("Transpose", `${name}/channels_first`, [normalised], { perm: [0, 3, 1, 2] });
}

/** Same convolution without bias, batch normalisation, ReLU. */
export function convNormRelu(
  b: Builder,
  x: Tensor,
  name: string,
  { out, kernel }: { readonly out: number; readonly kernel: number },
): Tensor {
  return b.part(`conv-norm-relu ${kernel} ${out}`, x, (part, input) => {
    const y = conv2d(part, input, name, { out, kernel, padding: (kernel - 1) / 2, bias: false });
    return relu(part, batchNorm2d(part, y, `${name}_norm`), `${name}_act`);
  });
}

/** Max pooling of `[N, C, H, W]`. */
export function maxPool2d(
  b: Builder,
  x: Tensor,
  name: string,
  { kernel, stride = 1, padding = 0 }: { readonly kernel: number; readonly stride?: number; readonly padding?: number },
): Tensor {
  return b.part(`max-pool ${kernel} ${stride} ${padding}`, x, (part, input) =>
    part.node("MaxPool", name, [input], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    }),
  );
}

/** `min(6, max(0, x))` */
export function relu6(b: Builder, x: Tensor, name: string): Tensor {
  return b.node("Clip", name, [
    x,
    b.constant(`${name}/min`, "float32", [0], []),
    b.constant(`${name}/max`, "float32", [6], []),
  ]);
}

/** `max(0, x)` */
export function relu(b: Builder, x: Tensor, name: string): Tensor {
  return b.node("Relu", name, [x]);
}

/** Gaussian error linear unit, the exact form: `x * Phi(x)`. Any shape. */
export function gelu(b: Builder, x: Tensor, name: string): Tensor {
  return b.node("Gelu", name, [x]);
}

/** `x / (1 + exp(-x))` */
export function silu(b: Builder, x: Tensor, name: string): Tensor {
  return b.node("Swish", name, [x]);
}

/** The nonlinearity that a block is given by name. */
export type Activation = "relu" | "relu6" | "silu" | "gelu";

const activations = { relu, relu6, silu, gelu } as const satisfies Record<Activation, unknown>;

/** The nonlinearity of a name. Any shape. */
export function activate(b: Builder, x: Tensor, name: string, activation: Activation): Tensor {
  return activations[activation](b, x, name);
}

/** Convolution without bias, with half of the kernel as padding, batch normalisation, and, where one is given, a nonlinearity. */
export function convNorm(
  b: Builder,
  x: Tensor,
  name: string,
  options: {
    readonly out: number;
    readonly kernel: number;
    readonly stride?: number;
    readonly groups?: number;
    readonly activation?: Activation;
  },
): Tensor {
  const { activation, ...convolution } = options;
  const padding = Math.floor((options.kernel - 1) / 2);
  const y = batchNorm2d(b, conv2d(b, x, name, { ...convolution, padding, bias: false }), `${name}_norm`);
  return activation === undefined ? y : activate(b, y, `${name}_act`, activation);
}

/**
 * A factor for each channel of a residual branch (Touvron et al. 2021, arXiv 2103.17239). It begins at 1 here, not at the 1e-6
 * of training, at which a network that was not trained would be one without its blocks.
 * @param channelAxis - Counted from the front; axes behind it are stretched.
 */
export function layerScale(b: Builder, x: Tensor, name: string, channelAxis = 1): Tensor {
  const shape = x.shape.slice(channelAxis).map((n, i) => (i === 0 ? n : 1));
  return b.node("Mul", name, [x, b.parameter(`${name}.gamma`, shape, { kind: "ones" })]);
}

/**
 * Squeeze-and-excite (Hu et al. 2018, arXiv 1709.01507): each channel by a gate between 0 and 1, of the means of all channels, by way of
 * `squeezed` of them. The gate is a hard sigmoid, `relu6(x + 3) / 6`, as in MobileNetV3 (Howard et al. 2019, arXiv 1905.02244).
 */
export function squeezeExcite(
  b: Builder,
  x: Tensor,
  { squeezed, activation }: { readonly squeezed: number; readonly activation: Activation },
): Tensor {
  const means = b.node("GlobalAveragePool", "squeeze", [x]);
  const hidden = activate(b, pointwise(b, means, "squeeze", squeezed, true), "squeeze_act", activation);
  const excited = pointwise(b, hidden, "excite", dimension(x.shape, 1), true);
  const gate = b.node("HardSigmoid", "gate", [excited], { alpha: 1 / 6, beta: 0.5 });
  return b.node("Mul", "gate", [x, gate]);
}

/** The input of a branch added to what the branch gives. */
export function residual(b: Builder, x: Tensor, branch: Tensor, name: string): Tensor {
  return b.node("Add", name, [x, branch]);
}

/** The sum of one tensor or more. */
export function sumOf(b: Builder, terms: readonly Tensor[], name: string): Tensor {
  const [first, ...others] = terms;
  if (first === undefined) throw new GraphError(`"${name}" sums up nothing`);
  return others.reduce((sum, term, i) => b.node("Add", `${name}_${i}`, [sum, term]), first);
}

/** `[N, C]` to `[N, out]` */
export function linear(b: Builder, x: Tensor, name: string, out: number): Tensor {
  const weight = b.parameter(`${name}.weight`, [out, dimension(x.shape, 1)], kaimingNormal(out));
  const bias = b.parameter(`${name}.bias`, [out], { kind: "zeros" });
  return b.node("Gemm", name, [x, weight, bias], { transB: 1 });
}
