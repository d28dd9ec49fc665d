/** @file Lengths of text. */

import { describe, expect, test } from "vitest";
import { fitText, textWidth } from "./text.js";

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
