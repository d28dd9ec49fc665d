/**
 * @file Genotypes as lists of small numbers: for each gene the index of its value. A history of tens of thousands is a few
 * hundred kilobytes this way, and a link that carries one stays short.
 */

import { type Genotype, InputError, readGenotype, type Space, spaceOf, toJson } from "@esnas/core";
import { z } from "zod";

/** @throws {InputError} where the genotype has a value that the space does not have. */
export function indicesOf(space: Space, genotype: Genotype): number[] {
  return space.genes.map(({ name, values }, i) => {
    const index = values.indexOf(genotype[i] ?? "");
    if (index < 0) throw new InputError(`the space "${space.name}" has no ${genotype[i]} for ${name}`);
    return index;
  });
}

/** @throws {InputError} where there is no such value. */
export function genotypeAt(space: Space, indices: ArrayLike<number>): Genotype {
  return space.genes.map(({ name, values }, i) => {
    const value = values[indices[i] ?? -1];
    if (value === undefined) throw new InputError(`the space "${space.name}" has no value ${indices[i]} for ${name}`);
    return value;
  });
}

/** A genotype with its space, as the page hands it around. */
export interface Design {
  readonly space: Space;
  readonly genotype: Genotype;
}

export function sameDesign(a: Design, b: Design): boolean {
  return JSON.stringify(toJson(a.space, a.genotype)) === JSON.stringify(toJson(b.space, b.genotype));
}

/** Characters of a link's genotype, at most. */
const LONGEST_LINK = 20_000;

const linkSchema = z.strictObject({
  s: z.string(),
  v: z.number(),
  o: z.record(z.string(), z.unknown()).optional(),
  g: z.array(z.number().int().nonnegative()).max(2000),
});

/** The design as text for the fragment of an address. */
export function linkOf({ space, genotype }: Design): string {
  const options = Object.keys(space.options).length > 0 ? { o: space.options } : {};
  const json = JSON.stringify({ s: space.name, v: space.version, ...options, g: indicesOf(space, genotype) });
  return btoa(json).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The design that a link carries.
 * @throws {InputError} where it is none.
 */
export function designOfLink(text: string): Design {
  const parsed = linkSchema.safeParse(jsonOfLink(text));
  if (!parsed.success) throw new InputError("the link carries no network of this program");
  const { s, v, o = {}, g } = parsed.data;
  const space = spaceOf(s, o);
  if (v !== space.version)
    throw new InputError(`the link is of version ${v} of the space "${s}"; read is ${space.version}`);
  if (g.length !== space.genes.length) {
    throw new InputError(`the link has ${g.length} genes; the space "${s}" has ${space.genes.length}`);
  }
  // What does not go together is refused as in a file.
  return readGenotype(toJson(space, genotypeAt(space, g)));
}

function jsonOfLink(text: string): unknown {
  if (text.length > LONGEST_LINK) return undefined;
  try {
    return JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}
