/** @file Genotypes with their spaces, as the page hands them around and as links carry them: as codes, which keep a link short. */

import {
  codeOf,
  type Genotype,
  genotypeOfCode,
  InputError,
  readGenotype,
  type Space,
  spaceOf,
  toJson,
} from "@esnas/core/internal";
import { z } from "zod";

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
  const json = JSON.stringify({ s: space.name, v: space.version, ...options, g: codeOf(space, genotype) });
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
  return readGenotype(toJson(space, genotypeOfCode(space, g)));
}

function jsonOfLink(text: string): unknown {
  if (text.length > LONGEST_LINK) return undefined;
  try {
    return JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return undefined;
  }
}
