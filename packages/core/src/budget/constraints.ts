/** @file Budgets: bounds on what an architecture costs, and how to find genotypes that keep them. */

import { type Architecture, architectureCosts, costsOfBlock, type PlacedBlock } from "../architecture/architecture.js";
import { checkArgument, isObject } from "../base/argument.js";
import { InfeasibleError, unknownName } from "../base/errors.js";
import { type Random, seededRandom } from "../base/random-numbers.js";
import type { Costs } from "../graph/cost.js";
import type { LatencyPredictor } from "../latency/predictor.js";
import { checkSpace, type Genotype, type Role, type Space } from "../spaces/space.js";
import { mutate, sample } from "../spaces/variation.js";
import { largestPart } from "./room.js";

/** Inclusive bounds on one cost. */
export interface Bounds {
  /** Least that is allowed; absent: no lower bound. */
  readonly min?: number;
  /** Most that is allowed; absent: no upper bound. */
  readonly max?: number;
}

/** Bounds by cost; a cost that is not named is free. Those on latency are on what a predictor says, in milliseconds. */
export type Constraints = Partial<Readonly<Record<keyof Costs, Bounds>>> & {
  readonly latency?: Bounds & { readonly predictor: LatencyPredictor };
};

/** What bounds may be on. */
export type BoundedCost = keyof Constraints;

/** Costs, and what a bound on latency has predicted, in milliseconds. */
export interface BoundedCosts extends Costs {
  readonly latency?: number;
}

/** What an architecture costs, as far as constraints need to know. */
export function boundedCosts(architecture: Architecture, { latency }: Constraints): BoundedCosts {
  const costs = architectureCosts(architecture);
  return latency === undefined ? costs : { ...costs, latency: latency.predictor.ofArchitecture(architecture) };
}

/** The budgets of the ESFormer family: those of EdgeNeXt-XXS, XS and S (Maaz et al. 2022, arXiv 2206.10589). */
export const familyBudgets = {
  s0: { parameters: { max: 1.33e6 }, macs: { max: 0.26e9 } },
  s1: { parameters: { max: 2.34e6 }, macs: { max: 0.54e9 } },
  s2: { parameters: { max: 5.59e6 }, macs: { max: 1.26e9 } },
} as const satisfies Record<string, Constraints>;

/** The name of a preset budget. */
export type FamilyName = keyof typeof familyBudgets;

function entries(constraints: Constraints): [BoundedCost, Bounds][] {
  return Object.entries(constraints) as [BoundedCost, Bounds][];
}

/** What is counted, in the words of messages. */
export const costWords: Readonly<Record<BoundedCost, string>> = {
  parameters: "parameters",
  macs: "MACs",
  activations: "activations",
  activationLayers: "nonlinearities",
  peakMemory: "bytes of activations alive at once",
  latency: "ms of predicted latency",
};

/** How far costs lie outside the bounds, as a sum of relative excesses; 0 inside, and `NaN` of a cost that is bounded and not given. */
export function violation(costs: BoundedCosts, constraints: Constraints): number {
  let total = 0;
  for (const [cost, { min = 0, max = Number.POSITIVE_INFINITY }] of entries(constraints)) {
    const value = costs[cost];
    if (value === undefined) return Number.NaN;
    if (value > max) total += (value - max) / max;
    // Counts of 0 would make any shortfall infinite; milliseconds are never 0.
    if (value < min) total += (min - value) / (cost === "latency" ? value : Math.max(value, 1));
  }
  return total;
}

/** Whether costs keep all bounds. */
export function isWithin(costs: BoundedCosts, constraints: Constraints): boolean {
  return violation(costs, constraints) === 0;
}

/** The genotype, if it keeps the constraints. */
export function withinBounds(space: Space, constraints: Constraints, genotype: Genotype): Genotype | undefined {
  return isWithin(boundedCosts(space.build(genotype), constraints), constraints) ? genotype : undefined;
}

