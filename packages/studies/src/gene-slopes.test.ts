import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partialSlope, residualsOf } from "./gene-slopes.js";

const numbers = (n: number) => fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: n, maxLength: n });

describe("a slope with others held", () => {
  test("is that of the sum it was made of, whatever the others are worth", () => {
    fc.assert(
      fc.property(
        numbers(30),
        numbers(30),
        numbers(30),
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: -5, max: 5 }),
        (x, p, m, worth, cost) => {
          const y = x.map((value, i) => 60 + worth * value + cost * (p[i] ?? 0) - 2 * (m[i] ?? 0));
          const left = residualsOf(x, [p, m]);
          const deviation = Math.sqrt(left.reduce((sum, value) => sum + value ** 2, 0) / 30);
          fc.pre(deviation > 0.1);
          const slope = partialSlope(x, y, [p, m]);
          if (worth === 0) expect(Math.abs(slope?.slope ?? 0)).toBeLessThan(1e-6);
          else expect((slope?.slope ?? 0) / (worth * deviation)).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  test("leaves residuals that are perpendicular to all that is held", () => {
    fc.assert(
      fc.property(numbers(12), numbers(12), numbers(12), (x, p, m) => {
        const left = residualsOf(x, [p, m]);
        for (const held of [p, m, p.map(() => 1)]) {
          expect(Math.abs(left.reduce((sum, value, i) => sum + value * (held[i] ?? 0), 0))).toBeLessThan(1e-6);
        }
      }),
    );
  });

  test("has an interval that holds the true slope in some 95 of 100 tables", () => {
    let state = 1;
    const uniform = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    let held = 0;
    const tries = 400;
    for (let i = 0; i < tries; i++) {
      const p = Array.from({ length: 60 }, normal);
      const x = p.map((value) => value + normal());
      const y = x.map((value, j) => value - (p[j] ?? 0) + normal() * (1 + Math.abs(value)));
      const deviation = Math.sqrt(residualsOf(x, [p]).reduce((sum, value) => sum + value ** 2, 0) / 60);
      const slope = partialSlope(x, y, [p]);
      if (slope !== undefined && slope.low < deviation && deviation < slope.high) held++;
    }
    expect(held / tries).toBeGreaterThan(0.9);
    expect(held / tries).toBeLessThan(0.98);
  });

  test("is none where nothing is left of a gene", () => {
    expect(partialSlope([1, 2, 3, 4, 5], [3, 1, 2, 5, 4], [[2, 4, 6, 8, 10]])).toBeUndefined();
  });
});
