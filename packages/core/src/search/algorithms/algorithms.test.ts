import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type GenotypeMetric,
  genotypeMetric,
  likeness,
  smallSpace,
  tinySpace,
  type Watched,
  watched,
} from "../../../../../test/fakes/search.js";
import { architectureCosts } from "../../architecture/architecture.js";
import { seededRandom } from "../../base/random-numbers.js";
import { type Constraints, isWithin } from "../../budget/constraints.js";
import { objectiveOfMetric } from "../../objective/objective.js";
import { hybridSpace } from "../../spaces/hybrid.js";
import { keyOf } from "../../spaces/identity.js";
import { natsTopologySpace } from "../../spaces/nats.js";
import type { Genotype, Space } from "../../spaces/space.js";
import { sample } from "../../spaces/variation.js";
import type { SearchAlgorithm, SearchProblem } from "../algorithm.js";
import { cyclicSearch } from "./cyclic.js";
import { POPULATION_SIZE } from "./evolution.js";
import { freerea } from "./freerea.js";
import { jointEvolution } from "./joint.js";
import { randomSearch } from "./random-search.js";
import { regularizedEvolution } from "./regularized-evolution.js";
import { type TopologyBudgetName, topologyBudgets } from "./topology-budget.js";

const space = smallSpace;
const wanted = sample(space, seededRandom(99));
const topology = likeness(space, "topology", wanted);
const size = likeness(space, "size", wanted);

const costsOf = (genotype: readonly (string | number)[]) => architectureCosts(space.build(genotype));

/** Many models of the small space lie on either side of these. */
const constraints: Constraints = { parameters: { max: 6000 }, macs: { max: 90_000 } };

type Make = (problem: SearchProblem) => SearchAlgorithm;

const cyclic =
  (topologyBudget: TopologyBudgetName, cycles = 3): Make =>
  (problem) =>
    cyclicSearch(problem, { topologyBudget, cycles });

const algorithms: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    (Object.keys(topologyBudgets) as TopologyBudgetName[]).map((name) => [`cyclic ${name}`, cyclic(name)]),
  ),
  joint: jointEvolution,
  random: randomSearch,
  freerea,
  "regularized evolution": regularizedEvolution,
};

