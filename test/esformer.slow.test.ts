/** @file The ESFormer family: within its budgets, the same by every way to it, and what its search ends with. */

import {
  architectureCosts,
  cyclicSearch,
  DEFAULT_EVALUATIONS,
  defaultAlgorithmOptions,
  drive,
  esformer,
  esformerConfigurations,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  hybridSpace,
  isWithin,
  keyOf,
  localEvaluator,
  modelNamed,
  objectiveOf,
  onnxRuntime,
  readGenotype,
  Scorer,
  toJson,
} from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";

const names = Object.keys(familyBudgets) as FamilyName[];

describe.each(names)("ESFormer of the preset %s", (preset) => {
  const model = modelNamed(`esformer_${preset}`);
  const { space, genotype } = esformerGenotype(preset);

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

test("the family grows from S0 to S2", () => {
  const costs = esformer.map((model) => architectureCosts(model.build()));
  for (const cost of ["parameters", "macs"] as const) {
    expect(costs.map((of) => of[cost])).toEqual(costs.map((of) => of[cost]).toSorted((a, b) => a - b));
  }
});

// S1 and S2 take longer: npm run study -- esformer
test("the default search of S0 ends with the model that is kept", async () => {
  const space = hybridSpace();
  const { seed } = esformerConfigurations.s0;
  const scorer = new Scorer(onnxRuntime(ort), { seed });
  const problem = {
    space,
    constraints: familyBudgets.s0,
    seed,
    topologyObjective: objectiveOf("entropic-score"),
    sizeObjective: objectiveOf("logsynflow"),
    maxEvaluations: DEFAULT_EVALUATIONS,
  };
  const search = cyclicSearch(problem, defaultAlgorithmOptions);
  const outcome = await drive(search, { space, evaluator: localEvaluator(space, scorer) });
  await scorer.release();
  expect(outcome && keyOf(space, outcome.best)).toBe(keyOf(space, esformerGenotype("s0").genotype));
}, 600_000);
