import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { genotypeMetric, likeness, smallSpace, type Watched, watched } from "../../../../../test/fakes/search.js";
import { architectureCosts } from "../../architecture/architecture.js";
import { seededRandom } from "../../base/random-numbers.js";
import { isWithin } from "../../budget/constraints.js";
import { objectiveOf, objectiveOfMetric } from "../../objective/objective.js";
import { keyOf } from "../../spaces/identity.js";
import type { Genotype } from "../../spaces/space.js";
import { sample } from "../../spaces/variation.js";
import type { SearchProblem } from "../algorithm.js";
import { type AlgorithmName, algorithms, defaultAlgorithmOptions } from "../algorithms/registry.js";
import { budgetsBetween, constraintsAt, dominatorsOf, type FrontPoint, frontSearch, pointOfPhase } from "./front.js";

const space = smallSpace;
const costsOf = (genotype: Genotype) => architectureCosts(space.build(genotype));
const topology = likeness(space, "topology", sample(space, seededRandom(99)));
/** What a budget holds down. */
const wealth = genotypeMetric("wealth", (genotype) => costsOf(genotype).parameters);

const problem: SearchProblem = {
  space,
  constraints: { macs: { max: 120_000 } },
  seed: 1,
  maxEvaluations: 60,
  topologyObjective: objectiveOfMetric(topology.metric),
  sizeObjective: objectiveOfMetric(wealth.metric),
};
const front = { cost: "parameters", budgets: budgetsBetween(2500, 12_000, 4) } as const;

const run = (name: AlgorithmName, of: Partial<SearchProblem> = {}): Watched<readonly FrontPoint[]> => {
  const search = (at: SearchProblem) => algorithms[name](at, defaultAlgorithmOptions);
  return watched(space, frontSearch({ ...problem, ...of }, front, search), topology, wealth);
};

const names = fc.constantFrom(...(Object.keys(algorithms) as AlgorithmName[]));
const seeds = fc.nat(1000);

describe("the budgets of a front", () => {
  test("begin and end where it does, and grow by one factor, rounding apart", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 2, max: 1000, noNaN: true }),
      fc.integer({ min: 2, max: 20 }),
      (least, span, points) => {
        const budgets = budgetsBetween(least, least * span, points);
        expect([budgets.length, budgets[0], budgets.at(-1)]).toEqual([points, least, least * span]);
        const factor = span ** (1 / (points - 1));
        budgets.slice(1).forEach((budget, i) => {
          expect(budget / (budgets[i] ?? 0) / factor).toBeCloseTo(1, 1);
        });
      },
    );
    fc.assert(property, { seed: 1 });
  });
});

