/**
 * @file Blocks that others define. Their kinds have a slash, `acme/ghost`, so that they never meet a kind of ours, and the
 * compiler tells the two apart.
 */

import { InputError } from "../base/errors.js";
import { Registry } from "../base/registry.js";
import type { Shape } from "../graph/graph.js";
import type { Block } from "./block.js";

/** `acme/ghost`: who defines the block, and what it is. */
export type CustomKind = `${string}/${string}`;

/** What makes a custom kind: small letters, digits and hyphens on both sides of one slash. */
export const CUSTOM_KIND = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/;

/** The spec of a custom block: plain JSON data. Sizes of these names are shown in tables and drawings. */
export interface CustomSpec {
  /** Who defines the block, and what it is. */
  readonly kind: CustomKind;
  /** Side of the kernel, in pixels. */
  readonly kernel?: number;
  /** Stride, in pixels. */
  readonly stride?: number;
  /** Hidden channels, as a multiple of the input's. */
  readonly expansion?: number;
  /** Of a classifier: `--classes` replaces it. */
  readonly classes?: number;
}

/** A block in use, for tests. */
export interface BlockExample<S> {
  /** What is built. */
  readonly spec: S;
  /** Shape of what comes in: `[1, C, H, W]`. */
  readonly input: Shape;
}

/** A block that others define. */
export interface BlockDefinition<S extends CustomSpec = CustomSpec> extends Block<S> {
  /** Fill in drawings, `#2f855a`; grey where it is absent. */
  readonly colour?: string;
  /** What the conformance suite builds, at least one. */
  readonly examples: readonly BlockExample<S>[];
}

const COLOUR = /^#[0-9a-f]{6}$/i;

/** The blocks that others have defined; `addBlock` adds to them. */
export const customBlocks = new Registry<BlockDefinition>(
  "block",
  {},
  {
    pattern: CUSTOM_KIND,
    form: 'a name, a slash and a name, each of small letters, digits and hyphens, such as "acme/ghost"',
  },
);

/** Keeps the type of a block's spec while the registry forgets it. */
export function defineBlock<S extends CustomSpec>(definition: BlockDefinition<S>): BlockDefinition {
  return definition as unknown as BlockDefinition;
}

/**
 * Makes a block known by its kind, to spaces, files and drawings.
 * @throws {@link InputError} where the kind is taken or has another form.
 */
export function addBlock(definition: BlockDefinition): void {
  const { kind, colour } = definition;
  if (colour !== undefined && !COLOUR.test(colour)) {
    throw new InputError(`invalid colour "${colour}" of block "${kind}": use #rrggbb`);
  }
  customBlocks.add(kind, definition);
}

export function isCustomKind(kind: string): kind is CustomKind {
  return kind.includes("/");
}

/** @throws {@link InputError} where no block of the kind has been added. */
export function customBlock(kind: CustomKind): BlockDefinition {
  const known = customBlocks.find(kind);
  if (known !== undefined) return known;
  throw new InputError(`unknown block "${kind.slice(0, 60)}": load the plugin that defines it`);
}
