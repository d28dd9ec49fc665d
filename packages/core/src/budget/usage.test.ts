import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bounds } from "./constraints.js";
import { usageInWords, usageOf, usageText } from "./usage.js";

const costs = { parameters: 1.31e6, macs: 0.2e9, activations: 1e6, activationLayers: 20, peakMemory: 640_000 };

describe("what is used of bounds", () => {
  test("stands beside each of them, and nothing else does", () => {
    expect(usageOf(costs, { macs: { max: 0.26e9 }, parameters: { min: 1e6 }, latency: { max: 8 } })).toEqual([
      { cost: "macs", used: 0.2e9, max: 0.26e9, share: 0.2 / 0.26 },
      { cost: "parameters", used: 1.31e6, min: 1e6 },
    ]);
    expect(usageOf(costs, {})).toEqual([]);
  });

  test.each([
    [{ cost: "parameters", used: 1.31e6, max: 1.33e6 }, "1.31 M of 1.33 M parameters (98 %)"],
    [{ cost: "macs", used: 260e6, max: 260e6 }, "260 M of 260 M MACs (100 %)"],
    [{ cost: "macs", used: 259_999_999, max: 260e6 }, "260 M of 260 M MACs (99 %)"],
    [{ cost: "parameters", used: 1.31e6 }, "1.31 M parameters"],
    [{ cost: "parameters", used: 1.31e6, min: 1e6 }, "1.31 M parameters, at least 1.00 M"],
    [{ cost: "parameters", used: 1e6, min: 1e6, max: 2e6 }, "1.00 M of 2.00 M parameters (50 %), at least 1.00 M"],
    [
      { cost: "peakMemory", used: 640_000, max: 1_024_000 },
      "640 kB of 1.02 MB of activations in float32, 160 kB of 256 kB in int8 (62 %)",
    ],
    [{ cost: "latency", used: 7.93, max: 8 }, "7.93 ms of 8 ms predicted (99 %)"],
  ] as const)("of %j is in words", (usage, words) => {
    expect(usageInWords(usage)).toBe(words);
  });

  test("is 100 % of a bound that is reached alone, and never more of one that is kept", () => {
    const positive = fc.integer({ min: 1, max: 1e9 });
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        const [used, max] = [Math.min(a, b), Math.max(a, b)];
        const [usage] = usageOf({ ...costs, macs: used }, { macs: { max } satisfies Bounds });
        if (usage === undefined) throw new Error("the bound has a usage");
        const share = Number(/\((\d+) %\)/.exec(usageText(usage))?.[1]);
        expect(share === 100).toBe(used === max);
        expect(share).toBeLessThanOrEqual(100);
        expect(100 * (usage.share ?? 0) - share).toBeLessThan(1.0001);
      }),
    );
  });
});