describe("a front by any algorithm", () => {
  test("keeps at every point its budget, and the other bounds everywhere", () => {
    const property = fc.property(names, seeds, (name, seed) => {
      const { outcome: points, history } = run(name, { seed });
      expect(points.map(({ budget }) => budget)).toEqual(front.budgets);
      for (const { budget, outcome } of points) {
        const bounds = constraintsAt(problem.constraints, front.cost, budget);
        expect(bounds).toEqual({ macs: { max: 120_000 }, parameters: { max: budget } });
        expect(isWithin(costsOf(outcome.best), bounds)).toBe(true);
      }
      for (const { candidate } of history) {
        const { point = 0 } = pointOfPhase(candidate.phase) ?? {};
        expect(costsOf(candidate.genotype).parameters).toBeLessThanOrEqual(front.budgets[point - 1] ?? 0);
      }
    });
    fc.assert(property, { seed: 2, numRuns: 12 });
  });

  test("does not bound from below what it is a front of", () => {
    expect(constraintsAt({ parameters: { min: 10, max: 20 }, macs: { min: 3 } }, "parameters", 15)).toEqual({
      parameters: { max: 15 },
      macs: { min: 3 },
    });
  });

  test("asks for nothing twice by the same metric, at whichever points", () => {
    const property = fc.property(names, seeds, (name, seed) => {
      expect([...run(name, { seed }).asked].filter(([, times]) => times > 1)).toEqual([]);
    });
    fc.assert(property, { seed: 3, numRuns: 10 });
  });

  test("begins with the search of its least budget alone, and says of each candidate which point asked for it", () => {
    const property = fc.property(names, seeds, (name, seed) => {
      const { history } = run(name, { seed });
      const constraints = constraintsAt(problem.constraints, front.cost, front.budgets[0] ?? 0);
      const alone = algorithms[name]({ ...problem, seed, constraints }, defaultAlgorithmOptions);
      const text = (phase: string | undefined, { cycle, genotype }: { cycle: number; genotype: Genotype }) =>
        `${phase} ${cycle} ${keyOf(space, genotype)}`;
      const first = history.flatMap(({ candidate }) => {
        const { point, phase } = pointOfPhase(candidate.phase) ?? {};
        return point === 1 ? [text(phase, candidate)] : [];
      });
      const expected = watched(space, alone, topology, wealth).history.map(({ candidate }) =>
        text(candidate.phase, candidate),
      );
      expect(first).toEqual(expected);
      const points = history.map(({ candidate }) => pointOfPhase(candidate.phase)?.point ?? 0);
      expect(points).toEqual(points.toSorted((a, b) => a - b));
    });
    fc.assert(property, { seed: 4, numRuns: 6 });
  });

  test("is never worse at a greater budget where topology and size have one objective, random search apart", () => {
    const evolutions = names.filter((name) => name !== "random");
    const property = fc.property(evolutions, seeds, (name, seed) => {
      const { outcome: points } = run(name, { seed, topologyObjective: problem.sizeObjective, constraints: {} });
      const found = points.map(({ outcome }) => costsOf(outcome.best).parameters);
      expect(found).toEqual(found.toSorted((a, b) => a - b));
    });
    fc.assert(property, { seed: 5, numRuns: 8 });
  });
});

describe("dominance", () => {
  const objectives = [objectiveOf("entropic-score"), objectiveOf("-logsynflow")];
  // Few values, so that ties are common.
  const few = fc.integer({ min: 1, max: 4 });
  const score = fc.option(few, { nil: { value: null, reason: "a test" }, freq: 6 });
  const standing = fc.record({ cost: few, scores: fc.record({ "entropic-score": score, logsynflow: score }) });
  const standings = fc.array(standing, { maxLength: 12 });
  type Standing = { cost: number; scores: { "entropic-score": unknown; logsynflow: unknown } };
  /** Smaller is better in each; no score is the worst. */
  const badness = ({ cost, scores }: Standing): readonly [number, number, number] => [
    cost,
    typeof scores["entropic-score"] === "number" ? -scores["entropic-score"] : 100,
    typeof scores.logsynflow === "number" ? scores.logsynflow : 100,
  ];

  test("is by all that cost no more, score no less and are not alike, and by nothing else", () => {
    const property = fc.property(standings, (points) => {
      const expected = points.map((own) => {
        const mine = badness(own);
        return points.flatMap((other, i) => {
          const theirs = badness(other);
          if (theirs.join() === mine.join()) return [];
          return theirs[0] <= mine[0] && theirs[1] <= mine[1] && theirs[2] <= mine[2] ? [i] : [];
        });
      });
      expect(dominatorsOf(points, objectives)).toEqual(expected);
    });
    fc.assert(property, { seed: 6, numRuns: 300 });
  });

  test("leaves of any points one that nothing dominates, and of what is dominated one that dominates it and is not", () => {
    const property = fc.property(standings, (points) => {
      const dominators = dominatorsOf(points, objectives);
      if (points.length > 0) expect(dominators.some((of) => of.length === 0)).toBe(true);
      for (const of of dominators) {
        if (of.length > 0) expect(of.some((i) => dominators[i]?.length === 0)).toBe(true);
      }
    });
    fc.assert(property, { seed: 7, numRuns: 300 });
  });
});
