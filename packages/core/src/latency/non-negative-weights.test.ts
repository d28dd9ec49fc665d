import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { nonNegativeWeights, type TimedWork } from "./non-negative-weights.js";

/** Half the squared relative error, and its slope along each weight in units of that column's length. */
function slopes(rows: readonly TimedWork[], weights: Readonly<Record<string, number>>) {
  const errors = rows.map(
    ({ work, milliseconds }) =>
      Object.entries(work).reduce((sum, [name, x]) => sum + x * (weights[name] ?? 0), 0) / milliseconds - 1,
  );
  return Object.keys(weights).map((name) => {
    const column = rows.map(({ work, milliseconds }) => (work[name] ?? 0) / milliseconds);
    const length = Math.hypot(...column) || 1;
    return {
      name,
      weight: (weights[name] ?? 0) * length,
      slope: column.reduce((sum, x, i) => sum + (x * (errors[i] ?? 0)) / length, 0),
    };
  });
}

/** Rows of work in classes of which several always come together, fewer rows than classes among them. */
const problems = fc
  .record({ seed: fc.nat(1e6), classes: fc.integer({ min: 1, max: 16 }), rows: fc.integer({ min: 1, max: 60 }) })
  .map(({ seed, classes, rows }) => {
    const random = seededRandom(seed);
    const sources = 1 + random.below(classes);
    const from = Array.from({ length: classes }, (_, i) => (i < sources ? i : random.below(sources)));
    return Array.from({ length: rows }, (): TimedWork => {
      const amounts = Array.from({ length: sources }, () => 10 ** random.below(7) * (1 + random.below(100)));
      const work = Object.fromEntries(from.map((source, i) => [`class ${i}`, (amounts[source] ?? 0) * (1 + i)]));
      return { work, milliseconds: 0.01 * (1 + random.below(1000)) };
    });
  });

describe("weights of work", () => {
  test("are not negative, and no change that keeps them so would fit better", () => {
    fc.assert(
      fc.property(problems, (rows) => {
        for (const { weight, slope } of slopes(rows, nonNegativeWeights(rows))) {
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(slope).toBeGreaterThan(-1e-4);
          if (weight > 0) expect(slope).toBeLessThan(1e-4);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("are those that the times were made of, where the work tells them apart", () => {
    const random = seededRandom(1);
    const rows = Array.from({ length: 50 }, (): TimedWork => {
      const [macs, elements] = [random.below(1e9), random.below(1e6)];
      return { work: { macs, elements, block: 1 }, milliseconds: 2e-8 * macs + 3e-7 * elements + 0.05 };
    });
    const weights = nonNegativeWeights(rows);
    expect((weights.macs ?? 0) / 2e-8).toBeCloseTo(1, 3);
    expect((weights.elements ?? 0) / 3e-7).toBeCloseTo(1, 2);
    expect((weights.block ?? 0) / 0.05).toBeCloseTo(1, 2);
  });
});
