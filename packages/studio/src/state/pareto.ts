/** @file The candidates that no other one beats in both of two things. */

/**
 * Indices of the points on the front of low `x` and high `y`, by `x`; points that are no number are left out. Of equal
 * points, the first.
 * @param count Points; the columns may be longer.
 */
export function paretoFront(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  count: number,
  isMoreXBetter = false,
): number[] {
  const sign = isMoreXBetter ? -1 : 1;
  const at = (column: ArrayLike<number>, i: number) => column[i] ?? Number.NaN;
  const order: number[] = [];
  for (let i = 0; i < count; i++) if (!Number.isNaN(at(x, i) + at(y, i))) order.push(i);
  order.sort((a, b) => sign * (at(x, a) - at(x, b)) || at(y, b) - at(y, a) || a - b);
  let highest = Number.NEGATIVE_INFINITY;
  return order.filter((i) => {
    const isHigher = at(y, i) > highest;
    if (isHigher) highest = at(y, i);
    return isHigher;
  });
}
