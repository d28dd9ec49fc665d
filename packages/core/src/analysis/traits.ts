/**
 * @file What is counted of a hybrid to see what a search prefers: by stage the share of each kind of block, the share of each kind
 * of feed-forward network among its encoders, kernel size, QKV dimension against embedding dimension, and the other sizes.
 */

import type { Architecture } from "../architecture/architecture.js";
import {
  type BlockDescription,
  type BlockKind,
  describeStages,
  type FfnKind,
  isDownsample,
} from "../architecture/describe.js";
import type { Role } from "../spaces/space.js";

/** A stage of a hybrid, without what leads into it. */
export interface HybridStage {
  readonly width: number;
  readonly blocks: readonly BlockDescription[];
}

/** The stages of an architecture, in order: stem and head are none. */
export function stagesOf(architecture: Architecture): HybridStage[] {
  return describeStages(architecture)
    .filter(({ name }) => name.startsWith("stages."))
    .map(({ width, blocks }) => ({ width, blocks: blocks.filter((block) => !isDownsample(block)) }));
}

/** A number that a network has, or does not have: a stage without encoders has no QKV dimension. */
export interface Measure {
  /** Of the genes that move it. */
  readonly role: Role;
  of(stages: readonly HybridStage[]): number | undefined;
}

export type TraitKind = "kind" | "ffn" | "kernel" | "qkv" | "depth" | "width" | "expansion" | "map";

export interface Trait extends Measure {
  /** `stages.2.ffn.convnext` */
  readonly name: string;
  readonly kind: TraitKind;
  /** Index of the stage, from 0. */
  readonly stage: number;
  /** Of a share: what is counted. */
  readonly value?: string;
}

export const traitWords: Readonly<Record<TraitKind, string>> = {
  kind: "share of the blocks",
  ffn: "share of the encoders' feed-forward networks",
  kernel: "kernel size",
  qkv: "QKV dimension over embedding dimension",
  depth: "blocks",
  width: "embedding dimension",
  expansion: "expansion",
  map: "log size of the maps that nonlinearities see, over its mean",
};

export const blockKinds = ["ibn", "convnext", "transformer"] as const satisfies readonly BlockKind[];
export const ffnKinds = ["ibn", "convnext"] as const satisfies readonly FfnKind[];

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Share of some blocks that are of a kind; none of no blocks. */
export function shareOf(blocks: readonly BlockDescription[], kind: BlockKind): number | undefined {
  return meanOf(blocks.map((block) => Number(block.kind === kind)));
}

/** Share of the feed-forward networks of the encoders among some blocks; none where there is no encoder. */
export function ffnShareOf(blocks: readonly BlockDescription[], kind: FfnKind): number | undefined {
  return meanOf(blocks.flatMap(({ ffn }) => (ffn === undefined ? [] : [Number(ffn === kind)])));
}

/** Mean over the blocks. */
export function kernelOf({ blocks }: HybridStage): number | undefined {
  return meanOf(blocks.flatMap(({ kernel }) => (kernel === undefined ? [] : [kernel])));
}

/** QKV dimension of the encoders over the width that they read and give. */
export function qkvRatioOf({ blocks, width }: HybridStage): number | undefined {
  return meanOf(blocks.flatMap(({ qkvDim }) => (qkvDim === undefined ? [] : [qkvDim / width])));
}

/** Nonlinearities of a block, which all see maps of its hidden width. */
const nonlinearities: Readonly<Partial<Record<string, number>>> = { ibn: 2, convnext: 1 };

/** ln n of the map that enters each nonlinearity of a stage. */
function mapSizes({ blocks }: HybridStage): number[] {
  return blocks.flatMap(({ kind, ffn, expansion = 1, output }) =>
    new Array<number>(nonlinearities[ffn ?? kind] ?? 0).fill(Math.log(output.reduce((n, side) => n * side, expansion))),
  );
}

/**
 * The mean ln n of a stage's nonlinearities minus that of the network's: above 0, one nonlinearity more in this stage raises the
 * mean, and so the Entropic Score as its closed form has it (`metrics/entropic-score-analytic.ts`).
 */
function mapOver(stages: readonly HybridStage[], stage: number): number | undefined {
  const here = stages[stage];
  const [own, all] = [here && meanOf(mapSizes(here)), meanOf(stages.flatMap(mapSizes))];
  return own === undefined || all === undefined ? undefined : own - all;
}

function traitsOfStage(stage: number): Trait[] {
  const at = <T>(of: (stage: HybridStage) => T) => {
    return (stages: readonly HybridStage[]): T | undefined => {
      const here = stages[stage];
      return here === undefined ? undefined : of(here);
    };
  };
  const name = (path: string) => `stages.${stage}.${path}`;
  return [
    ...blockKinds.map((value): Trait => {
      return {
        name: name(`kind.${value}`),
        kind: "kind",
        role: "topology",
        stage,
        value,
        of: at(({ blocks }) => shareOf(blocks, value)),
      };
    }),
    ...ffnKinds.map((value): Trait => {
      return {
        name: name(`ffn.${value}`),
        kind: "ffn",
        role: "topology",
        stage,
        value,
        of: at(({ blocks }) => ffnShareOf(blocks, value)),
      };
    }),
    { name: name("kernel"), kind: "kernel", role: "size", stage, of: at(kernelOf) },
    { name: name("qkv"), kind: "qkv", role: "size", stage, of: at(qkvRatioOf) },
    { name: name("depth"), kind: "depth", role: "size", stage, of: at(({ blocks }) => blocks.length) },
    { name: name("width"), kind: "width", role: "size", stage, of: at(({ width }) => width) },
    {
      name: name("expansion"),
      kind: "expansion",
      role: "size",
      stage,
      of: at(({ blocks }) => meanOf(blocks.flatMap(({ expansion }) => (expansion === undefined ? [] : [expansion])))),
    },
    { name: name("map"), kind: "map", role: "topology", stage, of: (stages) => mapOver(stages, stage) },
  ];
}

/** All traits of networks of so many stages. */
export function traitsOf(stages: number): readonly Trait[] {
  return Array.from({ length: stages }, (_, stage) => traitsOfStage(stage)).flat();
}