function problemOf(
  of: Partial<SearchProblem>,
  [topologyMetric, sizeMetric]: readonly [GenotypeMetric, GenotypeMetric] = [topology, size],
): SearchProblem {
  return {
    space,
    constraints,
    seed: 1,
    maxEvaluations: 150,
    topologyObjective: objectiveOfMetric(topologyMetric.metric),
    sizeObjective: objectiveOfMetric(sizeMetric.metric),
    ...of,
  };
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const few = { seed: 1, numRuns: 4 };

function keysOf(of: Space, { history }: Watched): string[] {
  return history.map(({ candidate }) => `${candidate.phase} ${candidate.cycle} ${keyOf(of, candidate.genotype)}`);
}

describe.each(Object.entries(algorithms))("%s search", (name, make) => {
  test("asks the same of the same seed, and other things of another", () => {
    const run = (seed: number) => watched(space, make(problemOf({ seed })), topology, size);
    const property = fc.property(seeds, (seed) => {
      const [first, second] = [run(seed), run(seed)];
      expect(keysOf(space, second)).toEqual(keysOf(space, first));
      expect(second.outcome).toEqual(first.outcome);
      expect(keysOf(space, run(seed + 1))).not.toEqual(keysOf(space, first));
    });
    fc.assert(property, few);
  });

  test("asks for no more than it may, and for all of it unless it says why not", () => {
    const property = fc.property(seeds, fc.integer({ min: 1, max: 200 }), (seed, maxEvaluations) => {
      const { history, outcome } = watched(space, make(problemOf({ seed, maxEvaluations })), topology, size);
      expect(history.length).toBeLessThanOrEqual(maxEvaluations);
      if (outcome.reason === "evaluations") expect(history).toHaveLength(maxEvaluations);
      expect(outcome.phases.reduce((total, { evaluations }) => total + evaluations, 0)).toBe(history.length);
    });
    fc.assert(property, { seed: 2, numRuns: 8 });
  });

  test("asks for nothing twice by the same metric, whether topology and size have two metrics or one", () => {
    const property = fc.property(seeds, fc.boolean(), (seed, one) => {
      const metrics = one ? ([size, size] as const) : ([topology, size] as const);
      const { asked } = watched(space, make(problemOf({ seed, maxEvaluations: 300 }, metrics)), topology, size);
      expect([...asked].filter(([, times]) => times > 1)).toEqual([]);
    });
    fc.assert(property, few);
  });

  test("asks for candidates within the budget, and ends within it", () => {
    const overdraft = name === "cyclic relaxed" ? 1.15 : 1;
    const property = fc.property(seeds, (seed) => {
      const { history, outcome } = watched(space, make(problemOf({ seed })), topology, size);
      for (const { candidate } of history) {
        const { parameters, macs } = costsOf(candidate.genotype);
        expect(parameters).toBeLessThanOrEqual(6000 * overdraft);
        expect(macs).toBeLessThanOrEqual(90_000 * overdraft);
      }
      expect(isWithin(costsOf(outcome.best), constraints)).toBe(true);
    });
    fc.assert(property, few);
  });

  test("ends within a narrow band too, however few evaluations there are", () => {
    const band = fc.record({
      parameters: fc.integer({ min: 2000, max: 12_000 }).map((max) => ({ min: Math.round(0.93 * max), max })),
    });
    const property = fc.property(seeds, band, fc.integer({ min: 1, max: 60 }), (seed, bounds, maxEvaluations) => {
      const problem = problemOf({ seed, constraints: bounds, maxEvaluations });
      const { outcome } = watched(space, make(problem), topology, size);
      expect(isWithin(costsOf(outcome.best), bounds)).toBe(true);
    });
    fc.assert(property, { seed: 3, numRuns: 6 });
  });

  test("asks for valid genotypes alone, and ends with one, where a space says which are", () => {
    const isValid = (genotype: Genotype) => genotype.filter((value) => value === "none").length === 1;
    const restricted: Space = { ...natsTopologySpace(), isValid };
    const liked = likeness(restricted, "topology", sample(restricted, seededRandom(4)));
    const property = fc.property(seeds, (seed) => {
      const problem = problemOf({ space: restricted, constraints: {}, seed }, [liked, liked]);
      const { history, outcome } = watched(restricted, make(problem), liked);
      expect(history.every(({ candidate }) => isValid(candidate.genotype))).toBe(true);
      expect(isValid(outcome.best)).toBe(true);
    });
    fc.assert(property, few);
  });

  test("ends where no candidate has a score", () => {
    const none = genotypeMetric("none", () => ({ value: null, reason: "a test" }));
    const problem = problemOf({ seed: 5, maxEvaluations: 80 }, [none, none]);
    const { outcome } = watched(space, make(problem), none);
    expect(isWithin(costsOf(outcome.best), constraints)).toBe(true);
  });

  test("ends when a tiny space has been seen, and with its best", () => {
    for (const widths of [1, 3]) {
      const tiny = tinySpace(widths);
      const kinds = genotypeMetric("kinds", (genotype) => (genotype.includes("convnext") ? 1 : 0));
      const wide = genotypeMetric("wide", (genotype) => Number(genotype[1]));
      const problem = problemOf({ space: tiny, constraints: {}, maxEvaluations: 10_000 }, [kinds, wide]);
      const { outcome, history } = watched(tiny, make(problem), kinds, wide);
      expect(outcome.reason).not.toBe("evaluations");
      expect(history.length).toBeLessThanOrEqual(4 * widths);
      expect(outcome.best.includes("convnext") && outcome.best.includes(3 + widths)).toBe(true);
    }
  });
});

describe("the cyclic search", () => {
  test("ends where topology and size chase each other round a space that has been seen", () => {
    const tiny = tinySpace(2);
    const isEqual = (genotype: readonly unknown[]) => genotype.includes("ibn") === genotype.includes(4);
    const likes = genotypeMetric("likes", (genotype) => Number(isEqual(genotype)));
    const dislikes = genotypeMetric("dislikes", (genotype) => Number(!isEqual(genotype)));
    const problem = problemOf({ space: tiny, constraints: {}, maxEvaluations: 10_000 }, [likes, dislikes]);
    const { outcome, history } = watched(tiny, cyclic("strict")(problem), likes, dislikes);
    expect(outcome.reason).toBe("exhausted");
    expect(history.length).toBeLessThanOrEqual(8);
  });

  test("asks in topology phases for other topologies, in size phases for other sizes, by the metric of each", () => {
    const { history } = watched(space, cyclic("strict")(problemOf({ maxEvaluations: 300 })), topology, size);
    for (const role of ["topology", "size"] as const) {
      const ofPhase = history.filter(({ candidate }) => candidate.phase === role);
      for (const cycle of new Set(ofPhase.map(({ candidate }) => candidate.cycle))) {
        const ofCycle = ofPhase.filter(({ candidate }) => candidate.cycle === cycle);
        space.genes.forEach((gene, i) => {
          const values = new Set(ofCycle.map(({ candidate }) => candidate.genotype[i]));
          if (gene.role !== role) expect(values.size, `${role} ${cycle} ${gene.name}`).toBe(1);
        });
      }
      for (const { candidate } of ofPhase) {
        expect(candidate.metrics).toEqual([role === "topology" ? topology.metric : size.metric]);
      }
    }
  });

  test("begins a phase with the incumbent, then with what the last phase of its role ended with, under the other's genes", () => {
    const { history } = watched(
      space,
      cyclic("strict")(problemOf({ constraints: {}, maxEvaluations: 600 })),
      topology,
      size,
    );
    const genesOf = (role: string) => (genotype: Genotype) =>
      JSON.stringify(genotype.filter((_, i) => space.genes[i]?.role === role));
    for (const { role, by } of [
      { role: "topology", by: topology },
      { role: "size", by: size },
    ]) {
      const asked = (cycle: number) =>
        history
          .map(({ candidate }) => candidate)
          .filter((candidate) => candidate.phase === role && candidate.cycle === cycle)
          .map(({ genotype }) => genotype);
      const ranked = asked(1).toSorted((a, b) => Number(by.of(b)) - Number(by.of(a)));
      const survivors = ranked.slice(0, POPULATION_SIZE).map(genesOf(role));
      const founders = asked(2).slice(0, 5).map(genesOf(role));
      expect(founders.length).toBeGreaterThan(0);
      for (const founder of founders) expect(survivors).toContain(founder);
    }
  });

  test("converges: with evaluations to spare it says so, and with what both metrics like best", () => {
    const problem = problemOf({ constraints: {}, maxEvaluations: 20_000 });
    const { outcome, history } = watched(space, cyclic("strict", 10)(problem), topology, size);
    expect(outcome.reason).toBe("converged");
    expect(history.length).toBeLessThan(20_000);
    expect([topology.of(outcome.best), size.of(outcome.best)]).toEqual([1, 1]);
  });

  test("takes any metric the other way round where it is to be minimised", () => {
    const least = genotypeMetric("least", (genotype) => costsOf(genotype).macs, "minimize");
    const problem = problemOf({ constraints: {}, maxEvaluations: 3000 }, [least, least]);
    const { outcome } = watched(space, cyclic("strict")(problem), least);
    const draws = Array.from({ length: 2000 }, (_, seed) => costsOf(sample(space, seededRandom(seed))).macs);
    expect(costsOf(outcome.best).macs).toBeLessThanOrEqual(Math.min(...draws));
  });
});

describe("evolution", () => {
  const large = hybridSpace();
  const target = sample(large, seededRandom(7));
  const wantedTopology = likeness(large, "topology", target);
  const wantedSize = likeness(large, "size", target);

  test("finds more of what is wanted than random search does, seed by seed, cyclic and joint", () => {
    const found = (make: Make, seed: number) => {
      const problem = problemOf({ space: large, constraints: {}, seed, maxEvaluations: 400 }, [
        wantedTopology,
        wantedSize,
      ]);
      const { best } = watched(large, make(problem), wantedTopology, wantedSize).outcome;
      return Number(wantedTopology.of(best)) + Number(wantedSize.of(best));
    };
    for (const seed of [1, 2, 3]) {
      const byChance = found(randomSearch, seed);
      expect(found(cyclic("strict"), seed)).toBeGreaterThan(byChance);
      expect(found(jointEvolution, seed)).toBeGreaterThan(byChance);
    }
  });
});

describe("the cyclic search in a budget just above the smallest model", () => {
  test("gives repairs up that a topology has no sizes for, rather than to try each of them for thousands of steps", () => {
    const hybrid = hybridSpace();
    let builds = 0;
    const counted: Space = {
      ...hybrid,
      build(genotype) {
        builds++;
        return hybrid.build(genotype);
      },
    };
    const wantedHere = sample(hybrid, seededRandom(99));
    const [likeTopology, likeSize] = [likeness(hybrid, "topology", wantedHere), likeness(hybrid, "size", wantedHere)];
    const problem = {
      space: counted,
      constraints: { macs: { max: 18.75e6 } },
      maxEvaluations: 600,
      seed: 0,
      topologyObjective: objectiveOfMetric(likeTopology.metric),
      sizeObjective: objectiveOfMetric(likeSize.metric),
    };
    watched(counted, cyclic("slack")(problem), likeTopology, likeSize);
    expect(builds).toBeLessThan(500_000);
  });
});
