/**
 * @file Evolution as in FreeREA (Cavagnero et al. 2023, arXiv 2207.05135), which is aging evolution (Real et al. 2019, arXiv
 * 1802.01548) with crossover: of a tournament the two best become parents of three children, a mutation of each and a
 * crossover of both; the oldest leave. A memo keeps what was scored, so that nothing is scored twice; what is bred again
 * becomes young again, so that a good neighbourhood is not left for want of new children.
 */

import type { Scores } from "../metrics/metric.js";
import { crossover, type Genotype, keyOf, mutate, type Role, type Space } from "../spaces/space.js";
import { type Candidate, type Evaluation, LOOK_AHEAD, type Step } from "./algorithm.js";
import { keeperOf } from "./kept-evaluation.js";
import type { Random } from "./random-numbers.js";

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
  readonly memo: Map<string, Scores>;
  /** Puts evaluations in order, best first, as they stand among all that took part; of equals, the earlier first. */
  readonly order: (evaluations: readonly Evaluation[], among: readonly Evaluation[]) => Evaluation[];
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
  const all: Evaluation[] = [];
  const keep = keeperOf(space, candidate);
  const population = createPopulation(options.populationSize ?? POPULATION_SIZE);
  const breed = breeder(options, population);
  const underWay: string[] = [];
  let asked = 0;

  function join(key: string, genotype: Genotype, scores: Scores): void {
    const evaluation = keep(genotype, scores);
    all.push(evaluation);
    population.join(key, evaluation);
  }

  function* take(): Generator<Step, void, Evaluation | undefined> {
    const evaluation = yield { wait: true };
    const key = underWay.shift();
    if (evaluation === undefined || key === undefined) throw new Error("a wait is answered by an evaluation");
    join(key, evaluation.candidate.genotype, evaluation.scores);
    memo.set(key, evaluation.scores);
  }

  function* consider({ genotype, key }: Keyed): Generator<Step, void, Evaluation | undefined> {
    const scores = memo.get(key);
    if (scores !== undefined) {
      join(key, genotype, scores);
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
  return { ranking: order(all, all), asked, admitted: breed.admitted, exhausted };
}

/** The youngest that took part, the oldest of them first, and by key all that ever did. */
interface Population {
  members(): readonly Evaluation[];
  /** Whether a network has taken part, or is expected to. */
  knows(key: string): boolean;
  /** Takes note of what is asked for. */
  expect(key: string): void;
  join(key: string, evaluation: Evaluation): void;
  /** Makes what has taken part young again. */
  renew(key: string): void;
}

function createPopulation(size: number): Population {
  const known = new Map<string, Evaluation | undefined>();
  const members: Evaluation[] = [];
  const add = (evaluation: Evaluation) => {
    const at = members.indexOf(evaluation);
    if (at >= 0) members.splice(at, 1);
    members.push(evaluation);
    if (members.length > size) members.shift();
  };
  return {
    members: () => members,
    knows: (key) => known.has(key),
    expect: (key) => known.set(key, undefined),
    join(key, evaluation) {
      known.set(key, evaluation);
      add(evaluation);
    },
    renew(key) {
      const evaluation = known.get(key);
      if (evaluation !== undefined) add(evaluation);
    },
  };
}

/** Makes children, a litter of three at a time, until one is new and admitted. */
function breeder(options: EvolutionOptions, population: Population) {
  const { space, random, role, order, admit } = options;
  const litter: Genotype[] = [];
  const admitted = { children: 0, of: 0 };
  const times = () => (random.chance(ANOTHER_GENE) ? 2 + Number(random.chance(ANOTHER_GENE)) : 1);

  function breed(all: readonly Evaluation[]): void {
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
    next(all: readonly Evaluation[]): Keyed | undefined {
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
