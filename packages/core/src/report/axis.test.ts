import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { roundNumber } from "../base/numbers.js";
import { axisRange, axisTicks } from "./axis.js";

const anything = fc.array(fc.double(), { maxLength: 8 });
const sane = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { minLength: 1, maxLength: 8 });
const steps = fc.integer({ min: 6, max: 40 });

describe("the range of an axis", () => {
  test("is a range whatever the values are", () => {
    fc.assert(
      fc.property(anything, (values) => {
        const [min, max] = axisRange(values);
        expect(Number.isFinite(min) && Number.isFinite(max) && min < max).toBe(true);
      }),
    );
  });

  test("holds all values, and is hardly wider", () => {
    fc.assert(
      fc.property(sane, (values) => {
        const [min, max] = axisRange(values);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        fc.pre(Math.max(Math.abs(least), Math.abs(most)) > 1e-280);
        expect(min).toBeLessThanOrEqual(least);
        expect(max).toBeGreaterThanOrEqual(most);
        const room = 0.05 * Math.max(most - least, Math.abs(least), Math.abs(most));
        expect(min).toBeGreaterThanOrEqual(least - room);
        expect(max).toBeLessThanOrEqual(most + room);
      }),
    );
  });

  test("does not cross 0 where the values do not", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e300 })), (values) => {
        expect(axisRange(values)[0]).toBeGreaterThanOrEqual(0);
        const negative = values.map((value) => -value).filter((value) => value < -1e-280);
        if (negative.length > 0) expect(axisRange(negative)[1]).toBeLessThanOrEqual(0);
      }),
    );
  });

  test.each([
    ["none", [], [0, 1]],
    ["no number alone", [Number.NaN, Number.POSITIVE_INFINITY], [0, 1]],
    ["0 alone", [0, -0], [0, 1]],
    ["one", [50], [48, 52]],
    ["some that are equal", [-50, -50], [-52, -48]],
    ["the first 18,000 whole numbers", [1, 18_000], [0, 18_719.96]],
    ["both signs", [-100, 100], [-108, 108]],
    ["one that is no number", [0, Number.NaN, 100], [0, 104]],
  ])("of %s", (_, values, range) => {
    expect(axisRange(values)).toEqual(range);
  });
});

describe("the ticks of an axis", () => {
  test("are round numbers within it, ascending, two at least, each with a text of its own", () => {
    fc.assert(
      fc.property(anything, steps, (values, most) => {
        const range = axisRange(values);
        const ticks = axisTicks(range, most);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        expect(ticks.every((tick) => tick >= range[0] && tick <= range[1])).toBe(true);
        expect(ticks.every((tick, i) => i === 0 || tick > (ticks[i - 1] ?? 0))).toBe(true);
        const texts = ticks.map(roundNumber);
        expect(new Set(texts).size).toBe(texts.length);
        expect(texts.join()).not.toMatch(/NaN|∞|–/);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [[0, 18_719.96], 10, ["0", "2 k", "4 k", "6 k", "8 k", "10 k", "12 k", "14 k", "16 k", "18 k"]],
    [[8.3196, 8.3204], 4, ["8.3196", "8.3198", "8.32", "8.3202", "8.3204"]],
    [[0.35e6, 1.35e6], 5, ["400 k", "600 k", "800 k", "1 M", "1.2 M"]],
    [[-3, 3], 6, ["-3", "-2", "-1", "0", "1", "2", "3"]],
  ] as const)("of %j", (range, most, texts) => {
    expect(axisTicks(range, most).map(roundNumber)).toEqual(texts);
  });
});
