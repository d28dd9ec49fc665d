/**
 * @file What a search space is: named genes, each of topology or of size, and a rule that builds an architecture from their
 * values. Sampling, mutation, crossover, identity and the JSON form follow from the genes and are written once, here.
 */

import { z } from "zod";
import type { Architecture } from "../architecture/architecture.js";
import { InputError } from "../errors.js";
import type { Random } from "../search/random-numbers.js";

export type Role = "topology" | "size";

export type GeneValue = string | number;

export interface Gene {
  /** A path into the JSON form: `stages.2.blocks.1.kind`. */
  readonly name: string;
  readonly role: Role;
  /** In ascending order where they are numbers. */
  readonly values: readonly GeneValue[];
}

/** One value a gene, in the order of the space's genes. */
export type Genotype = readonly GeneValue[];

export interface Space {
  readonly name: string;
  /** Of the JSON form of its genotypes. */
  readonly version: number;
  /** What the space was made with, where it differs from the defaults; part of the JSON form. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly genes: readonly Gene[];
  build(genotype: Genotype): Architecture;
  /** False for a gene that the other genes silence, such as those of a slot beyond the depth. */
  isExpressed(genotype: Genotype, gene: number): boolean;
  /** Absent: every combination of values is valid. Sampling, mutation and crossover give valid genotypes alone. */
  isValid?(genotype: Genotype): boolean;
  /** Genotypes of one identity are the same network. Absent: what their expressed genes say. */
  identity?(genotype: Genotype): string;
  /** The benchmark's own string for a genotype, as its tables have it. */
  readonly notation?: Notation;
}

/** Genotypes whose architectures are kept at a time: what is admitted is scored soon after, and recorded soon after that. */
const RECENT = 32;

/** Builds an architecture once for those who ask for that of one and the same object within a short time. */
export function recently(build: Space["build"]): Space["build"] {
  const kept = new Map<Genotype, Architecture>();
  return (genotype) => {
    const known = kept.get(genotype);
    if (known !== undefined) return known;
    const architecture = build(genotype);
    kept.set(genotype, architecture);
    if (kept.size > RECENT) {
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    }
    return architecture;
  };
}

export interface Notation {
  write(genotype: Genotype): string;
  /** @throws {InputError} where the text is none, or names a genotype that is not valid. */
  read(text: string): Genotype;
}

/** What follows from the genes of a space alone: a search asks for it with each candidate. */
interface Derived {
  /** Indices of the genes that have a choice, of each role and of both. */
  readonly open: Readonly<Record<Role | "both", readonly number[]>>;
  /** The JSON text of a genotype in pieces, between which the values of genes stand. */
  readonly text: JsonPieces;
}

interface JsonPieces {
  /** What stands before each value, in the order of the text. */
  readonly before: readonly string[];
  /** The gene of each of these values. */
  readonly genes: readonly number[];
  readonly after: string;
}

const derived = new WeakMap<Space, Derived>();

function derivedOf(space: Space): Derived {
  const known = derived.get(space);
  if (known !== undefined) return known;
  const open = (role?: Role) =>
    space.genes.flatMap((gene, i) => (gene.values.length > 1 && (role === undefined || gene.role === role) ? [i] : []));
  const fresh: Derived = {
    open: { topology: open("topology"), size: open("size"), both: open() },
    text: jsonPieces(space),
  };
  derived.set(space, fresh);
  return fresh;
}

/** Indices of the genes of a role, or of all, that have a choice. */
function openGenes(space: Space, role: Role | undefined): readonly number[] {
  return derivedOf(space).open[role ?? "both"];
}

