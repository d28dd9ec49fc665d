import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { smallSpace } from "../../../../test/fakes/search.js";
import { architectureCosts, costsOfBlock } from "../architecture/architecture.js";
import { InfeasibleError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import type { Costs } from "../graph/cost.js";
import type { LatencyPredictor } from "../latency/predictor.js";
import { hybridSpace } from "../spaces/hybrid.js";
import type { Genotype, Role, Space } from "../spaces/space.js";
import { sample } from "../spaces/variation.js";
import {
  boundedCosts,
  type Constraints,
  checkConstraints,
  costWords,
  extremeCost,
  familyBudgets,
  findWithin,
  isWithin,
  repair,
  sampleWithin,
  violation,
  withBoundsTimes,
  withinBounds,
} from "./constraints.js";

const COSTS: readonly (keyof Costs)[] = ["parameters", "macs", "activations", "activationLayers", "peakMemory"];

/** A space of a few thousand genotypes, all of which are built. */
const stage = { expansion: [2], kernel: [3, 5], ffns: ["ibn" as const, "convnext" as const] };
const enumerable = hybridSpace({
  input: [1, 16, 16],
  classes: 3,
  stem: 2,
  heads: 2,
  stages: [
    { ...stage, depth: [1, 2], width: [4, 8], qkvDim: [], kinds: ["ibn", "convnext"] },
    { ...stage, depth: [1], width: [4, 16], qkvDim: [4, 12], kinds: ["ibn", "convnext", "transformer"] },
    { ...stage, depth: [1, 2], width: [6], kernel: [3], qkvDim: [4], kinds: ["convnext", "transformer"] },
  ],
});

/** Two stages whose blocks have the same peak memory. */
const balanced = hybridSpace({
  input: [1, 16, 16],
  classes: 3,
  stem: 2,
  stages: [
    { ...stage, depth: [1], width: [4], qkvDim: [], kinds: ["ibn", "convnext"] },
    { ...stage, depth: [1], width: [16], qkvDim: [], kinds: ["ibn", "convnext"] },
  ],
});

function everyGenotype({ genes }: Space): Genotype[] {
  return genes.reduce<Genotype[]>(
    (all, { values }) => all.flatMap((genotype) => values.map((v) => [...genotype, v])),
    [[]],
  );
}

/** The smallest and the largest of every cost among all models of a space. */
function rangesOf(space: Space): ReadonlyMap<keyof Costs, { readonly least: number; readonly most: number }> {
  const all = everyGenotype(space).map((genotype) => architectureCosts(space.build(genotype)));
  return new Map(
    COSTS.map((cost) => {
      const values = all.map((costs) => costs[cost]);
      return [cost, { least: Math.min(...values), most: Math.max(...values) }];
    }),
  );
}

const spaces = [
  { name: "of many kinds of stages", space: enumerable },
  { name: "of stages that cost the same", space: balanced },
];
const ranges = spaces.flatMap(({ name, space }) =>
  [...rangesOf(space)].map(([cost, range]) => ({ name, space, cost, ...range })),
);

const costsOf = (space: Space, genotype: Genotype) => architectureCosts(space.build(genotype));

/** As many milliseconds as a block has megabytes of parameters and hundreds of thousands of multiply-accumulates. */
const predictor: LatencyPredictor = {
  ofBlock: (block) => costsOfBlock(block).parameters / 1e6 + costsOfBlock(block).macs / 1e5,
  ofArchitecture: ({ blocks }) => blocks.reduce((ms, block) => ms + predictor.ofBlock(block), 0.1),
};

describe("a bound on latency", () => {
  const latencyOf = (space: Space, genotype: Genotype) => predictor.ofArchitecture(space.build(genotype));

  test("is kept by what is found and by what is repaired, alone and with another bound", () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.boolean(), (seed, isAlone) => {
        const model = sample(smallSpace, seededRandom(seed));
        const constraints: Constraints = {
          latency: { max: latencyOf(smallSpace, model), predictor },
          ...(!isAlone && { parameters: { max: costsOf(smallSpace, model).parameters } }),
        };
        const found = sampleWithin(smallSpace, constraints, seededRandom(seed + 1));
        expect(latencyOf(smallSpace, found)).toBeLessThanOrEqual(latencyOf(smallSpace, model));
        expect(withinBounds(smallSpace, constraints, found)).toBe(found);
        expect(isWithin(boundedCosts(smallSpace.build(found), constraints), constraints)).toBe(true);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  test("is scaled as the others are, and keeps its predictor", () => {
    const constraints: Constraints = { latency: { min: 2, max: 8, predictor } };
    expect(withBoundsTimes(constraints, { min: 0, max: 0.5 })).toEqual({ latency: { min: 0, max: 4, predictor } });
  });

  test("that no model keeps is told of with the least and the most that there are", () => {
    const all = everyGenotype(enumerable).map((genotype) => latencyOf(enumerable, genotype));
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const shown = (ms: number) => ms.toLocaleString("en-US", { maximumFractionDigits: 3 });
    expect(() => checkConstraints(enumerable, { latency: { max: least * 0.9, predictor } })).toThrow(
      `ms of predicted latency: its smallest model has ${shown(least)}`,
    );
    expect(() => checkConstraints(enumerable, { latency: { min: most * 1.1, predictor } })).toThrow(
      `ms of predicted latency: its largest model has ${shown(most)}`,
    );
    expect(() => checkConstraints(enumerable, { latency: { min: most, max: most, predictor } })).not.toThrow();
  });

  test("is violated by the share that exceeds it, and by no number where nothing was predicted", () => {
    const costs = costsOf(smallSpace, sample(smallSpace, seededRandom(1)));
    const given: Constraints = { latency: { min: 4, max: 8, predictor } };
    expect(violation({ ...costs, latency: 12 }, given)).toBeCloseTo(0.5);
    expect(violation({ ...costs, latency: 2 }, given)).toBeCloseTo(1);
    expect(isWithin({ ...costs, latency: 8 }, given)).toBe(true);
    expect(isWithin(costs, given)).toBe(false);
  });
});

describe("the violation of constraints", () => {
  const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e9 }));
  const costs: fc.Arbitrary<Costs> = fc.record({
    parameters: count,
    macs: count,
    activations: count,
    activationLayers: fc.nat(50),
    peakMemory: count,
  });
  const bound = fc.oneof(count, fc.double({ min: 0, max: 1e9, noNaN: true }));
  const bounds = fc.record({ min: bound, max: bound }, { requiredKeys: [] });
  const constraints: fc.Arbitrary<Constraints> = fc.record(
    { parameters: bounds, macs: bounds, activations: bounds, activationLayers: bounds, peakMemory: bounds },
    { requiredKeys: [] },
  );

  test("is zero if and only if every cost lies within its bounds", () => {
    const property = fc.property(costs, constraints, (of, given) => {
      const within = COSTS.every((cost) => {
        const { min = 0, max = Number.POSITIVE_INFINITY } = given[cost] ?? {};
        return of[cost] >= min && of[cost] <= max;
      });
      expect(isWithin(of, given)).toBe(within);
      expect(violation(of, given)).toBeGreaterThanOrEqual(0);
    });
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });

  test("counts one beyond a bound, however large the bound is", () => {
    for (const limit of [1, 1e6, 1e12, 2 ** 50]) {
      const costsAt = (macs: number): Costs => ({
        parameters: 1,
        macs,
        activations: 1,
        activationLayers: 1,
        peakMemory: 1,
      });
      expect(isWithin(costsAt(limit), { macs: { min: limit, max: limit } })).toBe(true);
      expect(isWithin(costsAt(limit + 1), { macs: { max: limit } })).toBe(false);
      expect(isWithin(costsAt(limit - 1), { macs: { min: limit } })).toBe(false);
    }
  });

  test("grows with the distance from the bounds, and is the sum over the costs", () => {
    const property = fc.property(fc.integer({ min: 1, max: 1e6 }), fc.nat(1e6), fc.nat(1e6), (limit, a, b) => {
      const [near, far] = [Math.min(a, b), Math.max(a, b)];
      const over = (parameters: number, macs: number): Costs => ({
        parameters,
        macs,
        activations: 1,
        activationLayers: 1,
        peakMemory: 1,
      });
      const given = { parameters: { max: limit }, macs: { max: limit } };
      expect(violation(over(limit + near, limit), given)).toBeLessThanOrEqual(
        violation(over(limit + far, limit), given),
      );
      const [first, second, both] = [
        [near, 0],
        [0, far],
        [near, far],
      ].map(([p = 0, m = 0]) => violation(over(limit + p, limit + m), given));
      expect(both).toBeCloseTo((first ?? 0) + (second ?? 0), 9);
    });
    fc.assert(property, { seed: 2 });
  });
});

