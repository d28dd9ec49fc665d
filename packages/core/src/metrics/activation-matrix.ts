/**
 * @file Activations as a matrix: a row a feature (channel, or feature of a token), a column a point (position of a sample). Metrics of ranks and
 * principal components take its products, of which only small square ones leave the runtime.
 */

import type { GraphBuilder, Tensor } from "../graph/builder.js";
import { elements, type Shape } from "../graph/graph.js";

/** The axis of features: that of channels of a feature map `[N, C, H, W]`, else the last. */
function featureAxis(shape: Shape): number {
  return shape.length === 4 ? 1 : shape.length - 1;
}

/** How many rows and columns the matrix of a tensor has, which is written for one sample. */
export function sizesOf({ shape }: Tensor, batch: number): { readonly features: number; readonly points: number } {
  const features = shape[featureAxis(shape)] ?? 1;
  return { features, points: (batch * elements(shape)) / features };
}

/** `[features, points]` of a feature map `[N, C, H, W]`, tokens `[N, L, C]` or vectors `[N, C]`. */
export function byFeature(b: GraphBuilder, x: Tensor, at: string): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const axis = featureAxis(x.shape);
  const turned = b.node("Transpose", `${at}/by_feature`, [x], { perm: [axis, ...axes.toSpliced(axis, 1)] });
  return b.node("Flatten", at, [turned]);
}

/** The same tensor with zeros at all but its first `count` points, sample by sample. */
export function firstPoints(b: GraphBuilder, x: Tensor, batch: number, count: number, at: string): Tensor {
  const { points } = sizesOf(x, batch);
  if (points <= count) return x;
  const mask = Array.from({ length: points }, (_, i) => (i < count ? 1 : 0));
  const shape = [batch, ...x.shape.slice(1)].with(featureAxis(x.shape), 1);
  return b.node("Mul", `${at}/first`, [x, b.constant(`${at}/mask`, "float32", mask, shape)]);
}

/** Rows less their means. */
export function centred(b: GraphBuilder, rows: Tensor, points: number, at: string): Tensor {
  const sums = b.node("ReduceSum", at, [rows, b.constant(`${at}/axis`, "int64", [1])]);
  const negated = b.node("Mul", at, [sums, b.constant(`${at}/share`, "float32", [-1 / points], [])]);
  return b.node("Add", at, [rows, negated]);
}

/** A matrix times itself transposed, the smaller way round: its eigenvalues are squares of singular values, all but zeros. */
export function productOf(b: GraphBuilder, rows: Tensor, isWide: boolean, at: string): Tensor {
  return b.node("Gemm", at, [rows, rows], isWide ? { transB: 1 } : { transA: 1 });
}
