import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { genotypeMetric, likeness, watched } from "../../../../../test/fakes/search.js";
import { seededRandom } from "../../base/random-numbers.js";
import { objectiveOfMetric } from "../../objective/objective.js";
import { keyOf } from "../../spaces/identity.js";
import { natsTopologySpace } from "../../spaces/nats.js";
import type { Genotype } from "../../spaces/space.js";
import { sample } from "../../spaces/variation.js";
import type { SearchProblem } from "../algorithm.js";
import { POPULATION_SIZE } from "./evolution.js";
import { freerea } from "./freerea.js";

const space = natsTopologySpace();
const wanted = sample(space, seededRandom(3));
const wantedCell = likeness(space, "topology", wanted);
const skips = genotypeMetric("skips", (genotype) => genotype.filter((value) => value === "skip_connect").length);

function problemOf(of: Partial<SearchProblem> = {}): SearchProblem {
  return {
    space,
    constraints: {},
    seed: 1,
    maxEvaluations: 200,
    topologyObjective: objectiveOfMetric(wantedCell.metric),
    sizeObjective: objectiveOfMetric(wantedCell.metric),
    ...of,
  };
}

const differing = (a: Genotype, b: Genotype) => a.filter((value, i) => value !== b[i]).length;
const seeds = fc.nat(1e6);

describe("FreeREA", () => {
  test("asks for random founders, then for mutations by one gene and crossovers of what it has seen", () => {
    const property = fc.property(seeds, (seed) => {
      const { history } = watched(space, freerea(problemOf({ seed })), wantedCell);
      const cells = history.map(({ candidate }) => candidate.genotype);
      for (let i = POPULATION_SIZE; i < cells.length; i++) {
        const [child, earlier] = [cells[i] ?? [], cells.slice(0, i)];
        const isMutation = earlier.some((parent) => differing(child, parent) === 1);
        const isCrossover = () =>
          earlier.some((a) =>
            earlier.some((b) => child.every((value, gene) => value === a[gene] || value === b[gene])),
          );
        expect(isMutation || isCrossover()).toBe(true);
      }
    });
    fc.assert(property, { seed: 1, numRuns: 5 });
  });

  test("ends with the best of all that it has seen, wherever the population has gone since", () => {
    const property = fc.property(seeds, (seed) => {
      const { history, outcome } = watched(space, freerea(problemOf({ seed, maxEvaluations: 300 })), wantedCell);
      const best = Math.max(...history.map(({ candidate }) => Number(wantedCell.of(candidate.genotype))));
      expect(wantedCell.of(outcome.best)).toBe(best);
    });
    fc.assert(property, { seed: 2, numRuns: 5 });
  });

  test("finds what is wanted among 15,625 cells with 500 evaluations, which random draws would not", () => {
    const found = [1, 2, 3, 4, 5].map((seed) => {
      const { best } = watched(space, freerea(problemOf({ seed, maxEvaluations: 500 })), wantedCell).outcome;
      return keyOf(space, best) === keyOf(space, wanted);
    });
    expect(found).toEqual([true, true, true, true, true]);
  });

  test("weighs two metrics by their largest values: what both like goes first", () => {
    const thousandfold = genotypeMetric("thousandfold", (genotype) => 1000 * Number(wantedCell.of(genotype)));
    const problem = problemOf({
      topologyObjective: objectiveOfMetric(thousandfold.metric),
      sizeObjective: objectiveOfMetric(skips.metric),
      maxEvaluations: 400,
    });
    const { outcome, history } = watched(space, freerea(problem), thousandfold, skips);
    const sum = (genotype: Genotype) => Number(wantedCell.of(genotype)) + Number(skips.of(genotype)) / 6;
    const sums = history.map(({ candidate }) => sum(candidate.genotype));
    expect(sum(outcome.best)).toBeCloseTo(Math.max(...sums), 5);
    expect(history.every(({ candidate }) => candidate.metrics.length === 2)).toBe(true);
  });

  test("asks for valid genotypes alone where a space says which are", () => {
    const restricted = { ...space, isValid: (genotype: Genotype) => genotype[0] !== "none" && genotype[5] !== "none" };
    const { history } = watched(restricted, freerea(problemOf({ space: restricted })), wantedCell);
    expect(history.every(({ candidate }) => restricted.isValid(candidate.genotype))).toBe(true);
  });
});
