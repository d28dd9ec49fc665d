import { architectureCosts, isWithin } from "@esnas/core/internal";
import { describe, expect, test } from "vitest";
import { upper } from "./networks.js";
import { rivals } from "./rivals.js";

const all = rivals();

describe("rivals of the trained hybrids", () => {
  test("keep the budget for ten classes and images of 64 pixels", () => {
    for (const { architecture } of all) {
      expect(isWithin(architectureCosts(architecture), upper)).toBe(true);
      expect(architecture.input).toEqual([1, 3, 64, 64]);
      expect(architecture.blocks.at(-1)?.output).toEqual([1, 10]);
    }
  });

  test("use most of one bound or the other with their own stems", () => {
    for (const { architecture, stemStride, family } of all) {
      const { parameters, macs } = architectureCosts(architecture);
      const own = family === "EdgeNeXt" || family === "ConvNeXt" ? 4 : 2;
      if (stemStride === own) expect(Math.max(parameters / 250_000, macs / 5_000_000)).toBeGreaterThan(0.85);
    }
  });

  test("have names of their own, and every family is there", () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    const families = new Set(all.map(({ family }) => family));
    expect([...families]).toEqual(["MobileNetV2", "ShuffleNetV2", "MobileViT", "EdgeNeXt", "ConvNeXt"]);
  });
});
