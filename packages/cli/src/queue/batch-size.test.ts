import fc from "fast-check";
import { expect, test } from "vitest";
import { batchSize, Costs } from "./batch-size.js";
import { MOST_GENOTYPES } from "./protocol.js";

const cost = fc.double({ min: 0, max: 1e6, noNaN: true });
const count = fc.integer({ min: 0, max: 100_000 });

test("a batch has at least one candidate, and no more than a job may have", () => {
  fc.assert(
    fc.property(fc.option(cost, { nil: undefined }), count, count, (each, open, slots) => {
      const size = batchSize(each, open, slots);
      expect(size).toBeGreaterThanOrEqual(1);
      expect(size).toBeLessThanOrEqual(MOST_GENOTYPES);
    }),
  );
});

test("a batch takes at most 100 ms, unless it is of one candidate", () => {
  fc.assert(
    fc.property(cost, count, count, (each, open, slots) => {
      const size = batchSize(each, open, slots);
      expect(size === 1 || size * each <= 100.001).toBe(true);
    }),
  );
});

test("no slot goes without a batch, where candidates are twice as many", () => {
  fc.assert(
    fc.property(cost, fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 100 }), (each, slots, times) => {
      const open = slots * times;
      expect(Math.ceil(open / batchSize(each, open, slots))).toBeGreaterThanOrEqual(slots);
    }),
    { examples: [[0, 3, 2]] },
  );
});

test("what candidates cost follows what was measured, and is known by kind alone", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 100, noNaN: true }), { minLength: 1 }), (measured) => {
      const costs = new Costs();
      for (const milliseconds of measured) costs.note("a", 4 * milliseconds, 4);
      expect(costs.of("a")).toBeGreaterThanOrEqual(Math.min(...measured) * 0.999);
      expect(costs.of("a")).toBeLessThanOrEqual(Math.max(...measured) * 1.001);
      expect(costs.of("b")).toBeUndefined();
    }),
  );
});
