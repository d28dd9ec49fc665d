import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { likeness, watched } from "../../../../../test/fakes/search.js";
import { seededRandom } from "../../base/random-numbers.js";
import { objectiveOfMetric } from "../../objective/objective.js";
import { natsTopologySpace } from "../../spaces/nats.js";
import type { Genotype } from "../../spaces/space.js";
import { sample } from "../../spaces/variation.js";
import type { SearchProblem } from "../algorithm.js";
import { randomSearch } from "./random-search.js";
import { regularizedEvolution } from "./regularized-evolution.js";

const space = natsTopologySpace();
const wantedCell = likeness(space, "topology", sample(space, seededRandom(3)));
const objective = objectiveOfMetric(wantedCell.metric);

function problemOf(of: Partial<SearchProblem> = {}): SearchProblem {
  return {
    space,
    constraints: {},
    seed: 1,
    maxEvaluations: 150,
    topologyObjective: objective,
    sizeObjective: objective,
    ...of,
  };
}

const differing = (a: Genotype, b: Genotype) => a.filter((value, i) => value !== b[i]).length;

describe("regularized evolution", () => {
  test("asks for ten random founders, then for mutations by one gene of what it has seen", () => {
    const property = fc.property(fc.nat(1e6), (seed) => {
      const { history } = watched(space, regularizedEvolution(problemOf({ seed })), wantedCell);
      const cells = history.map(({ candidate }) => candidate.genotype);
      for (let i = 10; i < cells.length; i++) {
        expect(cells.slice(0, i).some((parent) => differing(cells[i] ?? [], parent) === 1)).toBe(true);
      }
    });
    fc.assert(property, { seed: 1, numRuns: 10 });
  });

  test("finds more of what is wanted than random search does, on average over seeds", () => {
    const seeds = [1, 2, 3, 4, 5];
    const mean = (make: typeof randomSearch) =>
      seeds.reduce((sum, seed) => {
        const { best } = watched(space, make(problemOf({ seed })), wantedCell).outcome;
        return sum + Number(wantedCell.of(best)) / seeds.length;
      }, 0);
    expect(mean(regularizedEvolution)).toBeGreaterThan(mean(randomSearch));
  });
});