test("bounds are multiplied each by its own factor, and those that are not given stay away", () => {
  const given: Constraints = { parameters: { max: 100 }, macs: { min: 10, max: 20 }, activations: { min: 4 } };
  expect(withBoundsTimes(given, { min: 0.5, max: 2 })).toEqual({
    parameters: { max: 200 },
    macs: { min: 5, max: 40 },
    activations: { min: 2 },
  });
});

test("the presets of the family are the budgets of EdgeNeXt-XXS, XS and S", () => {
  expect(Object.values(familyBudgets).map(({ parameters, macs }) => [parameters.max / 1e6, macs.max / 1e9])).toEqual([
    [1.33, 0.26],
    [2.34, 0.54],
    [5.59, 1.26],
  ]);
  for (const preset of Object.values(familyBudgets))
    expect(() => checkConstraints(hybridSpace(), preset)).not.toThrow();
});

describe("a bound that no model can keep", () => {
  test.each(ranges)("is told with the $cost that there are at least and at most in a space $name", (range) => {
    const { space, cost, least, most } = range;
    expect(() => checkConstraints(space, { [cost]: { max: least } })).not.toThrow();
    expect(() => checkConstraints(space, { [cost]: { min: most } })).not.toThrow();
    expect(() => checkConstraints(space, { [cost]: { max: least - 1 } })).toThrow(InfeasibleError);
    expect(() => checkConstraints(space, { [cost]: { max: least - 1 } })).toThrow(
      new RegExp(`at most .*: its smallest model has ${least.toLocaleString("en-US")} ${costWords[cost]}, .*in [^,]+$`),
    );
    expect(() => checkConstraints(space, { [cost]: { min: most + 1 } })).toThrow(
      new RegExp(`at least .*: its largest model has ${most.toLocaleString("en-US")} ${costWords[cost]}$`),
    );
  });

  test("is told where it excludes itself", () => {
    expect(() => checkConstraints(smallSpace, { parameters: { min: 2000, max: 1000 } })).toThrow(
      /at least 2,000 and at most 1,000 parameters exclude each other/,
    );
  });
});

