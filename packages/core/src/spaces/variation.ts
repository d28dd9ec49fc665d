/** @file How genotypes are drawn and varied: sampling, mutation and crossover follow from the genes, and are written once for all spaces. */

import { isObject, wrongArgument } from "../base/argument.js";
import type { Random } from "../base/random-numbers.js";
import {
  checkGenotype,
  checkSpace,
  type Gene,
  type GeneValue,
  type Genotype,
  geneAt,
  isValid,
  openGenes,
  type Role,
  type Space,
  valueAt,
} from "./space.js";

function checkRandom(call: string, random: Random): void {
  if (isObject(random) && "pick" in random) return;
  throw wrongArgument(`${call}: "random"`, random, "random numbers, as seededRandom(0) gives them");
}

/** Draws after which it is given up to find a valid genotype by chance. */
const TRIES = 1000;

/** The first of many draws that is accepted, if there is one. */
function firstOf(draw: () => Genotype, accept: (genotype: Genotype) => boolean): Genotype | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const genotype = draw();
    if (accept(genotype)) return genotype;
  }
  return undefined;
}

/**
 * A valid genotype whose genes of the role (or all) are drawn uniformly; the others are those of `base`, which is what is
 * given where no valid one is found.
 * @throws {@link InputError} where an argument is of another form.
 */
export function sample(space: Space, random: Random): Genotype;
/** A random genotype that takes the genes of the other role from `base`. */
export function sample(space: Space, random: Random, role: Role, base: Genotype): Genotype;
export function sample(space: Space, random: Random, role?: Role, base?: Genotype): Genotype {
  checkSpace("sample", space);
  checkRandom("sample", random);
  const draw = () =>
    space.genes.map((gene, i) =>
      role === undefined || base === undefined || gene.role === role ? random.pick(gene.values) : valueAt(base, i),
    );
  const drawn = firstOf(draw, (genotype) => isValid(space, genotype)) ?? base;
  if (drawn === undefined) throw new Error(`none of ${TRIES} draws from the space "${space.name}" was valid`);
  return drawn;
}

/** Of numbers, half of the mutations go to a neighbour: sizes are tuned as well as tried. */
const NEIGHBOUR = 0.5;

/**
 * A valid genotype, of another network, in which `times` expressed genes of the role (or of any) have another value; the
 * parent where none is found.
 * @throws {@link InputError} where an argument is of another form, or the genotype is not of the space.
 */
export function mutate(space: Space, genotype: Genotype, random: Random, role?: Role, times = 1): Genotype {
  checkSpace("mutate", space);
  checkGenotype("mutate", space, genotype);
  checkRandom("mutate", random);
  const open = openGenes(space, role).filter((gene) => space.isExpressed(genotype, gene));
  if (open.length === 0) return genotype;
  const draw = () => {
    const child = [...genotype];
    for (const i of random.sample(open, times)) child[i] = otherValue(geneAt(space, i), valueAt(genotype, i), random);
    return child;
  };
  const { identity } = space;
  const parent = identity?.(genotype);
  return firstOf(draw, (child) => isValid(space, child) && (!identity || identity(child) !== parent)) ?? genotype;
}

function otherValue({ values }: Gene, value: GeneValue, random: Random): GeneValue {
  const at = values.indexOf(value);
  if (typeof value === "number" && values.length > 2 && random.chance(NEIGHBOUR)) {
    const up = at === 0 || (at < values.length - 1 && random.chance(0.5));
    return valueAt(values, up ? at + 1 : at - 1);
  }
  return random.pick(values.filter((other) => other !== value));
}

/**
 * Each gene of the role (or of any) from either parent, the others from the first; the first where that is not valid.
 * @throws {@link InputError} where an argument is of another form, or a genotype is not of the space.
 */
export function crossover(space: Space, a: Genotype, b: Genotype, random: Random, role?: Role): Genotype {
  checkSpace("crossover", space);
  checkGenotype("crossover", space, a);
  checkGenotype("crossover", space, b);
  checkRandom("crossover", random);
  const draw = () =>
    space.genes.map((gene, i) =>
      (role === undefined || gene.role === role) && random.chance(0.5) ? valueAt(b, i) : valueAt(a, i),
    );
  return firstOf(draw, (child) => isValid(space, child)) ?? a;
}

/** The genes of one role from `from`, the others from `base`; `base` where the two do not go together. */
export function transplant(space: Space, role: Role, from: Genotype, base: Genotype): Genotype {
  const child = space.genes.map((gene, i) => valueAt(gene.role === role ? from : base, i));
  return isValid(space, child) ? child : base;
}
