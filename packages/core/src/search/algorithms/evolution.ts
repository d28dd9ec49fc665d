/**
 * @file Evolution as in FreeREA (Cavagnero et al. 2023, arXiv 2207.05135), which is aging evolution (Real et al. 2019, arXiv
 * 1802.01548) with crossover: of a tournament the two best become parents of three children, a mutation of each and a
 * crossover of both; the oldest leave. A memo keeps what was scored, so that nothing is scored twice; what is bred again
 * becomes young again, so that a good neighbourhood is not left for want of new children.
 */

import type { Random } from "../../base/random-numbers.js";
import type { Scores } from "../../metrics/metric.js";
import { keyOf } from "../../spaces/identity.js";
import type { Genotype, Role, Space } from "../../spaces/space.js";
import { crossover, mutate } from "../../spaces/variation.js";
import { type Candidate, type Evaluation, LOOK_AHEAD, type Step } from "../algorithm.js";
import { History, type ScoreMemo } from "../history.js";
import type { Among } from "../order.js";

export const POPULATION_SIZE = 25;
export const TOURNAMENT_SIZE = 5;
/** Chance that a mutation changes one gene more, and after that again one more. */
const ANOTHER_GENE = 0.5;
/** Children in a row that are not new or not admitted, after which the surroundings count as exhausted. */
const PATIENCE = 2000;

export interface EvolutionOptions {
  readonly space: Space;
  readonly random: Random;
  /** Genes that may change; all where it is absent. */
  readonly role?: Role;
  /** Of the youngest, as many breed; 25 where it is absent. */
  readonly populationSize?: number;
  /** Genotypes to begin with. */
  readonly initial: readonly Genotype[];
  /** Evaluations that may be asked for. */
  readonly evaluations: number;
  /** Candidates that may be waited for at once; what that costs is measured with others than the constant of the algorithms. */
  readonly lookAhead?: number;
  /** Scores of what was evaluated earlier by the same metrics, by key; added to. */
  readonly memo: ScoreMemo;
  /** Puts evaluations in order, best first, as they stand among all that took part; of equals, the earlier first. */
  readonly order: (evaluations: readonly Evaluation[], among: Among) => Evaluation[];
  /** What is made of a child before it is asked for: itself, another that keeps the constraints, or nothing. */
  readonly admit: (child: Genotype) => Genotype | undefined;
  readonly candidate: (genotype: Genotype) => Candidate;
}

export interface EvolutionResult {
  /** All that took part, best first. */
  readonly ranking: readonly Evaluation[];
  /** Evaluations that were asked for. */
  readonly asked: number;
  /** Of the children that were bred, how many were admitted. */
  readonly admitted: { readonly children: number; readonly of: number };
  readonly exhausted: boolean;
}

/** A genotype with the key of its network, made once: all that is known of a candidate is kept by it. */
interface Keyed {
  readonly genotype: Genotype;
  readonly key: string;
}

/** Evolves; yields and is told as a search algorithm does. */
export function* evolve(options: EvolutionOptions): Generator<Step, EvolutionResult, Evaluation | undefined> {
  const { space, initial, evaluations, memo, order, candidate, lookAhead = LOOK_AHEAD } = options;
  const all = new History(space, candidate);
  const population = createPopulation(all, options.populationSize ?? POPULATION_SIZE);
  const breed = breeder(options, population);
  const underWay: string[] = [];
  let asked = 0;

  function* take(): Generator<Step, void, Evaluation | undefined> {
    const evaluation = yield { wait: true };
    const key = underWay.shift();
    if (evaluation === undefined || key === undefined) throw new Error("a wait is answered by an evaluation");
    population.join(key, evaluation.candidate.genotype, evaluation.scores);
    memo.set(key, evaluation.scores);
  }

  function* consider({ genotype, key }: Keyed): Generator<Step, void, Evaluation | undefined> {
    const scores = memo.get(key);
    if (scores !== undefined) {
      population.join(key, genotype, scores);
      return;
    }
    population.expect(key);
    yield { ask: candidate(genotype) };
    asked++;
    underWay.push(key);
    if (underWay.length >= lookAhead) yield* take();
  }

  for (const genotype of initial) {
    if (asked >= evaluations) break;
    const key = keyOf(space, genotype);
    if (!population.knows(key)) yield* consider({ genotype, key });
  }
  while (underWay.length > 0) yield* take();

  let exhausted = false;
  while (asked < evaluations && !exhausted) {
    const child = breed.next(all);
    if (child === undefined) exhausted = true;
    else yield* consider(child);
  }
  while (underWay.length > 0) yield* take();
  return { ranking: order(all.all(), all), asked, admitted: breed.admitted, exhausted };
}

/** The youngest that took part, the oldest of them first. */
interface Population {
  members(): readonly Evaluation[];
  /** Whether a network has taken part, or is expected to. */
  knows(key: string): boolean;
  /** Takes note of what is asked for. */
  expect(key: string): void;
  join(key: string, genotype: Genotype, scores: Scores): void;
  /** Makes what has taken part young again. */
  renew(key: string): void;
}

/** @param all - What takes part is added to it. */
function createPopulation(all: History, size: number): Population {
  const expected = new Set<string>();
  const places: number[] = [];
  const members: Evaluation[] = [];
  const add = (place: number) => {
    const at = places.indexOf(place);
    const [evaluation = all.at(place)] = at < 0 ? [] : members.splice(at, 1);
    if (at >= 0) places.splice(at, 1);
    places.push(place);
    members.push(evaluation);
    if (members.length > size) {
      places.shift();
      members.shift();
    }
  };
  return {
    members: () => members,
    knows: (key) => expected.has(key) || all.find(key) >= 0,
    expect: (key) => expected.add(key),
    join(key, genotype, scores) {
      expected.delete(key);
      add(all.add(key, genotype, scores));
    },
    renew(key) {
      const place = all.find(key);
      if (place >= 0) add(place);
    },
  };
}

/** Makes children, a litter of three at a time, until one is new and admitted. */
function breeder(options: EvolutionOptions, population: Population) {
  const { space, random, role, order, admit } = options;
  const litter: Genotype[] = [];
  const admitted = { children: 0, of: 0 };
  const times = () => (random.chance(ANOTHER_GENE) ? 2 + Number(random.chance(ANOTHER_GENE)) : 1);

  function breed(all: History): void {
    const [mother, father = mother] = order(random.sample(population.members(), TOURNAMENT_SIZE), all);
    if (mother === undefined || father === undefined) return;
    const [a, b] = [mother.candidate.genotype, father.candidate.genotype];
    litter.push(
      mutate(space, a, random, role, times()),
      mutate(space, b, random, role, times()),
      crossover(space, a, b, random, role),
    );
  }

  return {
    admitted,
    next(all: History): Keyed | undefined {
      for (let tries = 0; tries < PATIENCE; tries++) {
        if (litter.length === 0) breed(all);
        const child = litter.shift();
        if (child === undefined) return undefined;
        admitted.of++;
        const genotype = admit(child);
        if (genotype === undefined) continue;
        admitted.children++;
        const key = keyOf(space, genotype);
        if (!population.knows(key)) return { genotype, key };
        population.renew(key);
      }
      return undefined;
    },
  };
}