/** The roles of which the space has genes with a choice. */
export function rolesOf(space: Space): Role[] {
  return (["topology", "size"] as const).filter((role) => openGenes(space, role).length > 0);
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

function isValid(space: Space, genotype: Genotype): boolean {
  return space.isValid?.(genotype) ?? true;
}

/**
 * A valid genotype whose genes of the role (or all) are drawn uniformly; the others are those of `base`, which is what is
 * given where no valid one is found.
 */
export function sample(space: Space, random: Random): Genotype;
export function sample(space: Space, random: Random, role: Role, base: Genotype): Genotype;
export function sample(space: Space, random: Random, role?: Role, base?: Genotype): Genotype {
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
 */
export function mutate(space: Space, genotype: Genotype, random: Random, role?: Role, times = 1): Genotype {
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

/** Each gene of the role (or of any) from either parent, the others from the first; the first where that is not valid. */
export function crossover(space: Space, a: Genotype, b: Genotype, random: Random, role?: Role): Genotype {
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

function geneAt(space: Space, index: number): Gene {
  const gene = space.genes[index];
  if (gene === undefined) throw new RangeError(`space "${space.name}" has no gene ${index}`);
  return gene;
}

function valueAt(values: readonly GeneValue[], index: number): GeneValue {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no value ${index}`);
  return value;
}

/** The genotype as a plain JSON value: space, version, options where they differ, and the genes by their paths. */
export function toJson(space: Space, genotype: Genotype): Readonly<Record<string, unknown>> {
  const options = Object.keys(space.options).length > 0 ? { options: space.options } : {};
  return { space: space.name, version: space.version, ...options, ...nest(space, (_, i) => valueAt(genotype, i)) };
}

/** `JSON.stringify(toJson(space, genotype))` */
export function jsonText(space: Space, genotype: Genotype): string {
  const { before, genes, after } = derivedOf(space).text;
  let text = "";
  for (let i = 0; i < genes.length; i++) {
    const value = valueAt(genotype, genes[i] ?? 0);
    text += before[i] + (typeof value === "number" ? String(value) : JSON.stringify(value));
  }
  return text + after;
}

function jsonPieces(space: Space): JsonPieces {
  // Between quotes that no text of a space has: JSON escapes such characters.
  const places = JSON.stringify(
    toJson(
      space,
      space.genes.map((_, i) => `\u0000${i}`),
    ),
  );
  const pieces = places.split(/"\\u0000(\d+)"/);
  return {
    before: pieces.slice(0, -1).filter((_, i) => i % 2 === 0),
    genes: pieces.filter((_, i) => i % 2 === 1).map(Number),
    after: pieces.at(-1) ?? "",
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
 * @throws {InputError} where a gene is missing, unknown, or has a value that the space does not have, or where the values
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

/** A value as an error message shows it: whatever its size and depth, in a few words. */
function preview(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return JSON.stringify(value)?.slice(0, 60) ?? String(value);
}

/** Names as an error message lists them: the first few, each cut short. */
function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(preview).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** What was wrong, where, and what was given: the first of a schema's complaints in one line. */
export function firstIssue(error: z.ZodError, json: unknown): string {
  const [issue] = error.issues;
  if (issue === undefined) return error.message;
  const path = issue.path.map(String);
  let given: unknown = json;
  for (const key of path)
    given = typeof given === "object" && given !== null ? (given as Record<string, unknown>)[key] : undefined;
  const where = path.length === 0 ? "it" : `"${path.join(".")}"`;
  const shown = given === undefined ? "is missing" : `was given ${preview(given)}`;
  switch (issue.code) {
    case "unrecognized_keys":
      return `${where} has ${someOf(issue.keys)}, which is not known`;
    case "invalid_value":
      return `${where} ${shown}; it takes ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_big":
    case "too_small":
      return `${where} has a length or value out of range: ${issue.message}`;
    default:
      return `${where} ${shown}: ${issue.message}`;
  }
}

/** Says of each genotype whether it is the first of its key that it was asked about. */
export function distinct(space: Space): (genotype: Genotype) => boolean {
  const seen = new Set<string>();
  return (genotype) => {
    const { size } = seen;
    return seen.add(keyOf(space, genotype)).size > size;
  };
}
