/** @file Evolution of one role's genes as a search of its own, without budgets, cycles and founders. */

import {
  evolve,
  type Genotype,
  type Objective,
  orderAmong,
  outcomeOf,
  type Role,
  type SearchAlgorithm,
  type Space,
  seededRandom,
} from "@esnas/core/internal";

export interface OnePhase {
  readonly space: Space;
  readonly role: Role;
  readonly initial: readonly Genotype[];
  readonly evaluations: number;
  readonly objective: Objective;
  readonly admit: (child: Genotype) => Genotype | undefined;
  readonly populationSize?: number;
}

export function* onePhase({ objective, ...options }: OnePhase): SearchAlgorithm {
  const result = yield* evolve({
    ...options,
    random: seededRandom(0),
    memo: new Map(),
    order: orderAmong(objective),
    candidate: (genotype) => ({ genotype, phase: options.role, cycle: 1, metrics: objective.metrics }),
  });
  return outcomeOf({ phase: options.role, ...result });
}
