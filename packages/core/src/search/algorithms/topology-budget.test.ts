import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { smallSpace } from "../../../../../test/fakes/search.js";
import { architectureCosts } from "../../architecture/architecture.js";
import { seededRandom } from "../../base/random-numbers.js";
import type { Constraints } from "../../budget/constraints.js";
import { sample } from "../../spaces/variation.js";
import { topologyBudgets } from "./topology-budget.js";

const genotypes = fc.nat().map((seed) => sample(smallSpace, seededRandom(seed)));
const parametersOf = (genotype: readonly (string | number)[]) =>
  architectureCosts(smallSpace.build(genotype)).parameters;

/** Budgets around what a model has: from far below to far above. */
const cases = fc.tuple(
  genotypes,
  fc.integer({ min: 60, max: 140 }).map((percent) => percent / 100),
);

describe("what a topology phase admits", () => {
  test.each([
    ["strict", 1],
    ["slack", 1],
    ["relaxed", 1.15],
  ] as const)("%s: what has at most %d times the budget, as it is", (name, factor) => {
    const property = fc.property(cases, ([genotype, share]) => {
      const max = parametersOf(genotype) / share;
      const admitted = topologyBudgets[name].admit(smallSpace, { parameters: { max } }, genotype);
      expect(admitted).toBe(parametersOf(genotype) <= max * factor ? genotype : undefined);
    });
    fc.assert(property, { seed: 1, numRuns: 50 });
  });

  test("refit: the same topology with widths that fill the budget and no more", () => {
    const property = fc.property(cases, ([genotype, share]) => {
      const max = parametersOf(genotype) / share;
      const refitted = topologyBudgets.refit.admit(smallSpace, { parameters: { max } }, genotype);
      if (refitted === undefined) return;
      expect(parametersOf(refitted)).toBeLessThanOrEqual(max);
      if (share <= 1) expect(parametersOf(refitted)).toBeGreaterThanOrEqual(parametersOf(genotype));
      smallSpace.genes.forEach(({ name, values }, i) => {
        if (name.endsWith(".width")) expect(values).toContain(refitted[i]);
        else expect(refitted[i]).toBe(genotype[i]);
      });
    });
    fc.assert(property, { seed: 2, numRuns: 50 });
  });

  test("size phases keep the budget, or under slack 85 % of it, lower bounds too", () => {
    const given: Constraints = { parameters: { min: 100, max: 200 }, macs: { max: 1000 } };
    for (const name of ["strict", "relaxed", "refit"] as const) {
      expect(topologyBudgets[name].sizeConstraints(given)).toEqual(given);
    }
    expect(topologyBudgets.slack.sizeConstraints(given)).toEqual({
      parameters: { min: 85, max: 170 },
      macs: { max: 850 },
    });
  });
});
