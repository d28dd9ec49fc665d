/** @file The JSON form of a genotype: written and read by the names of the genes, once for all spaces. */

import { z } from "zod";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import { checkGenotype, type Gene, type GeneValue, type Genotype, isValid, type Space, valueAt } from "./space.js";

/**
 * The genotype as a plain JSON value: space, version, options where they differ, and the genes by their paths.
 * @throws {@link InputError} where the genotype is not of the space.
 */
export function toJson(space: Space, genotype: Genotype): Readonly<Record<string, unknown>> {
  checkGenotype("toJson", space, genotype);
  const options = Object.keys(space.options).length > 0 ? { options: space.options } : {};
  return { space: space.name, version: space.version, ...options, ...nest(space, (_, i) => valueAt(genotype, i)) };
}

/** `JSON.stringify(toJson(space, genotype))` */
export function jsonText(space: Space, genotype: Genotype): string {
  const { before, genes, after } = piecesOf(space);
  let text = "";
  for (let i = 0; i < genes.length; i++) {
    const value = valueAt(genotype, genes[i] ?? 0);
    text += before[i] + (typeof value === "number" ? String(value) : JSON.stringify(value));
  }
  return text + after;
}

/** The JSON text of a genotype in pieces, between which the values of genes stand. */
interface JsonPieces {
  /** What stands before each value, in the order of the text. */
  readonly before: readonly string[];
  /** The gene of each of these values. */
  readonly genes: readonly number[];
  readonly after: string;
}

const pieces = new WeakMap<Space, JsonPieces>();

/** They follow from the genes alone: a search asks for them with each candidate. */
function piecesOf(space: Space): JsonPieces {
  const known = pieces.get(space);
  if (known !== undefined) return known;
  const made = jsonPieces(space);
  pieces.set(space, made);
  return made;
}

function jsonPieces(space: Space): JsonPieces {
  // Between quotes that no text of a space has: JSON escapes such characters.
  const places = JSON.stringify(
    toJson(
      space,
      space.genes.map((_, i) => `\u0000${i}`),
    ),
  );
  const parts = places.split(/"\\u0000(\d+)"/);
  return {
    before: parts.slice(0, -1).filter((_, i) => i % 2 === 0),
    genes: parts.filter((_, i) => i % 2 === 1).map(Number),
    after: parts.at(-1) ?? "",
  };
}

/** Nested data with a leaf for each gene, at the gene's path; numbers in a path are indices of arrays. */
function nest<T>(space: Space, leaf: (gene: Gene, index: number) => T): Branch<T> {
  const root: Branch<T> = {};
  space.genes.forEach((gene, index) => {
    const path = gene.name.split(".");
    const last = path.pop() ?? "";
    let branch = root;
    path.forEach((key, depth) => {
      branch[key] ??= isIndex(path[depth + 1] ?? last) ? [] : {};
      branch = branch[key] as Branch<T>;
    });
    branch[last] = leaf(gene, index);
  });
  return root;
}

type Branch<T> = { [key: string]: Nested<T> };
type Nested<T> = T | Branch<T> | Nested<T>[];

function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

/**
 * The genotype of a JSON value, whose space and version have been checked.
 * @throws {@link InputError} where a gene is missing, unknown, or has a value that the space does not have, or where the values
 * do not go together.
 */
export function fromJson(space: Space, json: unknown): Genotype {
  const genes = nest(space, (gene) => z.literal([...gene.values]));
  const schema = z.strictObject({
    space: z.literal(space.name),
    version: z.literal(space.version),
    options: z.unknown().optional(),
    ...(schemaOf(genes) as z.ZodObject).shape,
  });
  const parsed = schema.safeParse(json);
  if (!parsed.success)
    throw new InputError(`not a genotype of the space "${space.name}": ${firstIssue(parsed.error, json)}`);
  const genotype = space.genes.map((gene) => leafAt(parsed.data, gene.name));
  if (!isValid(space, genotype)) {
    throw new InputError(
      `not a genotype of the space "${space.name}": its values do not go together: ${genotype.join(" ")}`,
    );
  }
  return genotype;
}

function schemaOf(tree: unknown): z.ZodType {
  if (tree instanceof z.ZodType) return tree;
  if (Array.isArray(tree)) {
    const items = tree.map(schemaOf);
    return z.tuple(items as [z.ZodType, ...z.ZodType[]]);
  }
  return z.strictObject(
    Object.fromEntries(Object.entries(tree as object).map(([key, inner]) => [key, schemaOf(inner)])),
  );
}

function leafAt(tree: unknown, path: string): GeneValue {
  let at: unknown = tree;
  for (const key of path.split(".")) at = (at as Record<string, unknown>)[key];
  return at as GeneValue;
}
