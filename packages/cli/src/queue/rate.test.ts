import fc from "fast-check";
import { expect, test } from "vitest";
import { Rate } from "./rate.js";

test("a steady rate is what is told, and half a minute without anything is a rate of 0", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 5, max: 90 }), (each, seconds) => {
      const begin = performance.now();
      const rate = new Rate();
      for (let second = 0; second < seconds; second++) rate.note(each, begin + 1000 * second + 500);
      const end = begin + 1000 * seconds;
      expect(rate.perSecond(end)).toBeGreaterThan(0.9 * each - 0.1);
      expect(rate.perSecond(end)).toBeLessThan(1.1 * each + 0.1);
      expect(rate.perSecond(end + 31_000)).toBe(0);
    }),
  );
});
