import { describe, expect, test } from "vitest";
import { genotypeMetric, scoresOf, smallSpace } from "../../../../../test/fakes/search.js";
import { seededRandom } from "../../base/random-numbers.js";
import type { Scores } from "../../metrics/metric.js";
import { keyOf } from "../../spaces/identity.js";
import type { Genotype, Role } from "../../spaces/space.js";
import { sample } from "../../spaces/variation.js";
import { type Candidate, LOOK_AHEAD, scoreBy } from "../algorithm.js";
import { type EvolutionOptions, type EvolutionResult, evolve, POPULATION_SIZE } from "./evolution.js";

const space = smallSpace;
const wide = genotypeMetric("wide", (genotype) => Number(genotype[1]) + Number(genotype[8]) / 100);

/** Runs evolution to its end; what it asked for in order. */
function evolved(options: Partial<EvolutionOptions> = {}): { result: EvolutionResult; asked: readonly Candidate[] } {
  const random = seededRandom(1);
  const steps = evolve({
    space,
    random,
    initial: Array.from({ length: POPULATION_SIZE }, () => sample(space, random)),
    evaluations: 100,
    memo: new Map(),
    order: (evaluations) =>
      evaluations.toSorted((a, b) => Number(scoreBy(b, wide.metric)) - Number(scoreBy(a, wide.metric))),
    admit: (child) => child,
    candidate: (genotype) => ({ genotype, phase: "test", cycle: 1, metrics: [wide.metric] }),
    ...options,
  });
  const asked: Candidate[] = [];
  let told = 0;
  let step = steps.next();
  while (!step.done) {
    if ("ask" in step.value) {
      asked.push(step.value.ask);
      step = steps.next();
    } else {
      const candidate = asked[told++];
      if (candidate === undefined) throw new Error("waits for what it has not asked for");
      step = steps.next({ candidate, scores: scoresOf(candidate, [wide]) });
    }
  }
  return { result: step.value, asked };
}

const keys = (genotypes: readonly Genotype[]) => genotypes.map((genotype) => keyOf(space, genotype));

describe("evolution", () => {
  test("asks for its founders first, each once, and then for their children", () => {
    const founders = Array.from({ length: 5 }, (_, seed) => sample(space, seededRandom(seed)));
    const { asked } = evolved({ initial: [...founders, ...founders], evaluations: 20 });
    expect(keys(asked.slice(0, 5).map(({ genotype }) => genotype))).toEqual(keys(founders));
    expect(new Set(keys(asked.map(({ genotype }) => genotype))).size).toBe(20);
  });

  test("ranks all that took part, best first", () => {
    const { result } = evolved();
    expect(result.ranking).toHaveLength(100);
    expect(result.asked).toBe(100);
    const scores = result.ranking.map((evaluation) => Number(scoreBy(evaluation, wide.metric)));
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  test("lets take part what the memo knows, and does not ask for it", () => {
    const known = Array.from({ length: 10 }, (_, seed) => sample(space, seededRandom(seed)));
    const memo = new Map<string, Scores>(known.map((genotype) => [keyOf(space, genotype), { wide: 1000 }]));
    const { result, asked } = evolved({ initial: known, memo, evaluations: 15 });
    const askedFor = new Set(keys(asked.map(({ genotype }) => genotype)));
    for (const key of keys(known)) expect(askedFor.has(key)).toBe(false);
    expect(keys(result.ranking.slice(0, 10).map(({ candidate }) => candidate.genotype)).toSorted()).toEqual(
      [...new Set(keys(known))].toSorted(),
    );
    expect(memo.size).toBe(25);
  });

  test("asks for what a child is made of where it is admitted, and for nothing else", () => {
    const founder = sample(space, seededRandom(3));
    const narrowed = (child: Genotype) => (child[1] === founder[1] ? child.with(3, 5) : undefined);
    const { asked, result } = evolved({ initial: [founder], admit: narrowed, evaluations: 30 });
    for (const { genotype } of asked.slice(1)) {
      expect(genotype[1]).toBe(founder[1]);
      expect(genotype[3]).toBe(5);
    }
    expect(result.admitted.children).toBeLessThan(result.admitted.of);
    expect(result.admitted.children).toBeGreaterThanOrEqual(29);
  });

  test.each<Role>(["topology", "size"])("of %s leaves the other genes of its founders alone", (role) => {
    const base = sample(space, seededRandom(4));
    const { asked } = evolved({ role, initial: [base], evaluations: 40 });
    expect(asked.length).toBeGreaterThan(10);
    for (const { genotype } of asked) {
      space.genes.forEach((gene, i) => {
        if (gene.role !== role) expect(genotype[i]).toBe(base[i]);
      });
    }
  });

  test("is exhausted where no child is admitted, and where it has nobody to breed from", () => {
    const none = evolved({ initial: [sample(space, seededRandom(5))], admit: () => undefined });
    expect(none.result).toMatchObject({ asked: 1, exhausted: true, admitted: { children: 0 } });
    expect(evolved({ initial: [] }).result).toMatchObject({ asked: 0, exhausted: true, ranking: [] });
  });

  test("forgets the oldest: children descend from the last of the population alone", () => {
    // The oldest founder differs from all others in a gene that no change of topology touches.
    const deep = sample(space, seededRandom(6)).with(0, 3).with(7, 3);
    const others = Array.from({ length: 60 }, (_, seed) =>
      sample(space, seededRandom(seed), "topology", deep.with(1, 4)),
    );
    const initial = [deep.with(1, 16), ...others];
    expect(new Set(keys(others)).size).toBeGreaterThanOrEqual(POPULATION_SIZE);
    const { asked } = evolved({ role: "topology", initial, evaluations: initial.length + 40 });
    const afterFounders = asked.slice(new Set(keys(initial)).size);
    expect(afterFounders.length).toBeGreaterThan(0);
    expect(afterFounders.every(({ genotype }) => genotype[1] === 4)).toBe(true);
  });

  test("keeps young what is bred again, which the oldest would have left behind", () => {
    const founders = Array.from({ length: POPULATION_SIZE }, (_, seed) => sample(space, seededRandom(seed)));
    const [first] = founders;
    if (first === undefined) throw new Error("there are founders");
    /** How often the first founder takes part in a tournament after three populations of children. */
    const lateTournaments = (isBredAgain: boolean) => {
      let children = 0;
      let late = 0;
      evolved({
        initial: founders,
        evaluations: 6 * POPULATION_SIZE,
        order: (evaluations, among) => {
          const takesPart = evaluations.some(
            ({ candidate }) => keyOf(space, candidate.genotype) === keyOf(space, first),
          );
          if (takesPart && evaluations.length < among.length && among.length > 4 * POPULATION_SIZE) late++;
          return [...evaluations];
        },
        admit: (child) => (isBredAgain && ++children % 10 === 0 ? first : child),
      });
      return late;
    };
    expect(lateTournaments(false)).toBe(0);
    expect(lateTournaments(true)).toBeGreaterThan(0);
  });

  test("waits for no more than it may be ahead of", () => {
    const steps = evolve({
      space,
      random: seededRandom(1),
      initial: Array.from({ length: POPULATION_SIZE }, (_, seed) => sample(space, seededRandom(seed))),
      evaluations: 100,
      memo: new Map(),
      order: (evaluations) => [...evaluations],
      admit: (child) => child,
      candidate: (genotype) => ({ genotype, phase: "test", cycle: 1, metrics: [] }),
    });
    let ahead = 0;
    for (let step = steps.next(); !step.done && "ask" in step.value; step = steps.next()) ahead++;
    expect(ahead).toBe(LOOK_AHEAD);
  });
});
