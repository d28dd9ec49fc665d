import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amountOfCost } from "../budget/units.js";
import { big, milliseconds, roundNumber, scoreText } from "./numbers.js";

const positive = fc.oneof(
  fc.double({ noNaN: true, min: 1e-9, max: 1e15 }),
  fc.integer({ min: 1, max: 3e9 }),
  fc.double({ noNaN: true, min: 900, max: 1100 }),
);
const forms = [big, (n: number) => big(n, 5), roundNumber, (n: number) => scoreText(n)];

/** The number that a text is. */
function read(text: string): number {
  return text.startsWith("-") ? -amountOfCost("macs", text.slice(1)) : amountOfCost("macs", text);
}

describe("a number as people read it", () => {
  test.each([
    [0, "0"],
    [64, "64"],
    [999, "999"],
    [999.4, "999"],
    [999.6, "1.00 k"],
    [1000, "1.00 k"],
    [8192, "8.19 k"],
    [912_345, "912 k"],
    [999_499, "999 k"],
    [999_500, "1.00 M"],
    [1.33e6, "1.33 M"],
    [0.26e9, "260 M"],
    [5.6e11, "560 G"],
    [1e12, "1.00e12"],
    [7.9, "7.90"],
    [0.0042, "0.00420"],
    [0.00042, "4.20e-4"],
    [-1.5e6, "-1.50 M"],
    [Number.NaN, "–"],
    [Number.NEGATIVE_INFINITY, "-∞"],
  ])("%d is %s", (value, text) => {
    expect(big(value)).toBe(text);
  });

  test("keeps its order in every form, and is never far from the text", () => {
    for (const form of forms) {
      fc.assert(
        fc.property(positive, positive, (a, b) => {
          const [x, y] = [read(form(Math.min(a, b))), read(form(Math.max(a, b)))];
          expect(x).toBeLessThanOrEqual(y);
          expect(Math.abs(read(form(a)) - a)).toBeLessThanOrEqual(0.005001 * a);
          expect(read(form(-a))).toBe(-read(form(a)));
        }),
      );
    }
  });

  test("has three significant digits, where it is not a whole number below 1,000", () => {
    fc.assert(
      fc.property(positive, (value) => {
        if (Number.isInteger(value) && value < 1000) return;
        const digits = big(value)
          .replace(/e.*|[^\d]/g, "")
          .replace(/^0+/, "");
        expect(digits).toHaveLength(3);
      }),
    );
  });

  test("is never the text of a number that is none, nor of one between prefixes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), positive), (value) => {
        for (const form of forms) expect(form(value)).not.toMatch(/NaN|Infinity|^-?\d{4}/);
      }),
    );
  });

  test("has five digits as a score, or its reason", () => {
    expect(scoreText(8.319_77)).toBe("8.3198");
    expect(scoreText(18_588_702.8)).toBe("18.589 M");
    expect(scoreText({ value: null, reason: "no nonlinearity" })).toBe("none (no nonlinearity)");
    expect(scoreText(undefined)).toBe("");
  });

  test("has no prefix as milliseconds", () => {
    expect([0.042, 7.934, 123.4, 1234.5].map(milliseconds)).toEqual(["0.0420", "7.93", "123", "1,230"]);
  });
});
