/** @file The candidates that no other one beats in both of two things. */

/** What is better: less of it, or more. */
export interface Better {
  readonly x: "less" | "more";
  readonly y: "less" | "more";
}

/**
 * Indices of the points on the front, by `x` from the best; points that are no number are left out. Of equal points, the first.
 * @param count Points; the columns may be longer.
 */
export function paretoFront(x: ArrayLike<number>, y: ArrayLike<number>, count: number, better: Better): number[] {
  const sign = better.x === "more" ? -1 : 1;
  const up = better.y === "more" ? 1 : -1;
  const at = (column: ArrayLike<number>, i: number) => column[i] ?? Number.NaN;
  const order: number[] = [];
  for (let i = 0; i < count; i++) if (!Number.isNaN(at(x, i) + at(y, i))) order.push(i);
  order.sort((a, b) => sign * (at(x, a) - at(x, b)) || up * (at(y, b) - at(y, a)) || a - b);
  let highest = Number.NEGATIVE_INFINITY;
  return order.filter((i) => {
    const isBetter = up * at(y, i) > highest;
    if (isBetter) highest = up * at(y, i);
    return isBetter;
  });
}
