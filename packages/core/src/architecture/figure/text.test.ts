/** @file Numbers and lengths of text. */

import { describe, expect, test } from "vitest";
import { fitText, quantity, textWidth } from "./text.js";

describe("quantity", () => {
  test.each([
    [0, "0"],
    [99, "99"],
    [100, "0.10 k"],
    [1_204, "1.20 k"],
    [40_239, "40.2 k"],
    [99_990, "100 k"],
    [130_000, "0.13 M"],
    [1_306_000, "1.31 M"],
    [9_996_000, "10.0 M"],
    [262_000_000, "0.26 G"],
    [1_234_000_000_000, "1234 G"],
  ])("writes %d as %s", (value, text) => {
    expect(quantity(value)).toBe(text);
  });

  test("puts the unit after the prefix", () => {
    expect(quantity(262e6, "MACs")).toBe("0.26 GMACs");
    expect(quantity(50, "MACs")).toBe("50 MACs");
  });
});

describe("fitText", () => {
  test("leaves what fits", () => {
    expect(fitText("ConvNeXt", "label", 100)).toBe("ConvNeXt");
  });

  test("cuts what does not, to no more than the width", () => {
    const cut = fitText("a rather long name", "label", 60);
    expect(cut).toMatch(/^a r.*…$/);
    expect(textWidth(cut, "label")).toBeLessThanOrEqual(60);
  });

  test("cuts between letters, not within", () => {
    expect(fitText("😀😀😀", "label", 30)).toBe("😀…");
  });
});
