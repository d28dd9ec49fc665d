/**
 * @file Weights as a pure function of seed, parameter name and shape: slices of one bank of standard normal numbers. An
 * unchanged part of a network has the same weights, whatever stands around it and on whichever machine it is scored.
 */

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { elements, type Parameter, type Shape } from "../graph/graph.js";

/** Numbers in the bank. Tensors that are longer wrap around. */
const BANK_SIZE = 2 ** 21;
const BANK_SEED = 0x0e54a5;

let bank: Float32Array | undefined;

/** Standard normal numbers in pairs, by the polar method: Marsaglia and Bray 1964, A convenient method for generating normal variables. */
function normals(): Float32Array {
  if (bank !== undefined) return bank;
  const generator = xoroshiro128plus(BANK_SEED);
  bank = new Float32Array(BANK_SIZE);
  for (let i = 0; i < BANK_SIZE; i += 2) {
    let x: number;
    let y: number;
    let square: number;
    do {
      x = 2 * uniformFloat64(generator) - 1;
      y = 2 * uniformFloat64(generator) - 1;
      square = x * x + y * y;
    } while (square === 0 || square > 1);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    bank[i] = y * factor;
    bank[i + 1] = x * factor;
  }
  return bank;
}

/** FNV-1a of 32 bits over UTF-16 code units. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}

/**
 * Standard normal numbers that depend on nothing but seed and name, times `std`, row-major.
 * @param shape - Says only how many are wanted: a shorter tensor of the same name is a prefix of a longer one.
 */
export function normalValues(seed: number | string, name: string, shape: Shape, std = 1): Float32Array {
  const source = normals();
  const values = new Float32Array(elements(shape));
  let from = hash(`${seed}:${name}`) % BANK_SIZE;
  for (let at = 0; at < values.length; ) {
    const slice = source.subarray(from, from + values.length - at);
    values.set(slice, at);
    at += slice.length;
    from = 0;
  }
  if (std !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * std;
  return values;
}

/** Random values of a parameter, row-major in its own shape. */
export function drawnValues(
  seed: number | string,
  { shape, drawn }: Parameter,
  name: string,
  std: number,
): Float32Array {
  const values = normalValues(seed, name, shape, std);
  const [rows = 1, columns = 1] = shape.slice(-2);
  if (drawn?.isTransposed !== true) return values;
  const size = rows * columns;
  return values.map((_, i) => {
    const within = i % size;
    return values[i - within + (within % columns) * rows + Math.floor(within / columns)] ?? 0;
  });
}

/** The initial values of a parameter, or those that a file has brought. */
export function parameterValues(
  seed: number | string,
  parameter: Parameter,
  name = parameter.drawn?.by ?? parameter.name,
): Float32Array {
  const { values, initialisation, shape } = parameter;
  if (values !== undefined) return values;
  switch (initialisation.kind) {
    case "normal":
      return drawnValues(seed, parameter, name, initialisation.std);
    case "ones":
      return new Float32Array(elements(shape)).fill(1);
    case "zeros":
      return new Float32Array(elements(shape));
    case "given":
      throw new Error(`parameter "${name}" is given, and has no values`);
  }
}
