/**
 * @file Tables that nothing trains, told from weights by their numbers: grids and masks, codes of positions, and tables that repeat a
 * smaller one.
 */

import { elements, type Shape } from "../../../graph/graph.js";

/** All numbers are the same. */
export function isEven(values: Float32Array): boolean {
  return values.every((value) => value === values[0]);
}

/** Axes that are longer than 1. */
export function axesOf(shape: Shape): number {
  return shape.filter((n) => n > 1).length;
}

/** Beyond it a mask hides what it is added to. */
const HIDDEN = 9000;

/** Indices, grids of whole, half or quarter steps, and masks: numbers of a kind that training does not end in. */
export function isRound(values: Float32Array): boolean {
  return !isEven(values) && values.every((value) => Number.isInteger(4 * value) || Math.abs(value) >= HIDDEN);
}

/** The numbers grow by the same steps along every axis, as coordinates do. */
export function isGrid(values: Float32Array, shape: Shape): boolean {
  if (isEven(values) || !shape.some((n) => n > 2)) return false;
  const range = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return shape.every((length, axis) => {
    if (length < 3) return true;
    const step = elements(shape.slice(axis + 1));
    return values.every((value, i) => {
      const at = Math.floor(i / step) % length;
      if (at < 2) return true;
      const bend = value - 2 * (values[i - step] ?? 0) + (values[i - 2 * step] ?? 0);
      return Math.abs(bend) <= 1e-4 * range;
    });
  });
}

function meanSquare(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** As large as sines are, whose mean square is a half: tables that are trained begin near 0, and stay small. */
export function isAsLargeAsSines(values: Float32Array): boolean {
  return meanSquare(values) >= 0.25;
}

/** As sines and cosines are that queries and keys are turned by. */
export function isTurn(values: Float32Array): boolean {
  return (
    values.every((value) => Math.abs(value) <= 1.0001) && values.some((value) => value < 0) && meanSquare(values) >= 0.1
  );
}

/**
 * How many numbers a table of biases between places of a window has, where it is one of relative positions: `[..., N, N]`, the
 * numbers of which hang on the way from place to place alone (Liu et al. 2021, arXiv 2103.14030).
 */
export function relativeNumbers(values: Float32Array, shape: Shape): number | undefined {
  const [rows = 0, columns = 0] = shape.slice(-2);
  if (shape.length < 2 || rows !== columns || rows < 4) return undefined;
  const heads = elements(shape.slice(0, -2));
  for (let height = Math.floor(Math.sqrt(rows)); height >= 2; height--) {
    if (rows % height !== 0) continue;
    for (const width of new Set([rows / height, height])) {
      if (isRelative(values, heads, rows / width, width)) return heads * (2 * (rows / width) - 1) * (2 * width - 1);
    }
  }
  return undefined;
}

function isRelative(values: Float32Array, heads: number, height: number, width: number): boolean {
  const places = height * width;
  const ways = (2 * height - 1) * (2 * width - 1);
  for (let head = 0; head < heads; head++) {
    const known = new Float32Array(ways).fill(Number.NaN);
    for (let from = 0; from < places; from++) {
      for (let to = 0; to < places; to++) {
        const down = Math.floor(from / width) - Math.floor(to / width) + height - 1;
        const across = (from % width) - (to % width) + width - 1;
        const way = down * (2 * width - 1) + across;
        const value = values[(head * places + from) * places + to] ?? 0;
        if (Number.isNaN(known[way] ?? Number.NaN)) known[way] = value;
        else if (known[way] !== value) return false;
      }
    }
  }
  return true;
}
