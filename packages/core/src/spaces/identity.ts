/** @file A genotype as numbers, and which genotypes are the same network. */

import { InputError } from "../base/errors.js";
import { checkGenotype, type Genotype, type Space } from "./space.js";

/**
 * The index of each gene's value: histories, databases of the page and links keep genotypes in this form.
 * @throws {@link InputError} where the genotype has a value that the space does not have.
 */
export function codeOf(space: Space, genotype: Genotype): number[] {
  return space.genes.map(({ name, values }, i) => {
    const index = values.indexOf(genotype[i] ?? "");
    if (index < 0) throw new InputError(`the space "${space.name}" has no ${genotype[i]} for ${name}`);
    return index;
  });
}

/**
 * The genotype of a code.
 * @throws {@link InputError} where there is no such value.
 */
export function genotypeOfCode(space: Space, code: ArrayLike<number>): Genotype {
  return space.genes.map(({ name, values }, i) => {
    const value = values[code[i] ?? -1];
    if (value === undefined) throw new InputError(`the space "${space.name}" has no value ${code[i]} for ${name}`);
    return value;
  });
}

/** Identity of what a genotype expresses: two genotypes of one key are the same network. */
export function keyOf(space: Space, genotype: Genotype): string {
  checkGenotype("keyOf", space, genotype);
  if (space.identity) return space.identity(genotype);
  // A byte a gene: a search keeps the key of all that it has scored.
  const code = codeOf(space, genotype).map((index, i) => (space.isExpressed(genotype, i) ? index + 1 : 0));
  return String.fromCharCode(...code);
}

/** Says of each genotype whether it is the first of its key that it was asked about. */
export function distinct(space: Space): (genotype: Genotype) => boolean {
  const seen = new Set<string>();
  return (genotype) => {
    const { size } = seen;
    return seen.add(keyOf(space, genotype)).size > size;
  };
}
