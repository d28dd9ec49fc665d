/** @file The ESFormer family: within its budgets, the same by every way to it, and what its search ends with. */

import {
  architectureCosts,
  drive,
  esformerConfigurations,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  familySettings,
  isWithin,
  keyOf,
  localEvaluator,
  modelNamed,
  onnxRuntime,
  readGenotype,
  Scorer,
  searchOf,
  toJson,
} from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";

const presets = Object.keys(familyBudgets) as FamilyName[];
const models = presets.flatMap((preset) => [
  { preset, name: preset },
  { preset, name: `paper_${preset}` as const },
]);

describe.each(models)("ESFormer $name", ({ preset, name }) => {
  const model = modelNamed(`esformer_${name}`);
  const { space, genotype } = esformerGenotype(name);

  test("keeps its budget and uses most of it", () => {
    const costs = architectureCosts(model.build());
    expect(isWithin(costs, familyBudgets[preset])).toBe(true);
    expect(costs.macs).toBeGreaterThan(0.95 * familyBudgets[preset].macs.max);
    expect(costs.parameters).toBeGreaterThan(0.95 * familyBudgets[preset].parameters.max);
  });

  test("is the network of its genotype, which comes back from its JSON", () => {
    expect(model.build().blocks).toEqual(space.build(genotype).blocks);
    expect(readGenotype(JSON.parse(JSON.stringify(toJson(space, genotype)))).genotype).toEqual(genotype);
  });

  test("is built for other images and classes with the same blocks", () => {
    const small = model.build({ resolution: 128, classes: 10 });
    expect(small.input).toEqual([1, 3, 128, 128]);
    expect(small.blocks.at(-1)?.output).toEqual([1, 10]);
    const specs = (of: typeof small) => of.blocks.slice(0, -1).map(({ spec }) => spec);
    expect(specs(small)).toEqual(specs(model.build()));
  });
});

test.each(["", "paper_"])("the family %s grows from S0 to S2", (recipe) => {
  const costs = presets.map((preset) => architectureCosts(modelNamed(`esformer_${recipe}${preset}`).build()));
  for (const cost of ["parameters", "macs"] as const) {
    expect(costs.map((of) => of[cost])).toEqual(costs.map((of) => of[cost]).toSorted((a, b) => a - b));
  }
});

// S1 and S2 take longer: npm run study -- esformer
test.each([
  { recipe: "recommended", name: "s0" },
  { recipe: "paper", name: "paper_s0" },
] as const)(
  "the search of S0 by the $recipe recipe ends with the model that is kept",
  async ({ recipe, name }) => {
    const { seed } = esformerConfigurations[name];
    const { space, start } = searchOf(familySettings("s0", seed, recipe));
    const scorer = new Scorer(onnxRuntime(ort), { seed });
    const outcome = await drive(start(), { space, evaluator: localEvaluator(space, scorer) });
    await scorer.release();
    expect(outcome && keyOf(space, outcome.best)).toBe(keyOf(space, esformerGenotype(name).genotype));
  },
  600_000,
);
