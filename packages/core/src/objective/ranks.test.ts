import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { averageRanks, growingRanks } from "./ranks.js";

/** Few values, so that ties are frequent; some are none. */
const values = fc.array(fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined, freq: 5 }), { maxLength: 25 });

describe("average ranks", () => {
  test("are the number of values below, and half of those that are equal", () => {
    const property = fc.property(values, (given) => {
      const below = (a: number | undefined, b: number | undefined) => b !== undefined && (a === undefined || a < b);
      const expected = given.map((value) => {
        const lower = given.filter((other) => below(other, value)).length;
        const equal = given.filter((other) => other === value).length;
        return lower + (equal + 1) / 2;
      });
      expect([...averageRanks(given)]).toEqual(expected);
    });
    fc.assert(property, { seed: 1, numRuns: 500 });
  });

  test("add up to n (n + 1) / 2, whatever is equal", () => {
    const property = fc.property(values, (given) => {
      const sum = averageRanks(given).reduce((total, rank) => total + rank, 0);
      expect(sum).toBe((given.length * (given.length + 1)) / 2);
    });
    fc.assert(property, { seed: 2 });
  });
});

describe("ranks among values that become more", () => {
  test("are the average ranks of all that there are, few or many", () => {
    const value = fc.option(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), { nil: undefined });
    const several = fc.array(value, { minLength: 1, maxLength: 50 });
    const property = fc.property(several, fc.integer({ min: 1, max: 40 }), (given, times) => {
      const all = Array.from({ length: times }, (_, i) => given.map((value) => value && value + (i % 7))).flat();
      const { add, rank, size } = growingRanks();
      for (const value of all) add(value);
      expect(size()).toBe(all.length);
      expect(all.map(rank)).toEqual([...averageRanks(all)]);
    });
    fc.assert(property, { seed: 3 });
  });
});
