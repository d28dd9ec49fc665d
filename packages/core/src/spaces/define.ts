/**
 * @file Spaces that others define: genes by their names and a rule that lays blocks, from which all else follows; or a function
 * that makes a space.
 */

import { z } from "zod";
import { chain } from "../architecture/architecture.js";
import type { ImageShape } from "../architecture/task.js";
import { checkArgument, isObject } from "../base/argument.js";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import type { BlockSpec } from "../blocks/registry.js";
import { type Gene, type GeneValue, type Genotype, type Notation, type Role, recently, type Space } from "./space.js";

/** A space by its name, made from options that come from outside: a genotype's file, or flags. */
export interface SpaceDefinition {
  /** Small letters, digits and hyphens; unique among spaces. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /**
   * The space for options, `{}` for the usual one.
   * @throws {@link InputError} where the options are not those of the space.
   */
  create(options: Readonly<Record<string, unknown>>): Space;
}

/** Images and classes of the networks. */
export interface GeneSpaceTask {
  /** `[C, H, W]` */
  readonly input: ImageShape;
  /** Numbers of the output, one a class. */
  readonly classes: number;
}

/** A gene of a space that others define. */
export interface GeneDefinition {
  /** Which phase of a search changes it. */
  readonly role: Role;
  /** In ascending order where they are numbers. */
  readonly values: readonly GeneValue[];
}

/** The value of each gene, by its name. */
export type GeneValues<G extends Readonly<Record<string, GeneDefinition>> = Readonly<Record<string, GeneDefinition>>> =
  { readonly [K in keyof G]: G[K]["values"][number] };

/** A space as genes and a rule. Its options are `input` and `classes`. */
export interface GeneSpace<
  G extends Readonly<Record<string, GeneDefinition>> = Readonly<Record<string, GeneDefinition>>,
> extends GeneSpaceTask {
  /** Small letters, digits and hyphens; unique among spaces. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Of the JSON form of its genotypes, which changes where genes do; absent: 1. */
  readonly version?: number;
  /** Names are paths into the JSON form of a genotype: `depth`, `stages.0.width`. */
  readonly genes: G;
  /** The blocks, in order. Their names are prefixes of parameters: `stem`, `stages.0.blocks.1`, `head`. */
  build(values: GeneValues<G>, task: GeneSpaceTask): readonly { readonly name: string; readonly spec: BlockSpec }[];
  /** False for a gene that the other genes silence; absent: all count. */
  isExpressed?(values: GeneValues<G>, gene: keyof G & string): boolean;
  /** Absent: every combination of values is valid. */
  isValid?(values: GeneValues<G>): boolean;
  /** Genotypes of one identity are the same network; absent: what their expressed genes say. */
  identity?(values: GeneValues<G>): string;
  /** How tables of trained networks write a genotype; absent: as JSON. */
  readonly notation?: Notation;
}

/**
 * A space of genes and a rule, or of a function that makes it.
 * @throws {@link InputError} where the definition is of another form.
 */
export function defineSpace<G extends Readonly<Record<string, GeneDefinition>>>(
  definition: GeneSpace<G> | SpaceDefinition,
): SpaceDefinition {
  const holds =
    isObject(definition) && ("create" in definition || ("genes" in definition && isObject(definition.genes)));
  checkArgument(
    holds,
    'defineSpace: "definition"',
    definition,
    "{ name, genes, build, ... } or { name, summary, create }",
  );
  return "create" in definition ? definition : { ...definition, create: (options) => geneSpace(definition, options) };
}

const taskSchema = z.strictObject({
  input: z.tuple([z.int().min(1).max(64), z.int().min(1).max(4096), z.int().min(1).max(4096)]),
  classes: z.int().min(1).max(1_000_000),
});

/** The keys beside the genes in the JSON form of a genotype. */
const RESERVED = ["space", "version", "options"];

function geneSpace<G extends Readonly<Record<string, GeneDefinition>>>(
  definition: GeneSpace<G>,
  options: Readonly<Record<string, unknown>>,
): Space {
  const { name, version = 1, input, classes } = definition;
  const given = { input, classes, ...options };
  const task = taskSchema.safeParse(given);
  if (!task.success) throw new InputError(`options of the space "${name}": ${firstIssue(task.error, given)}`);
  const genes = Object.entries(definition.genes).map(
    ([gene, { role, values }]): Gene => ({ name: gene, role, values }),
  );
  for (const gene of genes) checkGene(name, gene, genes);
  const valuesOf = (genotype: Genotype) =>
    Object.fromEntries(genes.map((gene, i) => [gene.name, genotype[i]])) as GeneValues<G>;
  const { isValid, identity, notation } = definition;
  return {
    name,
    version,
    options,
    genes,
    build: recently((genotype) =>
      chain(name, [1, ...task.data.input], definition.build(valuesOf(genotype), task.data)),
    ),
    isExpressed: (genotype, gene) => definition.isExpressed?.(valuesOf(genotype), genes[gene]?.name ?? "") ?? true,
    ...(isValid && { isValid: (genotype) => isValid.call(definition, valuesOf(genotype)) }),
    ...(identity && { identity: (genotype) => identity.call(definition, valuesOf(genotype)) }),
    ...(notation && { notation }),
  };
}

function checkGene(space: string, { name, role, values }: Gene, genes: readonly Gene[]): void {
  const wrong = (words: string) => new InputError(`gene "${name}" of the space "${space}" ${words}`);
  if (RESERVED.includes(name.split(".")[0] ?? "")) throw wrong(`has a name that is taken: not ${RESERVED.join(", ")}`);
  if (genes.some((other) => other.name.startsWith(`${name}.`))) throw wrong("is the path of another gene");
  if (role !== "topology" && role !== "size") throw wrong(`has the role "${role}": use "topology" or "size"`);
  if (values.length === 0 || new Set(values).size < values.length) throw wrong("needs values, each once");
  const isAscending = values.every((value, i) => {
    const before = values[i - 1];
    return typeof value !== "number" || typeof before !== "number" || value > before;
  });
  if (!isAscending) throw wrong("has numbers that do not ascend");
}