/** The same constraints with every lower and every upper bound times a factor of its own. */
export function withBoundsTimes(constraints: Constraints, factors: Readonly<Required<Bounds>>): Constraints {
  const scaled = ({ min, max, ...rest }: Bounds): Bounds => ({
    ...rest,
    ...(min !== undefined && { min: min * factors.min }),
    ...(max !== undefined && { max: max * factors.max }),
  });
  return Object.fromEntries(entries(constraints).map(([cost, bounds]) => [cost, scaled(bounds)]));
}

/**
 * The genotype of least (or most) of a cost: sizes at their ends, which costs follow, then topology gene by gene; exact where
 * a block's cost hangs on its own genes alone. Blocks are summed up even where their largest counts (peak memory): of two that
 * are as large, neither alone would change it. `undefined` where genes do not go together in any combination: ends are then
 * not found gene by gene.
 */
function extreme(space: Space, cost: BoundedCost, sign: 1 | -1, { latency }: Constraints): Genotype | undefined {
  if (space.isValid !== undefined) return undefined;
  let genotype: Genotype = space.genes.map(({ values }) => values.at(sign === 1 ? 0 : -1) ?? 0);
  const costOfBlock = blockCost(cost, latency);
  const costOf = (candidate: Genotype) =>
    space.build(candidate).blocks.reduce((total, block) => total + sign * costOfBlock(block), 0);
  for (let gene = 0; gene < space.genes.length; gene++) {
    if (space.genes[gene]?.role === "size" || !space.isExpressed(genotype, gene)) continue;
    for (const value of space.genes[gene]?.values ?? []) {
      const candidate = genotype.with(gene, value);
      if (costOf(candidate) < costOf(genotype)) genotype = candidate;
    }
  }
  return genotype;
}

/** What one block costs. */
function blockCost(cost: BoundedCost, latency: Constraints["latency"]): (block: PlacedBlock) => number {
  return cost === "latency" ? (block) => latency?.predictor.ofBlock(block) ?? 0 : (block) => costsOfBlock(block)[cost];
}

/** What the model of a space that costs least, or most, costs, as far as the ends of the space are known. */
export function extremeCost(
  space: Space,
  cost: BoundedCost,
  end: "least" | "most",
  constraints: Constraints,
): number | undefined {
  const genotype = extreme(space, cost, end === "least" ? 1 : -1, constraints);
  return genotype && boundedCosts(space.build(genotype), constraints)[cost];
}

/**
 * Checks that each bound by itself can be kept, as far as the ends of the space are known.
 * @throws {@link InfeasibleError} where it cannot, saying what the smallest or largest model of the space costs.
 */
export function checkConstraints(space: Space, constraints: Constraints): void {
  checkArgument(
    isObject(constraints),
    'checkConstraints: "constraints"',
    constraints,
    "bounds such as { macs: { max: 1e8 } }",
  );
  checkSpace("checkConstraints", space);
  for (const [cost, bounds] of entries(constraints)) {
    if (!Object.hasOwn(costWords, cost)) throw unknownName("cost", cost, Object.keys(costWords));
    checkArgument(isObject(bounds), `checkConstraints: "${cost}"`, bounds, "{ min, max }");
    const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
    if (min > max)
      throw new InfeasibleError(`at least ${show(min)} and at most ${show(max)} ${costWords[cost]} exclude each other`);
    const least = max < Number.POSITIVE_INFINITY ? extremeCost(space, cost, "least", constraints) : undefined;
    if (least !== undefined && least > max) throw tooSmall(space, cost, { least, max }, constraints);
    const most = min > 0 ? extremeCost(space, cost, "most", constraints) : undefined;
    if (most !== undefined && most < min) {
      throw new InfeasibleError(
        `no model of the space "${space.name}" has at least ${show(min)} ${costWords[cost]}: its largest model has ${show(most)} ${costWords[cost]}`,
      );
    }
  }
}

