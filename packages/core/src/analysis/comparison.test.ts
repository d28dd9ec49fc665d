import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareWithRandom, type Measured } from "./comparison.js";

const options = { resamples: 200, seed: 3 };
const measured = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const networks = fc.array(measured, { minLength: 1, maxLength: 12 });
const searches = fc.array(networks, { minLength: 1, maxLength: 6 });

const present = (values: readonly Measured[]) => values.filter((value) => value !== undefined);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("what searches found, against random networks", () => {
  test("has the means and the dominance over all pairs that its definition says", () => {
    fc.assert(
      fc.property(searches, networks, (found, random) => {
        const actual = compareWithRandom(found, random, { resamples: 2, seed: 0 });
        const [those, others] = [found.map(present).filter((values) => values.length > 0), present(random)];
        if (those.length === 0 || others.length === 0) {
          expect(actual).toBeUndefined();
          return;
        }
        const dominance = (value: number) => mean(others.map((other) => Math.sign(value - other)));
        expect(actual).toMatchObject({ searches: those.length, random: mean(others) });
        expect(actual?.found).toBeCloseTo(mean(those.map(mean)), 12);
        expect(actual?.effect).toBeCloseTo(mean(those.map((values) => mean(values.map(dominance)))), 12);
      }),
    );
  });

  test("is turned round where all values are", () => {
    const turned = (values: readonly Measured[]) => values.map((value) => (value === undefined ? value : -value));
    fc.assert(
      fc.property(searches, networks, (found, random) => {
        const one = compareWithRandom(found, random, options);
        const other = compareWithRandom(found.map(turned), turned(random), options);
        expect(other?.effect ?? 0).toBeCloseTo(-(one?.effect ?? 0), 12);
        expect(other?.effectInterval.low ?? 0).toBeCloseTo(-(one?.effectInterval.high ?? 0), 12);
        expect(other?.foundInterval.low ?? 0).toBeCloseTo(-(one?.foundInterval.high ?? 0), 12);
      }),
      { numRuns: 30 },
    );
  });

  test("has the effect 1 where every found network has more, with an interval of no width", () => {
    const comparison = compareWithRandom([[2, 3], [4]], [0, 1, 1], options);
    expect(comparison).toMatchObject({ effect: 1, effectInterval: { low: 1, high: 1 } });
  });

  test("has intervals that hold what is found, the wider the more searches differ", () => {
    const alike = compareWithRandom([[1], [1.1], [0.9], [1]], [0, 1, 2], options);
    const apart = compareWithRandom([[1], [3], [-1], [1]], [0, 1, 2], options);
    for (const comparison of [alike, apart]) {
      expect(comparison?.foundInterval.low).toBeLessThanOrEqual(comparison?.found ?? Number.NaN);
      expect(comparison?.foundInterval.high).toBeGreaterThanOrEqual(comparison?.found ?? Number.NaN);
    }
    const width = ({ low = 0, high = 0 } = {}) => high - low;
    expect(width(apart?.foundInterval)).toBeGreaterThan(width(alike?.foundInterval));
  });

  test("takes the candidates of one search as one observation, however many they are", () => {
    const few = compareWithRandom([[1], [0]], [0, 1, 2], options);
    const many = compareWithRandom([new Array(50).fill(1), [0]], [0, 1, 2], options);
    expect(many).toEqual(few);
  });
});
