/**
 * @file Gradients of convolutions, as graphs: by the input a transposed convolution, by the weight a convolution of input and gradient with
 * batch and channels exchanged (Dumoulin and Visin 2016, arXiv 1603.07285).
 */

import type { Arithmetic } from "../arithmetic.js";
import type { Tensor } from "../builder.js";
import { elements } from "../graph.js";
import { dimension } from "../operator.js";
import type { ConvAttributes } from "./convolution.js";
import { windowOf } from "./window.js";

/**
 * What a convolution of a map of `lengths` with a weight gives back of the gradient of its output: `ConvTranspose`, to those lengths.
 * @param weight - `[out, in/groups, kh, kw]` of the convolution.
 */
export function transposed(
  b: Arithmetic,
  g: Tensor,
  weight: Tensor,
  lengths: readonly number[],
  attributes: ConvAttributes,
): Tensor {
  const output_padding = ([0, 1] as const).map((axis) => {
    const { taps, stride, before, after, dilation } = windowOf(attributes, axis);
    return ((lengths[axis] ?? 1) + before + after - dilation * (taps - 1) - 1) % stride;
  });
  const { kernel_shape, strides, pads, dilations, group } = attributes;
  return b.node("ConvTranspose", [g, weight], { kernel_shape, strides, pads, dilations, group, output_padding });
}

function isPointwise({ kernel_shape, strides, pads, group }: ConvAttributes): boolean {
  return group === 1 && [...kernel_shape, ...strides].every((n) => n === 1) && pads.every((n) => n === 0);
}

/**
 * The gradient of a convolution's weight `[out, in/groups, kh, kw]`.
 * @param x - What went into the convolution.
 * @param g - The gradient of what came out.
 */
export function weightGradient(
  b: Arithmetic,
  x: Tensor,
  g: Tensor,
  weight: Tensor,
  attributes: ConvAttributes,
): Tensor {
  if (isPointwise(attributes)) return pointwiseWeightGradient(b, x, g, weight);
  const { group, strides, dilations, pads } = attributes;
  const n = dimension(x.shape, 0);
  const [out, perGroup] = [dimension(weight.shape, 0), dimension(weight.shape, 1)];
  const map = x.shape.slice(2);
  // Channels within a group become the batch, and the images of each group its channels.
  const apart = b.transpose(b.reshape(x, [n, group, perGroup, ...map]), [2, 1, 0, 3, 4]);
  const images = b.reshape(apart, [perGroup, group * n, ...map]);
  const kernels = b.transpose(g, [1, 0, 2, 3]);
  const taps = b.node("Conv", [images, kernels], {
    kernel_shape: g.shape.slice(2),
    strides: dilations,
    dilations: strides,
    pads,
    group,
  });
  // Rows and columns that a stride has left over are no taps.
  const cut = b.slice(taps, [0, 0, 0, 0], [perGroup, out, ...weight.shape.slice(2)]);
  return b.transpose(cut, [1, 0, 2, 3]);
}

/** One product for each image, and their sum. */
function pointwiseWeightGradient(b: Arithmetic, x: Tensor, g: Tensor, weight: Tensor): Tensor {
  const flat = (t: Tensor) => b.reshape(t, [dimension(t.shape, 0), dimension(t.shape, 1), elements(t.shape.slice(2))]);
  return b.reshape(b.sumAway(b.node("MatMul", [flat(g), b.turned(flat(x))]), [0]), weight.shape);
}
