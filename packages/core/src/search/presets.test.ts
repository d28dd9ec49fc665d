import { describe, expect, test } from "vitest";
import { architectureCosts } from "../architecture/architecture.js";
import { taskOfNetwork } from "../architecture/task.js";
import { seededRandom } from "../base/random-numbers.js";
import { checkConstraints, isWithin, sampleWithin } from "../budget/constraints.js";
import { amountOfCost } from "../budget/units.js";
import { usageInWords, usageOf } from "../budget/usage.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { hybridTaskOptions, LEAST_MAP } from "../spaces/task.js";
import { presetInWords, presetNames, presets, presetTask } from "./presets.js";

describe("a preset", () => {
  test.each(presetNames)(
    "%s has models for its task within its bounds, with maps of 4 x 4 and more, and a source",
    (name) => {
      const { constraints, source } = presets[name];
      const space = hybridSpace(hybridTaskOptions(presetTask("hybrid", name)));
      checkConstraints(space, constraints);
      const architecture = space.build(sampleWithin(space, constraints, seededRandom(1)));
      expect(isWithin(architectureCosts(architecture), constraints)).toBe(true);
      expect(Math.min(...(taskOfNetwork(architecture).smallestMap ?? []))).toBeGreaterThanOrEqual(LEAST_MAP);
      expect(source).toMatch(/arXiv \d{4}\.\d{5}/);
    },
  );

  test("of microcontrollers bounds what int8 takes: a byte an element, of which float32 takes four", () => {
    const { parameters, peakMemory } = presets.mcu.constraints;
    expect(peakMemory.max).toBe(4 * amountOfCost("peakMemory", "256kB"));
    expect(parameters.max).toBe(amountOfCost("peakMemory", "1MB"));
    const costs = { parameters: 1, macs: 1, activations: 1, activationLayers: 1, peakMemory: peakMemory.max };
    const words = usageOf(costs, { peakMemory }).map((usage) => usageInWords(usage));
    expect(words).toEqual(["1.02 MB of 1.02 MB of activations in float32, 256 kB of 256 kB in int8 (100 %)"]);
  });

  test("says what it asks for in a line", () => {
    expect(presetInWords("s0")).toBe("1.33 M parameters, 260 M MACs; 3x256x256, 1000 classes");
    expect(presetInWords("mcu")).toBe("1.00 M parameters, 1.02 MB of float32 activations; 1x96x96, 2 classes");
  });

  test("has a task in the hybrid space alone", () => {
    expect(presetTask("hybrid", "cifar")).toEqual({ input: [3, 32, 32], classes: 10 });
    expect(presetTask("nats-topology", "cifar")).toEqual({});
    expect(presetTask("hybrid", "s1")).toEqual({});
  });
});
