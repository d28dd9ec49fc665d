import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../base/errors.js";
import { type BoundedCost, costWords } from "./constraints.js";
import { amountOfCost, costText, exactCostText } from "./units.js";

const costs = fc.constantFrom(...(Object.keys(costWords) as BoundedCost[]));
const amounts = fc.oneof(fc.integer({ min: 1, max: 1e12 }), fc.double({ min: 1e-6, max: 1e15, noNaN: true }));

/** Units that some cost takes, by those that take them. */
const counted = ["parameters", "macs", "activations", "activationLayers"];
const takers: Readonly<Record<string, readonly string[]>> = {
  k: [...counted, "peakMemory"],
  M: [...counted, "peakMemory"],
  G: [...counted, "peakMemory"],
  B: ["peakMemory"],
  kB: ["peakMemory"],
  MB: ["peakMemory"],
  GB: ["peakMemory"],
  KiB: ["peakMemory"],
  MiB: ["peakMemory"],
  GiB: ["peakMemory"],
  ms: ["latency"],
  s: ["latency"],
  us: ["latency"],
};

describe("an amount of a cost", () => {
  test("is read back as it is from its exact text, and nearly from the one that people read", () => {
    fc.assert(
      fc.property(costs, amounts, (cost, value) => {
        expect(amountOfCost(cost, exactCostText(cost, value))).toBe(value);
        const shown = costText(cost, value);
        if (!shown.includes("e") && !shown.includes(","))
          expect(Math.abs(amountOfCost(cost, shown) - value)).toBeLessThanOrEqual(0.00501 * value);
      }),
    );
  });

  test("has the units of its kind and no others, which one line says", () => {
    fc.assert(
      fc.property(costs, fc.constantFrom(...Object.keys(takers)), fc.integer({ min: 1, max: 999 }), (cost, unit, n) => {
        const read = () => amountOfCost(cost, `${n}${unit}`);
        if (takers[unit]?.includes(cost)) expect(read()).toBeGreaterThan(0);
        else {
          expect(read).toThrow(InputError);
          expect(read).toThrow(
            /^"\d+\w+" is no (amount of \w+|time): write positive|^"\d+\w+" is no .*: write a positive/,
          );
        }
      }),
    );
  });

  test.each<[BoundedCost, string, number]>([
    ["parameters", "1.33M", 1.33e6],
    ["macs", "0.26G", 0.26e9],
    ["macs", "0.26 G", 0.26e9],
    ["activationLayers", "40", 40],
    ["peakMemory", "256kB", 256_000],
    ["peakMemory", "256k", 256_000],
    ["peakMemory", "1MiB", 1_048_576],
    ["peakMemory", "1.5 KiB", 1536],
    ["peakMemory", "1000", 1000],
    ["latency", "8ms", 8],
    ["latency", "8", 8],
    ["latency", "0.008s", 8],
    ["latency", "250us", 0.25],
  ])("of %s: %s is %d", (cost, text, value) => {
    expect(amountOfCost(cost, text)).toBeCloseTo(value, 9);
  });

  test.each(["", "lots", "-3", "0", "0kB", "1.2.3M", "1e400", "1,5M", "5KB", "constructor", "1 constructor"])(
    '"%s" is none of any cost',
    (text) => {
      for (const cost of Object.keys(costWords) as BoundedCost[])
        expect(() => amountOfCost(cost, text)).toThrow(InputError);
    },
  );
});
