/** @file Ranks of scores, of which some are equal and some are none. */

/**
 * Ranks from 1, the rank of the largest being the number of values; equal values share the mean of their ranks. What is
 * undefined lies below every number, all of it equal.
 */
export function averageRanks(values: readonly (number | undefined)[]): Float64Array {
  const order = Uint32Array.from(values.keys());
  const at = (place: number) => values[order[place] ?? 0] ?? Number.NEGATIVE_INFINITY;
  order.sort((a, b) => compare(values[a], values[b]));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && at(to) === at(from)) to++;
    for (const index of order.subarray(from, to)) ranks[index] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/** Numbers that wait to be merged: few to shift for each, many for each merging. */
const WAITING = 512;

/** Ranks among values that become more; what is undefined lies below every number. */
export interface GrowingRanks {
  add(value: number | undefined): void;
  /** Of a value that was added, as `averageRanks` of all that were. */
  rank(value: number | undefined): number;
  size(): number;
}

/** Keeps values in order: most of them in one array, into which the latest are merged when they are many. */
export function growingRanks(): GrowingRanks {
  const latest = new Float64Array(WAITING);
  let merged = new Float64Array(0);
  let waiting = 0;
  return {
    add(value = Number.NEGATIVE_INFINITY) {
      const place = countUpTo(latest, waiting, value);
      latest.copyWithin(place + 1, place, waiting);
      latest[place] = value;
      waiting++;
      if (waiting < WAITING) return;
      merged = inOneOrder(merged, latest);
      waiting = 0;
    },
    rank(value = Number.NEGATIVE_INFINITY) {
      const below = countBelow(merged, merged.length, value) + countBelow(latest, waiting, value);
      const upTo = countUpTo(merged, merged.length, value) + countUpTo(latest, waiting, value);
      return (below + 1 + upTo) / 2;
    },
    size: () => merged.length + waiting,
  };
}

/** Of the first `count` values in ascending order, how many are less than one. */
function countBelow(ascending: Float64Array, count: number, value: number): number {
  return countWhere(ascending, count, (other) => other < value);
}

function countUpTo(ascending: Float64Array, count: number, value: number): number {
  return countWhere(ascending, count, (other) => other <= value);
}

/** How many of the first values a condition holds for that holds for none after one that it does not hold for. */
function countWhere(values: Float64Array, count: number, holds: (value: number) => boolean): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(values[middle] ?? 0)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Two ascending arrays as one. */
function inOneOrder(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const both = new Float64Array(a.length + b.length);
  for (let i = 0, j = 0; i + j < both.length; ) {
    const [left = Number.POSITIVE_INFINITY, right = Number.POSITIVE_INFINITY] = [a[i], b[j]];
    const isLeft = j === b.length || (i < a.length && left <= right);
    both[i + j] = isLeft ? left : right;
    if (isLeft) i++;
    else j++;
  }
  return both;
}

function compare(a = Number.NEGATIVE_INFINITY, b = Number.NEGATIVE_INFINITY): number {
  return a === b ? 0 : a - b;
}
