/**
 * @file What a search space is: named genes, each of topology or of size, and a rule that builds an architecture from their
 * values. Variation (`variation.ts`), identity and the JSON form follow from the genes, and are written once for all spaces.
 */

import type { Architecture } from "../architecture/architecture.js";
import { isObject, wrongArgument } from "../base/argument.js";

/** What a gene decides, and which phase of a search changes it. */
export type Role = "topology" | "size";

/** A value of a gene. */
export type GeneValue = string | number;

/** One choice of a space: its name, what it decides, and the values that it may have. */
export interface Gene {
  /** A path into the JSON form: `stages.2.blocks.1.kind`. */
  readonly name: string;
  /** Which phase of a search changes it. */
  readonly role: Role;
  /** In ascending order where they are numbers. */
  readonly values: readonly GeneValue[];
}

/** One value a gene, in the order of the space's genes. */
export type Genotype = readonly GeneValue[];

/** A search space: genes, and the rule that builds a network from their values. */
export interface Space {
  /** As in the JSON form of its genotypes. */
  readonly name: string;
  /** Of the JSON form of its genotypes. */
  readonly version: number;
  /** What the space was made with, where it differs from the defaults; part of the JSON form. */
  readonly options: Readonly<Record<string, unknown>>;
  /** In the order of a genotype's values. */
  readonly genes: readonly Gene[];
  /** The network of a genotype, which has to be valid. */
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

/** A benchmark's own text for a genotype. */
export interface Notation {
  /** The text of a genotype. */
  write(genotype: Genotype): string;
  /**
   * The genotype of a text.
   * @throws {@link InputError} where the text is none, or names a genotype that is not valid.
   */
  read(text: string): Genotype;
}

/** @throws {@link InputError} where it is no space. */
export function checkSpace(call: string, space: Space): void {
  const holds = isObject(space) && Array.isArray(space.genes) && typeof space.build === "function";
  if (!holds) throw wrongArgument(`${call}: "space"`, space, "a space, as hybridSpace() gives one");
}

/** @throws {@link InputError} where it is no list of a value a gene. */
export function checkGenotype(call: string, space: Space, genotype: Genotype): void {
  const holds = Array.isArray(genotype) && genotype.length === space.genes.length;
  if (!holds)
    throw wrongArgument(`${call}: "genotype"`, genotype, `a list of ${space.genes.length} values, one a gene`);
}

/** The roles of which the space has genes with a choice. */
export function rolesOf(space: Space): Role[] {
  return (["topology", "size"] as const).filter((role) => openGenes(space, role).length > 0);
}

/** Indices of the genes that have a choice, of each role and of both. */
type OpenGenes = Readonly<Record<Role | "both", readonly number[]>>;

const open = new WeakMap<Space, OpenGenes>();

/** Indices of the genes of a role, or of all, that have a choice: a search asks for them with each child. */
export function openGenes(space: Space, role: Role | undefined): readonly number[] {
  const known = open.get(space);
  if (known !== undefined) return known[role ?? "both"];
  const indices = (of?: Role) =>
    space.genes.flatMap((gene, i) => (gene.values.length > 1 && (of === undefined || gene.role === of) ? [i] : []));
  open.set(space, { topology: indices("topology"), size: indices("size"), both: indices() });
  return openGenes(space, role);
}

export function isValid(space: Space, genotype: Genotype): boolean {
  return space.isValid?.(genotype) ?? true;
}

export function geneAt(space: Space, index: number): Gene {
  const gene = space.genes[index];
  if (gene === undefined) throw new RangeError(`space "${space.name}" has no gene ${index}`);
  return gene;
}

export function valueAt(values: readonly GeneValue[], index: number): GeneValue {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no value ${index}`);
  return value;
}
