/**
 * @file Gradients of convolutions, as graphs: by the input a transposed convolution, by the weight a convolution of input and gradient with
 * batch and channels exchanged (Dumoulin and Visin 2016, arXiv 1603.07285).
 */

import type { Arithmetic } from "../arithmetic.js";
import type { Tensor } from "../builder.js";
import { elements } from "../graph.js";
import { dimension, featureMap } from "../operator.js";
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
  if (isDepthwise(x, weight, attributes) && dimension(g.shape, 3) <= WIDEST) {
    return depthwiseWeightGradient(b, x, g, weight, attributes);
  }
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

function isDepthwise(x: Tensor, weight: Tensor, { group }: ConvAttributes): boolean {
  return group > 1 && dimension(x.shape, 1) === group && dimension(weight.shape, 0) === group;
}

/** Columns beyond which most of what `depthwiseWeightGradient` computes is thrown away. */
const WIDEST = 64;

/**
 * For each row of taps, the products of all columns of the input with all columns of the gradient, summed over rows and images by one
 * product of matrices a channel; a tap is the sum along a diagonal. It computes more than is wanted, as the fastest kernel there is.
 *
 * float32, milliseconds of ONNX Runtime 1.30 on a busy core, the least of 6 runs, beside `Conv` with batch and channels exchanged:
 * `[16, 96, 16, 16]` with 5x5 taps 37 (Conv 94), `[16, 192, 8, 8]` with 7x7 5.6 (8.8), `[8, 48, 32, 32]` with 7x7 16 (46).
 */
function depthwiseWeightGradient(
  b: Arithmetic,
  x: Tensor,
  g: Tensor,
  weight: Tensor,
  attributes: ConvAttributes,
): Tensor {
  const [rows, columns] = [windowOf(attributes, 0), windowOf(attributes, 1)];
  const [n, channels, height, width] = featureMap(g);
  const padded = b.pad(x, [0, 0, rows.before, columns.before], [0, 0, rows.after, columns.after]);
  const [wide, tall] = [dimension(padded.shape, 3), (height - 1) * rows.stride + 1];
  const ofInput = b.transpose(padded, [1, 3, 2, 0]);
  const ofGradient = b.reshape(b.transpose(g, [1, 2, 0, 3]), [channels, height * n, width]);
  const products = Array.from({ length: rows.taps }, (_, tap) => {
    const start = tap * rows.dilation;
    const seen = b.slice(ofInput, [0, 0, start, 0], [channels, wide, start + tall, n], [1, 1, rows.stride, 1]);
    const product = b.node("MatMul", [b.reshape(seen, [channels, wide, height * n]), ofGradient]);
    return b.reshape(product, [channels, 1, wide * width]);
  });
  const all = b.reshape(b.node("Concat", products, { axis: 1 }), [channels * rows.taps, wide * width]);
  // 1 where a tap brings an input's column to an output's.
  const diagonals = new Array<number>(wide * width * columns.taps).fill(0);
  for (let out = 0; out < width; out++) {
    for (let tap = 0; tap < columns.taps; tap++) {
      const column = out * columns.stride + tap * columns.dilation;
      diagonals[(column * width + out) * columns.taps + tap] = 1;
    }
  }
  const taps = b.node("MatMul", [all, b.constant(diagonals, [wide * width, columns.taps])]);
  return b.reshape(taps, weight.shape);
}