describe("a model within constraints", () => {
  /** Constraints that some model of the small space keeps: those of a random one, with a margin around some of its costs. */
  const kept = fc
    .record({ seed: fc.nat(), costs: fc.subarray([...COSTS], { minLength: 1, maxLength: 3 }), band: fc.boolean() })
    .map(({ seed, costs, band }): Constraints => {
      const of = costsOf(smallSpace, sample(smallSpace, seededRandom(seed)));
      return Object.fromEntries(
        costs.map((cost) => [cost, { max: of[cost] * 1.05, ...(band && { min: of[cost] * 0.95 }) }]),
      );
    });

  test("is found and keeps them", () => {
    const property = fc.property(kept, fc.nat(), (constraints, seed) => {
      const found = findWithin(smallSpace, constraints, seededRandom(seed));
      if (found !== undefined) expect(isWithin(costsOf(smallSpace, found), constraints)).toBe(true);
      return found !== undefined;
    });
    fc.assert(property, { seed: 3, numRuns: 40 });
  });

  test.each(ranges)("is found in the tightest budget of $cost of all, in a space $name", ({ space, cost, least }) => {
    const found = sampleWithin(space, { [cost]: { max: least } }, seededRandom(1));
    expect(costsOf(space, found)[cost]).toBe(least);
  });

  test("is drawn from the same random numbers as the same model", () => {
    const property = fc.property(kept, fc.nat(), (constraints, seed) => {
      const draw = () => findWithin(smallSpace, constraints, seededRandom(seed));
      expect(draw()).toEqual(draw());
    });
    fc.assert(property, { seed: 4, numRuns: 10 });
  });

  test("is drawn from all that there are where the budget is wide", () => {
    const random = seededRandom(1);
    const drawn = new Set(Array.from({ length: 50 }, () => String(sampleWithin(smallSpace, {}, random))));
    expect(drawn.size).toBeGreaterThan(45);
  });

  test("has other genes of one role alone, where it is drawn or repaired by role", () => {
    const roles = fc.constantFrom<Role>("topology", "size");
    const property = fc.property(kept, fc.nat(), roles, (constraints, seed, role) => {
      const base = sample(smallSpace, seededRandom(seed));
      const found = [
        findWithin(smallSpace, constraints, seededRandom(seed), role, base),
        repair(smallSpace, base, constraints, seededRandom(seed), role),
      ];
      for (const genotype of found) {
        if (genotype === undefined) continue;
        expect(isWithin(costsOf(smallSpace, genotype), constraints)).toBe(true);
        smallSpace.genes.forEach((gene, i) => {
          if (gene.role !== role) expect(genotype[i]).toBe(base[i]);
        });
      }
    });
    fc.assert(property, { seed: 5, numRuns: 8 });
  });

  test("needs no repair where it keeps them already", () => {
    const base = sample(smallSpace, seededRandom(6));
    expect(repair(smallSpace, base, {}, seededRandom(1))).toBe(base);
    expect(withinBounds(smallSpace, {}, base)).toBe(base);
  });

  test("is missed with a word where there is none", () => {
    const { parameters, macs } = costsOf(smallSpace, sample(smallSpace, seededRandom(1)));
    const impossible: Constraints = { parameters: { max: parameters / 2 }, macs: { min: macs * 3 } };
    expect(findWithin(smallSpace, impossible, seededRandom(1))).toBeUndefined();
    expect(() => sampleWithin(smallSpace, impossible, seededRandom(1))).toThrow(InfeasibleError);
    expect(() => sampleWithin(smallSpace, impossible, seededRandom(1))).toThrow(/loosen one/);
  });
});

