import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { familyBudgets } from "../budget/constraints.js";
import { familySettings } from "../search/family.js";
import { presetNames, presets, presetTask } from "../search/presets.js";
import type { Settings } from "../search/settings.js";
import { hybridTaskOptions } from "../spaces/task.js";
import { runName } from "./run-name.js";

const own = familySettings("s0");
const colour = { input: [3, 96, 96] as const, classes: 2 };

describe("the name of a run", () => {
  test.each<[Partial<Settings>, string]>([
    [{}, "s0"],
    [{ spaceOptions: hybridTaskOptions(colour) }, "s0-96px-2c"],
    [{ spaceOptions: { ...colour } }, "s0-96px-2c"],
    [{ spaceOptions: hybridTaskOptions({ ...colour, stem: 1 }) }, "s0-96px-2c-stem1"],
    [{ spaceOptions: { input: [3, 128, 160] } }, "s0-128x160px"],
    [{ spaceOptions: { input: [1, 128, 128] } }, "s0-1x128x128px"],
    [{ constraints: { ...familyBudgets.s0, latency: { max: 8 } } }, "s0-latency-8ms"],
    [
      { preset: null, constraints: { parameters: { max: 8e5 }, macs: { min: 3e7, max: 1.5e8 } } },
      "params-800k-macs-150M-min-macs-30M",
    ],
    [{ preset: null, constraints: { peakMemory: { max: 1_024_000 } } }, "memory-1.024MB"],
    [{ preset: null, constraints: {} }, "custom"],
    [{ preset: null, space: "nats-topology", constraints: {} }, "nats-topology"],
    [{ front: { cost: "macs", points: 4 } }, "s0-front-macs"],
    [{ preset: null, constraints: {}, spaceFile: "spaces/my space.yaml" }, "my-space"],
  ])("of %j is %s", (change, name) => {
    expect(runName({ ...own, ...change })).toBe(name);
  });

  test.each(presetNames)("is that of the preset %s for its own search", (preset) => {
    const spaceOptions = hybridTaskOptions(presetTask("hybrid", preset));
    expect(runName({ ...own, preset, spaceOptions, constraints: presets[preset].constraints })).toBe(preset);
  });

  test("has no character that a file system would not take, and tells tasks apart", () => {
    const side = fc.integer({ min: 32, max: 300 });
    const tasks = fc.record({
      input: fc.tuple(fc.integer({ min: 1, max: 64 }), side, side),
      classes: fc.integer({ min: 1, max: 2000 }),
    });
    fc.assert(
      fc.property(tasks, tasks, (a, b) => {
        const [first, second] = [a, b].map((task) => runName({ ...own, spaceOptions: hybridTaskOptions(task) }));
        expect(first).toMatch(/^[A-Za-z0-9][A-Za-z0-9.-]*$/);
        expect(first === second).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 50 },
    );
  });
});
