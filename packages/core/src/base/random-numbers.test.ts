import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "./random-numbers.js";

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe("seeded random numbers", () => {
  test("are those that every recorded history was made with", () => {
    const random = seededRandom(1);
    expect(Array.from({ length: 8 }, () => random.below(100))).toEqual([46, 28, 81, 97, 90, 29, 22, 83]);
    expect(Array.from({ length: 8 }, () => Number(random.chance(0.5)))).toEqual([1, 0, 1, 1, 1, 0, 0, 1]);
    expect(random.sample(["a", "b", "c", "d", "e"], 3)).toEqual(["b", "c", "a"]);
  });

  test("are the same for the same seed, and others for the next", () => {
    const property = fc.property(seeds, (seed) => {
      const draw = (of: number) => {
        const random = seededRandom(of);
        return Array.from({ length: 20 }, () => random.below(1000));
      };
      expect(draw(seed)).toEqual(draw(seed));
      expect(draw(seed)).not.toEqual(draw(seed + 1));
    });
    fc.assert(property, { seed: 1 });
  });

  test("below n are whole numbers from 0 to n - 1, each as often as another", () => {
    const property = fc.property(seeds, fc.integer({ min: 1, max: 12 }), (seed, n) => {
      const random = seededRandom(seed);
      const counts = new Map(Array.from({ length: n }, (_, i) => [i, 0]));
      for (let i = 0; i < 600 * n; i++) {
        const drawn = random.below(n);
        counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
      }
      expect(counts.size).toBe(n);
      const chi2 = [...counts.values()].reduce((total, count) => total + (count - 600) ** 2 / 600, 0);
      // Mean n - 1, variance 2 (n - 1): six deviations.
      expect(chi2).toBeLessThan(n - 1 + 6 * Math.sqrt(2 * (n - 1)) + 1);
    });
    fc.assert(property, { seed: 2, numRuns: 20 });
  });

  test("are true with their chance", () => {
    for (const p of [0, 0.1, 0.5, 0.9, 1]) {
      const random = seededRandom(3);
      const share = Array.from({ length: 10_000 }, () => random.chance(p)).filter(Boolean).length / 10_000;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / 10_000));
    }
  });

  test("sample distinct items, all of them where more are wanted", () => {
    const property = fc.property(seeds, fc.uniqueArray(fc.nat(), { maxLength: 10 }), fc.nat(15), (seed, items, n) => {
      const before = [...items];
      const drawn = seededRandom(seed).sample(items, n);
      expect(drawn).toHaveLength(Math.min(n, items.length));
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn.every((item) => items.includes(item))).toBe(true);
      expect(items).toEqual(before);
    });
    fc.assert(property, { seed: 4 });
  });

  test("put a sample into every order alike", () => {
    const random = seededRandom(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.sample(["a", "b", "c"], 3).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("pick nothing from nothing", () => {
    expect(() => seededRandom(1).pick([])).toThrow(RangeError);
    expect(seededRandom(1).sample([], 3)).toEqual([]);
  });
});
