/** @file A seeded sample of the rows of a table. */

import { seededRandom } from "../base/random-numbers.js";

/**
 * So many of the items, without replacement, in their own order. A smaller sample of the same seed is part of a larger one.
 * All of them where there are no more.
 */
export function sampleOf<T>(items: readonly T[], size: number, seed: number): readonly T[] {
  if (size >= items.length) return items;
  const random = seededRandom(seed);
  const order = Uint32Array.from(items.keys());
  for (let i = 0; i < size; i++) {
    const j = i + random.below(items.length - i);
    const picked = order[j] ?? 0;
    order[j] = order[i] ?? 0;
    order[i] = picked;
  }
  return [...order.subarray(0, size).sort()].flatMap((i) => items.slice(i, i + 1));
}
