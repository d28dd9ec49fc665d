import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FamilyName, familyBudgets } from "../budget/constraints.js";
import { familySettings } from "../search/family.js";
import type { Settings } from "../search/settings.js";
import { titleOfRun } from "./run-title.js";

const own = familySettings("s0");

/** Settings that are not a preset's own, each in one thing. */
const others: readonly (readonly [Partial<Settings>, string])[] = [
  [{ spaceOptions: { input: [3, 96, 96] } }, "Model for S0's budget, 96 x 96"],
  [{ spaceOptions: { input: [3, 96, 96], classes: 2 } }, "Model for S0's budget, 96 x 96, 2 classes"],
  [{ spaceOptions: { classes: 1 } }, "Model for S0's budget, 1 class"],
  [{ spaceOptions: { heads: 8 } }, "Model for S0's budget"],
  [{ constraints: { parameters: { max: 1.33e6 }, macs: { max: 0.25e9 } } }, "Model for an own budget"],
  [{ constraints: { ...familyBudgets.s0, peakMemory: { max: 1e6 } } }, "Model for an own budget"],
  [{ constraints: { parameters: { max: 1.33e6 } } }, "Model for an own budget"],
  [{ algorithm: "joint" }, "Model for S0's budget"],
  [{ topologyMetric: "naswot" }, "Model for S0's budget"],
  [{ sizeMetric: "synflow" }, "Model for S0's budget"],
  [{ topologyBudget: "strict" }, "Model for S0's budget"],
  [{ cycles: 4 }, "Model for S0's budget"],
  [{ maxEvaluations: 600 }, "Model for S0's budget"],
  [{ rescore: 8 }, "Model for S0's budget"],
  [{ front: { cost: "macs", points: 4 } }, "Front of 4 budgets of MACs"],
  [{ space: "nats-topology" }, 'Model of the space "nats-topology"'],
];

describe("the title of a run", () => {
  test.each(["s0", "s1", "s2"] as const)(
    "is ESFormer's of %s alone, with any seed, however its task is written",
    (preset) => {
      const name = `ESFormer-${preset.toUpperCase()}`;
      const settings = familySettings(preset, 3);
      expect(titleOfRun(settings)).toBe(name);
      expect(titleOfRun({ ...settings, preset: null })).toBe(name);
      expect(titleOfRun({ ...settings, spaceOptions: { input: [3, 256, 256], classes: 1000 } })).toBe(name);
    },
  );

  test.each(others)("of %j is another one", (change, title) => {
    expect(titleOfRun({ ...own, ...change })).toBe(title);
  });

  test("has no ESFormer in it where any setting is another one", () => {
    const presetNames = fc.constantFrom<FamilyName>("s0", "s1", "s2");
    const changes = fc.subarray(
      others.map(([change]) => change),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(presetNames, changes, (preset, chosen) => {
        expect(titleOfRun(Object.assign({}, familySettings(preset), ...chosen))).not.toContain("ESFormer");
      }),
    );
  });
});
