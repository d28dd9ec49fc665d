/** @file Seeded random numbers for spaces and searches: the same seed gives the same choices on any machine. */

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { checkArgument } from "./argument.js";

/** A source of random numbers. */
export interface Random {
  /** A whole number from 0 to `n - 1`. */
  below(n: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** Up to `n` distinct items, in random order. */
  sample<T>(items: readonly T[], n: number): T[];
}

/** Random numbers that are the same for the same seed, on any machine. */
export function seededRandom(seed: number): Random {
  checkArgument(typeof seed === "number" && Number.isFinite(seed), 'seededRandom: "seed"', seed, "a number");
  const generator = xoroshiro128plus(seed);
  const below = (n: number) => uniformInt(generator, 0, n - 1);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  };
  return {
    below,
    chance: (p) => uniformFloat64(generator) < p,
    pick,
    sample(items, n) {
      const left = [...items];
      const drawn: typeof left = [];
      while (drawn.length < n && left.length > 0) {
        for (const item of left.splice(below(left.length), 1)) drawn.push(item);
      }
      return drawn;
    },
  };
}