/** Says which part of the smallest model takes the room, and what the task would need less of. */
function tooSmall(
  space: Space,
  cost: BoundedCost,
  { least, max }: { readonly least: number; readonly max: number },
  constraints: Constraints,
): InfeasibleError {
  const words = costWords[cost];
  const blocks = space.build(extreme(space, cost, 1, constraints) ?? []).blocks;
  const { name, amount, remedy } = largestPart(blocks, cost, blockCost(cost, constraints.latency));
  const bound = `no model of the space "${space.name}" has at most ${show(max)} ${words}`;
  const where = cost === "peakMemory" ? `in ${name}` : `${show(amount)} of them in ${name}`;
  return new InfeasibleError(`${bound}: its smallest model has ${show(least)} ${words}, ${where}`, remedy);
}

function show(n: number): string {
  return n.toLocaleString("en-US", { maximumFractionDigits: n < 1000 ? 3 : 0 });
}

/** Uniform draws before the search for a feasible genotype goes downhill. */
const DRAWS = 200;
/** Mutations on the way downhill. */
const STEPS = 5000;

/**
 * A random genotype within the constraints: drawn uniformly, or, where the budget is too tight for that, moved into it from
 * a draw, or at last from an extreme of the space, by mutations that do not increase the violation.
 * @param role - Genes that may be drawn; the others are those of `base`.
 * @returns `undefined` where none was found.
 */
export function findWithin(
  space: Space,
  constraints: Constraints,
  random: Random,
  role?: Role,
  base?: Genotype,
): Genotype | undefined {
  const draw = () =>
    role === undefined || base === undefined ? sample(space, random) : sample(space, random, role, base);
  const violationOf = (genotype: Genotype) => violation(boundedCosts(space.build(genotype), constraints), constraints);
  let best = draw();
  let least = violationOf(best);
  for (let i = 1; i < DRAWS && least > 0; i++) {
    const other = draw();
    const violated = violationOf(other);
    if (violated < least) [best, least] = [other, violated];
  }
  const repaired = least > 0 ? repair(space, best, constraints, random, role) : best;
  if (repaired !== undefined || role !== undefined) return repaired;
  for (const [cost, { max }] of entries(constraints)) {
    const end = extreme(space, cost, max === undefined ? -1 : 1, constraints);
    const within = end && repair(space, end, constraints, random);
    if (within !== undefined) return within;
  }
  return undefined;
}

/**
 * `findWithin`, where there has to be one.
 * @throws {@link InfeasibleError} where none was found.
 */
export function sampleWithin(
  space: Space,
  constraints: Constraints,
  random: Random,
  role?: Role,
  base?: Genotype,
): Genotype {
  const found = findWithin(space, constraints, random, role, base);
  if (found !== undefined) return found;
  throw new InfeasibleError(`found no model of the space "${space.name}" within all constraints at once; loosen one`);
}

/** Moves a genotype into the constraints by mutations that do not increase the violation; `undefined` where that fails. */
export function repair(
  space: Space,
  genotype: Genotype,
  constraints: Constraints,
  random: Random,
  role?: Role,
): Genotype | undefined {
  let best = genotype;
  let least = violation(boundedCosts(space.build(best), constraints), constraints);
  for (let step = 0; step < STEPS && least > 0; step++) {
    const other = mutate(space, best, random, role, 1 + random.below(2));
    const violated = violation(boundedCosts(space.build(other), constraints), constraints);
    if (violated <= least) [best, least] = [other, violated];
  }
  return least === 0 ? best : undefined;
}

/**
 * What has to hold before a search begins: each bound can be kept by itself, and a model is found that keeps all.
 * @throws {@link InfeasibleError} where that is not so.
 */
export function checkBudget(space: Space, constraints: Constraints, seed: number): void {
  checkConstraints(space, constraints);
  sampleWithin(space, constraints, seededRandom(seed));
}
