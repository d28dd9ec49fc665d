/** @file Settings of a search in the form, and in words. */

import { commandOf, familyBudgets, familySettings, presetNames, presets, type Settings } from "@esnas/core/internal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Budget, budgetIn, budgetOf, readAmount, settingsOf, withBounds, withPreset } from "./budget.js";
import { boundsText, nameOf, settingsText } from "./settings-text.js";

const own = familySettings("s0");

const budgets = fc
  .record({
    parameters: fc.integer({ min: 1, max: 1e8 }),
    macs: fc.integer({ min: 1, max: 1e10 }),
    seed: fc.nat(),
    evaluations: fc.integer({ min: 1, max: 1e6 }),
    channels: fc.constantFrom(1, 3, 64),
    height: fc.constantFrom(32, 96, 256, 4096),
    width: fc.constantFrom(32, 100, 256, 4096),
    stem: fc.constantFrom("auto" as const, 1, 2, 4),
    latency: fc.constant(undefined),
    peakMemory: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    classes: fc.constantFrom(1, 2, 1000),
    method: fc.constantFrom("long" as const, "short" as const, "paper" as const),
  })
  .map(({ parameters, macs, peakMemory, ...others }) =>
    withBounds(budgetOf("s1", others), { parameters, macs, peakMemory }),
  );

describe("the form of a search", () => {
  test("holds all of a search that was begun with it", () => {
    fc.assert(
      fc.property(budgets, (budget) => {
        const { budget: shown, isWhole } = budgetIn(settingsOf(budget), undefined);
        expect(settingsOf(shown)).toEqual(settingsOf(budget));
        expect(isWhole).toBe(true);
      }),
    );
  });

  test("holds searches with fewer bounds, grey images, and the stem that earlier searches had", () => {
    for (const change of [
      { constraints: { parameters: { max: 2e6 } } },
      { constraints: {} },
      { spaceOptions: { input: [1, 128, 96], stem: 2 } },
      { spaceOptions: { input: [3, 96, 96] } },
    ]) {
      const { budget, isWhole } = budgetIn({ ...own, ...change }, undefined);
      expect(isWhole).toBe(true);
      expect(settingsOf(budget)).toMatchObject(change);
    }
  });

  test.each(presetNames)("is that of the command line for %s, with the task of the preset", (name) => {
    const settings = settingsOf(withPreset(budgetOf("s2", { seed: 5 }), name));
    const { constraints } = presets[name];
    expect(settings).toMatchObject({ preset: name, constraints, seed: 5 });
    expect(budgetIn(settings, undefined)).toMatchObject({ budget: { preset: name }, isWhole: true });
    expect(settingsOf(withPreset(budgetIn(settings, undefined).budget, "s0"))).toMatchObject({ spaceOptions: {} });
  });

  test("holds a preset's own search, however it is written", () => {
    const written = { ...own, preset: null, spaceOptions: { input: [3, 256, 256], classes: 1000 } };
    for (const settings of [own, written])
      expect(budgetIn(settings, undefined)).toMatchObject({ budget: { preset: "s0" }, isWhole: true });
  });

  const amounts = ["parameters", "macs", "latency"] as const;
  const texts = fc.oneof(
    fc.constantFrom("", "abc", "250kb", "250 k params", "1,5 M", "-3", "0", "2X"),
    fc.string().filter((text) => amounts.every((cost) => "problem" in readAmount(cost, text))),
  );

  test("begins no search where a text is no amount, and says the text", () => {
    fc.assert(
      fc.property(fc.constantFrom(...amounts), texts, (field, text) => {
        expect(() => settingsOf({ ...budgetOf("s0"), [field]: text })).toThrow(
          `"${text.slice(0, 60)}" is no ${field === "latency" ? "time" : "amount"}`,
        );
      }),
    );
  });

  test("is of no preset while a bound is no amount, and of the preset again with its bound in any writing", () => {
    const mistyped = withBounds(budgetOf("s0"), { parameters: "1.33 N" });
    expect(mistyped).toMatchObject({ preset: undefined, parameters: "1.33 N" } satisfies Partial<Budget>);
    expect(withBounds(mistyped, { parameters: "1330k" }).preset).toBe("s0");
  });

  test("asks for the amount that is typed", () => {
    const typed = withBounds(budgetOf("s0"), { parameters: "1.5 M", macs: "0.2G" });
    expect(settingsOf(typed).constraints).toEqual({ parameters: { max: 1.5e6 }, macs: { max: 2e8 } });
  });

  test.each(["seed", "evaluations", "channels", "height", "width", "classes"])(
    "begins no search without a number for %s",
    (field) => {
      expect(() => settingsOf({ ...budgetOf("s0"), [field]: Number.NaN })).toThrow(/has to be a whole number/);
    },
  );

  const others: readonly Partial<Settings>[] = [
    { space: "nats-topology", constraints: {} },
    { algorithm: "random" },
    { topologyMetric: "naswot" },
    { sizeMetric: "synflow" },
    { cycles: 4 },
    { topologyBudget: "refit" },
    { rescore: 8 },
    { front: { cost: "macs", points: 4 } },
    { constraints: { ...familyBudgets.s0, activations: { max: 1e6 } } },
    { constraints: { parameters: { min: 1e6, max: 2e6 }, macs: { max: 3e8 } } },
    { spaceOptions: { heads: 8 } },
    { maxEvaluations: 1e8 },
  ];
  test.each(others)("says that it does not hold all of %j", (change) => {
    expect(budgetIn({ ...own, ...change }, undefined).isWhole).toBe(false);
  });
});

describe("settings in words", () => {
  test.each([
    [
      {},
      "256 × 256 pixels; 1,000 classes; at most 1.33 M parameters, at most 260 M MACs; topologies scored by entropic-score, sizes by logsynflow(normalisation=divide); at most 18,000 candidates; seed 0.",
    ],
    [
      { spaceOptions: { input: [3, 96, 96], classes: 1 }, constraints: {}, topologyMetric: "macs", sizeMetric: "macs" },
      "96 × 96 pixels; 1 class; no bounds; scored by macs; at most 18,000 candidates; seed 0.",
    ],
    [
      { spaceOptions: { input: [1, 96, 128], classes: 2, stem: 2 }, constraints: { peakMemory: { max: 1.024e6 } } },
      "96 × 128 pixels, grey; 2 classes; stem 2 × 2; at most 1.024 MB of activations alive at once; topologies scored by entropic-score, sizes by logsynflow(normalisation=divide); at most 18,000 candidates; seed 0.",
    ],
    [
      { space: "nats-topology", constraints: {}, algorithm: "random" },
      'space "nats-topology"; no bounds; topologies scored by entropic-score, sizes by logsynflow(normalisation=divide); algorithm random; at most 18,000 candidates; seed 0.',
    ],
  ] as [Partial<Settings>, string][])("of %j", (change, text) => {
    expect(settingsText({ ...own, ...change })).toBe(text);
  });

  test("say of a front from where to where it goes", () => {
    const constraints = { parameters: { max: 1.33e6 }, macs: { min: 18.8e6, max: 0.26e9 } };
    const front = { ...own, constraints, front: { cost: "macs", points: 4 } } as const;
    expect(boundsText(front)).toBe("at most 1.33 M parameters, 18.8 M to 260 M MACs in 4 budgets");
    expect(nameOf(front)).toBe("Front of 4 budgets of MACs, seed 0");
    expect(commandOf(front)).toContain("--front macs");
  });
});
