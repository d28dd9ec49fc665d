/** @file Which genotypes are the same network, and a genotype in as few bytes as there are genes. */

import { type Genotype, type Space, valueAt } from "./space.js";

/** Identity of what a genotype expresses: two genotypes of one key are the same network. */
export function keyOf(space: Space, genotype: Genotype): string {
  if (space.identity) return space.identity(genotype);
  const { genes } = space;
  // A byte a gene, the index of its value: a search keeps the key of all that it has scored.
  const codes = genotype.map((value, i) =>
    space.isExpressed(genotype, i) ? (genes[i]?.values.indexOf(value) ?? 0) + 1 : 0,
  );
  return String.fromCharCode(...codes);
}

/** A genotype in a byte a gene, those that are silent too. */
export function packed({ genes }: Space, genotype: Genotype): string {
  return String.fromCharCode(...genotype.map((value, i) => genes[i]?.values.indexOf(value) ?? 0));
}

/** The genotype that was packed. */
export function unpacked(space: Space, text: string): Genotype {
  return space.genes.map(({ values }, i) => valueAt(values, text.charCodeAt(i)));
}

/** Says of each genotype whether it is the first of its key that it was asked about. */
export function distinct(space: Space): (genotype: Genotype) => boolean {
  const seen = new Set<string>();
  return (genotype) => {
    const { size } = seen;
    return seen.add(keyOf(space, genotype)).size > size;
  };
}
