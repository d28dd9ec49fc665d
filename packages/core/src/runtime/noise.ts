/** @file Images of noise, which networks are scored on: a pure function of kind, seed and shape. */

import { elements } from "../graph/graph.js";
import type { TensorData } from "./session.js";
import { normalValues } from "./weights.js";

export const noiseKinds = ["normal", "uniform", "pink"] as const satisfies readonly NoiseKind[];

/**
 * - `normal`: independent standard normal numbers;
 * - `uniform`: independent numbers between -sqrt(3) and sqrt(3), of variance 1;
 * - `pink`: normal numbers on grids of 1, 2, 4, ... pixels in equal parts, of variance 1: like photographs, as much power in
 *   every octave of frequencies.
 */
export type NoiseKind = "normal" | "uniform" | "pink";

/** @param shape - `[N, C, H, W]` */
export function noiseImages(kind: NoiseKind, seed: string, shape: readonly number[]): TensorData {
  const normals = (name: string) => normalValues(seed, name, shape);
  switch (kind) {
    case "normal":
      return { shape, data: normals("input") };
    case "uniform": {
      // The angle of two independent normal numbers is uniform.
      const other = normals("input/angle");
      return { shape, data: normals("input").map((a, i) => (Math.atan2(a, other[i] ?? 0) * Math.sqrt(3)) / Math.PI) };
    }
    case "pink":
      return { shape, data: pink(normals, shape) };
  }
}

/** As many images as are given, at equal angles on the circle `x cos t + y sin t` of the first two, `x` and `y`. */
export function onCircle({ data, shape }: TensorData): TensorData {
  const [batch = 1] = shape;
  const size = data.length / batch;
  const points = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const angle = (2 * Math.PI * Math.floor(i / size)) / batch;
    const [x = 0, y = 0] = [data[i % size], data[size + (i % size)]];
    points[i] = x * Math.cos(angle) + y * Math.sin(angle);
  }
  return { shape, data: points };
}

function pink(normals: (name: string) => Float32Array, shape: readonly number[]): Float32Array {
  const [height = 1, width = 1] = shape.slice(-2);
  const octaves = Math.floor(Math.log2(Math.max(height, width))) + 1;
  const images = new Float32Array(elements(shape));
  for (let octave = 0; octave < octaves; octave++) {
    const values = normals(`input/octave${octave}`);
    for (let i = 0; i < images.length; i++) {
      const [column, row] = [i % width, Math.floor(i / width) % height];
      const cell = i - column - row * width + ((row >> octave) * width + (column >> octave));
      images[i] = (images[i] ?? 0) + (values[cell] ?? 0) / Math.sqrt(octaves);
    }
  }
  return images;
}
