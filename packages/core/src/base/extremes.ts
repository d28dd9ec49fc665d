/** @file The largest and the smallest of any number of values: `Math.max(...values)` puts them on the stack, which holds some 100,000. */

/** Minus infinity where there are no values. */
export function largest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** Infinity where there are no values. */
export function smallest(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}
