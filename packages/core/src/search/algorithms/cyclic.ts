/**
 * @file The cyclic search: a topology phase (size genes frozen, topology genes evolve by one objective) and a size phase
 * (topology frozen, size genes evolve by the other) in turn, each from the population that its last turn has left and with
 * the incumbent of the other, until a whole cycle changes nothing or the evaluations are used up (Cavagnero et al. 2023,
 * arXiv 2310.04179; what is ours is told in `docs/search.md`).
 */

import { type Random, seededRandom } from "../../base/random-numbers.js";
import { type Constraints, findWithin, repair, sampleWithin, withinBounds } from "../../budget/constraints.js";
import type { Objective } from "../../objective/objective.js";
import { keyOf } from "../../spaces/identity.js";
import { type Genotype, type Role, rolesOf } from "../../spaces/space.js";
import { sample, transplant } from "../../spaces/variation.js";
import type { Evaluation, PhaseSummary, SearchAlgorithm, SearchProblem, Step } from "../algorithm.js";
import { type ScoreMemo, scoreMemo } from "../history.js";
import { orderAmong } from "../order.js";
import { evolve, POPULATION_SIZE } from "./evolution.js";
import { finals } from "./finals.js";
import { topologyBudgets } from "./topology-budget.js";

/** Options of the cyclic search. */
export interface CyclicOptions {
  /** What topology phases do about the budget. */
  readonly topologyBudget: "strict" | "slack" | "relaxed" | "refit";
  /** Cycles that the evaluations are divided among. */
  readonly cycles: number;
}

/** Of a cycle's evaluations a third goes to topology, as long as these are few: a size evaluation costs next to nothing. */
const FEW_TOPOLOGY_EVALUATIONS = 500;
/** Of a long cycle's evaluations, one in so many goes to topology. */
const CYCLE_TO_TOPOLOGY = 12;

/** Evaluations of each kind in one cycle. A role of which the space has no genes gets none. */
export function phaseLengths(
  maxEvaluations: number,
  cycles: number,
  roles: readonly Role[] = ["topology", "size"],
): Readonly<Record<Role, number>> {
  const cycle = Math.max(2, Math.ceil(maxEvaluations / cycles));
  if (!roles.includes("size")) return { topology: cycle, size: 0 };
  if (!roles.includes("topology")) return { topology: 0, size: cycle };
  const most = Math.max(FEW_TOPOLOGY_EVALUATIONS, Math.ceil(cycle / CYCLE_TO_TOPOLOGY));
  const topology = Math.min(most, Math.max(1, Math.floor(cycle / 3)));
  return { topology, size: cycle - topology };
}