describe("what takes the room of a budget that is too small", () => {
  const costs = ["parameters", "macs", "activations", "peakMemory"] as const;
  const sides = fc.constantFrom(32, 64, 128);
  const tasks = fc.record({
    side: sides,
    classes: fc.constantFrom(1, 10, 1000, 20_000),
    cost: fc.constantFrom(...costs),
  });

  test("is a part of the smallest model, with a cost that it has, and no part has more", () => {
    const property = fc.property(tasks, ({ side, classes, cost }) => {
      const space = hybridSpace({ input: [3, side, side], classes, stem: 2 });
      let message = "";
      let remedy: string | undefined;
      try {
        checkConstraints(space, { [cost]: { max: 1 } });
      } catch (error) {
        if (!(error instanceof InfeasibleError)) throw error;
        ({ message, remedy } = error);
      }
      const [, least = "", words = ""] = /its smallest model has ([\d,]+) (.*)$/.exec(message) ?? [];
      const [, amount, part = ""] = /, (?:([\d,]+) of them )?in (.*)$/.exec(words) ?? [];
      const number = (text: string) => Number(text.replaceAll(",", ""));
      if (amount !== undefined) expect(number(amount)).toBeLessThanOrEqual(number(least));
      const isHead = part === `the ${classes}-class head`;
      expect(isHead || /^the stem|^stages\.\d/.test(part)).toBe(true);
      expect(remedy).toBe(
        isHead ? (classes > 1 ? "classes" : undefined) : cost === "parameters" ? undefined : "images",
      );
      // A smaller task of the kind that is named costs less.
      const smaller =
        remedy === "classes"
          ? { input: [3, side, side] as const, classes: 1 }
          : { input: [3, 16, 16] as const, classes };
      if (remedy !== undefined) {
        const options = { ...smaller, stem: 2 };
        expect(extremeCost(hybridSpace(options), cost, "least", {})).toBeLessThan(number(least));
      }
    });
    fc.assert(property, { numRuns: 40 });
  });

  test("is named with its numbers", () => {
    expect(() => checkConstraints(hybridSpace(), { parameters: { max: 50_000 } })).toThrow(
      "its smallest model has 79,200 parameters, 49,000 of them in the 1000-class head",
    );
  });
});
