/**
 * @file The hybrids that are trained for the evidence at a fixed budget: 64 x 64 colour images, ten classes, at most 250,000
 * parameters and 5 million multiply-accumulates, and not much less of either. Two sets, each in two halves by seed: one half for
 * choosing, one for reporting.
 */

import {
  architectureCosts,
  type Constraints,
  type Gene,
  type Genotype,
  type HybridOptions,
  hybridSpace,
  isWithin,
  largest,
  type Random,
  type Space,
  sample,
  seededRandom,
  smallest,
  violation,
} from "@esnas/core/internal";

export interface Drawn {
  readonly name: string;
  readonly set: "free" | "topology";
  readonly half: "choosing" | "reporting";
  readonly space: Space;
  readonly genotype: Genotype;
}

const halves = { choosing: 0, reporting: 1 } as const;

/** Height and width of images, in pixels. */
export const RESOLUTION = 64;

export const task = { input: [3, RESOLUTION, RESOLUTION], classes: 10 } satisfies Partial<HybridOptions>;

export const upper = { parameters: { max: 250_000 }, macs: { max: 5_000_000 } } satisfies Constraints;

/** Networks of free sizes use most of the budget. */
export const band = {
  parameters: { min: 200_000, max: 250_000 },
  macs: { min: 3_500_000, max: 5_000_000 },
} satisfies Constraints;

/** All genes free, with the ranges of the default space. */
const freeSpace = hybridSpace(task);

const widthGenes = indicesOf(freeSpace, "width");

/** Sizes that are frozen, deep in the third stage; kinds are free, and each block has a kernel of its own. */
const topologySpace = hybridSpace({
  ...task,
  kernelPer: "block",
  stages: [
    { depth: 2, width: 16, expansion: 3, kinds: ["ibn", "convnext"] as const, qkvDim: [] },
    { depth: 2, width: 24, expansion: 3, kinds: ["ibn", "convnext"] as const, qkvDim: [] },
    { depth: 6, width: 40, expansion: 3, kinds: ["ibn", "convnext", "transformer"] as const, qkvDim: [20] },
    { depth: 2, width: 72, expansion: 3, kinds: ["ibn", "convnext", "transformer"] as const, qkvDim: [36] },
  ].map(({ depth, width, expansion, kinds, qkvDim }) => ({
    depth: [depth],
    width: [width],
    expansion: [expansion],
    kernel: [3, 5, 7, 9],
    qkvDim,
    kinds: [...kinds],
    ffns: ["ibn", "convnext"],
  })),
});

const FREE_PER_HALF = 60;
const TOPOLOGIES_PER_HALF = 30;

/** Genotypes within the budget among which one of a depth is chosen. */
const POOL = 8;

/** Sizes that are drawn again for one genotype. */
const TRIES = 60;

/** All networks, the same each time. */
export function drawNetworks(): Drawn[] {
  return (Object.keys(halves) as (keyof typeof halves)[]).flatMap((half) => [
    ...named("free", half, freeSpace, drawFree(seededRandom(halves[half]))),
    ...named("topology", half, topologySpace, drawTopologies(seededRandom(halves[half]))),
  ]);
}

function named(set: Drawn["set"], half: Drawn["half"], space: Space, genotypes: readonly Genotype[]): Drawn[] {
  return genotypes.map((genotype, i) => ({
    name: `${set}-${half}-${String(i).padStart(2, "0")}`,
    set,
    half,
    space,
    genotype,
  }));
}

/**
 * Total depths are spread evenly, in mixed order so that any part of the set is spread as well; of the genotypes of a depth that keep
 * the budget, the one is taken whose widths are farthest from those taken before.
 */
function drawFree(random: Random): Genotype[] {
  const genes = indicesOf(freeSpace, "depth");
  const depths = combinations(genes.map((gene) => freeSpace.genes[gene]?.values.map(Number) ?? []));
  const totals = depths.map(sum);
  const [least, most] = [smallest(totals), largest(totals)];
  const placeOf = (genotype: Genotype) => widthGenes.map((gene) => Math.log(Number(genotype[gene])));
  const taken: Genotype[] = [];
  for (const i of random.sample(range(FREE_PER_HALF), FREE_PER_HALF)) {
    const total = least + Math.round(((most - least) * i) / (FREE_PER_HALF - 1));
    const fitting = depths.filter((depth) => sum(depth) === total);
    const pool = poolOf(random, () => new Map(random.pick(fitting).map((depth, s) => [genes[s] ?? -1, depth])));
    const places = taken.map(placeOf);
    const distance = (genotype: Genotype) => smallest(places.map((place) => squaredDistance(place, placeOf(genotype))));
    taken.push(pool.reduce((a, b) => (distance(b) > distance(a) ? b : a)));
  }
  return taken;
}

/**
 * Genotypes that keep the budget: depths as given, all else drawn from the lower part of its range, of a length that is drawn as well
 * (deep networks fit with small values alone); then single sizes are drawn again as long as that brings the costs nearer to the budget.
 */
function poolOf(random: Random, drawDepths: () => ReadonlyMap<number, number>): Genotype[] {
  const sizes = [...freeSpace.genes.entries()].filter(
    ([, { name, role }]) => role === "size" && !name.endsWith(".depth"),
  );
  const pool: Genotype[] = [];
  while (pool.length < POOL) {
    const depths = drawDepths();
    const reach = (1 + random.below(1000)) / 1000;
    const draw = ({ values, role }: Gene) =>
      random.pick(role === "size" ? values.slice(0, Math.ceil(reach * values.length)) : values);
    let drawn: Genotype = freeSpace.genes.map((gene, i) => depths.get(i) ?? draw(gene));
    let excess = excessOf(drawn);
    for (let tries = 0; tries < TRIES && excess > 0; tries++) {
      const [i, gene] = random.pick(sizes);
      const other = drawn.with(i, draw(gene));
      const otherExcess = excessOf(other);
      if (otherExcess < excess) [drawn, excess] = [other, otherExcess];
    }
    if (excess === 0) pool.push(drawn);
  }
  return pool;
}

function excessOf(genotype: Genotype): number {
  return violation(architectureCosts(freeSpace.build(genotype)), band);
}

/** All ways to take one value of each list. */
function combinations(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>(
    (taken, list) => taken.flatMap((head) => list.map((value) => [...head, value])),
    [[]],
  );
}

function drawTopologies(random: Random): Genotype[] {
  const drawn: Genotype[] = [];
  while (drawn.length < TOPOLOGIES_PER_HALF) {
    const genotype = sample(topologySpace, random);
    if (isWithin(architectureCosts(topologySpace.build(genotype)), upper)) drawn.push(genotype);
  }
  return drawn;
}

function indicesOf(space: Space, kind: string): number[] {
  return space.genes.flatMap(({ name }, i) => (name.endsWith(`.${kind}`) ? [i] : []));
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return sum(a.map((x, i) => (x - (b[i] ?? 0)) ** 2));
}