export function* cyclicSearch(problem: SearchProblem, { topologyBudget, cycles }: CyclicOptions): SearchAlgorithm {
  const { space, constraints, maxEvaluations, initial = [] } = problem;
  const random = seededRandom(problem.seed);
  const budget = topologyBudgets[topologyBudget];
  const lengths = phaseLengths(maxEvaluations, cycles, rolesOf(space));
  const objectives: Record<Role, Objective> = { topology: problem.topologyObjective, size: problem.sizeObjective };
  const memo = scoreMemo();
  const isOneObjective = objectives.topology.id === objectives.size.id;
  const memos: Record<Role, ScoreMemo> = { topology: memo, size: isOneObjective ? memo : scoreMemo() };
  const memoOfFinals = scoreMemo();
  const memosOfFinals = { topology: memoOfFinals, size: isOneObjective ? memoOfFinals : scoreMemo() };
  const populations: Record<Role, readonly Genotype[]> = { topology: initial, size: initial };
  const phases: PhaseSummary[] = [];
  const drawn = findWithin(space, budget.sizeConstraints(constraints), random);
  // A budget so tight that nothing can be kept free of it is used up by every size phase.
  const sizeConstraints = drawn === undefined ? constraints : budget.sizeConstraints(constraints);
  let incumbent = initial[0] ?? drawn ?? sampleWithin(space, constraints, random);
  let left = maxEvaluations;

  function* phase(role: Role, cycle: number, bounds: Constraints): Generator<Step, void, Evaluation | undefined> {
    if (lengths[role] === 0 || left === 0) return;
    const objective = objectives[role];
    const admit = (child: Genotype) =>
      role === "topology" ? budget.admit(space, bounds, child) : withinBounds(space, bounds, child);
    const evolved = yield* evolve({
      space,
      random,
      role,
      initial: founders({ problem, random, role, bounds, admit, incumbent, earlier: populations[role] }),
      evaluations: Math.min(lengths[role], left),
      memo: memos[role],
      order: orderAmong(objective),
      admit,
      candidate: (genotype) => ({ genotype, phase: role, cycle, metrics: objective.metrics }),
    });
    const { asked, admitted, exhausted } = evolved;
    left -= asked;
    const { ranking, phases: rescoring } = yield* finals({
      space,
      ranking: evolved.ranking,
      objective,
      again: problem.finals?.[`${role}Objective`],
      phase: role,
      cycle,
      memo: memosOfFinals[role],
    });
    populations[role] = ranking.slice(0, POPULATION_SIZE).map(({ candidate }) => candidate.genotype);
    const [best] = ranking;
    phases.push({
      phase: role,
      cycle,
      evaluations: asked,
      admitted: admitted.children / Math.max(1, admitted.of),
      exhausted,
    });
    for (const phase of rescoring) phases.push(phase);
    if (best !== undefined) incumbent = best.candidate.genotype;
  }

  let kept = withinBounds(space, constraints, incumbent);
  let cycle = 0;
  let converged = false;
  let exhausted = false;
  while (left > 0 && !converged && !exhausted) {
    cycle++;
    const before = keyOf(space, incumbent);
    const leftBefore = left;
    yield* phase("topology", cycle, constraints);
    const isLast = left <= lengths.size;
    yield* phase("size", cycle, isLast ? constraints : sizeConstraints);
    converged = keyOf(space, incumbent) === before;
    // Both phases may chase each other through what has been scored already.
    exhausted = !converged && left === leftBefore;
    kept = withinBounds(space, constraints, incumbent) ?? kept;
    if ((converged || exhausted) && !isLast) {
      yield* phase("size", cycle, constraints);
      kept = withinBounds(space, constraints, incumbent) ?? kept;
    }
  }
  const best = kept ?? repair(space, incumbent, constraints, random) ?? sampleWithin(space, constraints, random);
  return { best, cycles: cycle, phases, reason: converged ? "converged" : exhausted ? "exhausted" : "evaluations" };
}

interface FounderOptions {
  readonly problem: SearchProblem;
  readonly random: Random;
  readonly role: Role;
  readonly bounds: Constraints;
  readonly admit: (genotype: Genotype) => Genotype | undefined;
  readonly incumbent: Genotype;
  /** What this role's last phase ended with. */
  readonly earlier: readonly Genotype[];
}

/** Draws for each founder that is missing, after which a phase begins with fewer. */
const FOUNDER_DRAWS = 20;
/** Repairs in a row that fail, after which no more are tried: no sizes of this topology keep the budget, and each failure takes thousands of steps. */
const FAILED_REPAIRS = 10;

/**
 * What a phase begins with: the incumbent, then the genes that this role's last phase ended with under the incumbent's other
 * genes, then random draws. Sizes that break the budget are repaired; topologies that break it are left out.
 */
function founders({ problem, random, role, bounds, admit, incumbent, earlier }: FounderOptions): Genotype[] {
  const { space } = problem;
  let failures = 0;
  const fit = (genotype: Genotype) => {
    const admitted = admit(genotype);
    if (admitted !== undefined || role !== "size" || failures >= FAILED_REPAIRS) return admitted;
    const repaired = repair(space, genotype, bounds, random, role);
    failures = repaired === undefined ? failures + 1 : 0;
    return repaired;
  };
  const candidates = [incumbent, ...earlier.map((genotype) => transplant(space, role, genotype, incumbent))];
  const population = candidates.map(fit).filter((genotype) => genotype !== undefined);
  for (let draw = 0; population.length < POPULATION_SIZE && draw < FOUNDER_DRAWS * POPULATION_SIZE; draw++) {
    const genotype = fit(sample(space, random, role, incumbent));
    if (genotype !== undefined) population.push(genotype);
  }
  return population.slice(0, POPULATION_SIZE);
}
