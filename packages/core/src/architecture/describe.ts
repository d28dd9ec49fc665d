/**
 * @file An architecture as plain data, stage by stage: what tables print, figures draw and summaries store. Sizes are read
 * from the blocks' specs, costs from their graphs.
 */

import { type CustomSpec, isCustomKind } from "../blocks/custom.js";
import { type BlockSpec, type BuiltInSpec, titleOf } from "../blocks/registry.js";
import type { Shape } from "../graph/graph.js";
import { type Architecture, checkArchitecture, costsOfBlock, type PlacedBlock } from "./architecture.js";

export type BlockKind = PlacedBlock["spec"]["kind"];
export type FfnKind = Extract<BuiltInSpec, { readonly ffn: unknown }>["ffn"]["kind"];

/** A block with its sizes and costs. A size that it lacks is absent; a Transformer's kernel and expansion are its FFN's. */
export interface BlockDescription {
  /** As in the architecture: `stages.2.blocks.1`. */
  readonly name: string;
  /** Kind of the block's spec; `graph` for a network that is given as one. */
  readonly kind: PlacedBlock["spec"]["kind"];
  /** What the block is called in tables. */
  readonly title: string;
  /** Side of the kernel. */
  readonly kernel?: number;
  /** Stride of its convolution or patches. */
  readonly stride?: number;
  /** Hidden channels, as a multiple of the block's own. */
  readonly expansion?: number;
  /** Dimension of query, key and value, all heads together. */
  readonly qkvDim?: number;
  /** Attention heads. */
  readonly heads?: number;
  /** Kind of a Transformer's feed-forward network. */
  readonly ffn?: "ibn" | "convnext";
  /** `[1, C, H, W]`, `[1, L, C]` of tokens, or `[1, classes]` of a head. */
  readonly output: Shape;
  /** Trainable numbers. */
  readonly parameters: number;
  /** Multiply-accumulates at batch 1. */
  readonly macs: number;
}

type BlockSizes = Pick<BlockDescription, "kernel" | "stride" | "expansion" | "qkvDim" | "heads" | "ffn">;

/** A stage with what its blocks have in common, and its costs. */
export interface StageDescription {
  /** `stem`, `stages.0`, ..., `head`; `graph` for a network that is given as one. */
  readonly name: string;
  /** How many blocks there are of each kind, in order of appearance; as in all that follows up to `ffns`, no downsample. */
  readonly kinds: Readonly<Partial<Record<PlacedBlock["spec"]["kind"], number>>>;
  /** Blocks. */
  readonly depth: number;
  /** Distinct values, in order of appearance; empty where no block has the size. */
  readonly kernels: readonly number[];
  /** Expansions, likewise. */
  readonly expansions: readonly number[];
  /** Dimensions of query, key and value, likewise. */
  readonly qkvDims: readonly number[];
  /** Kinds of feed-forward networks, likewise. */
  readonly ffns: readonly ("ibn" | "convnext")[];
  /** Channels of the output, or features of its tokens. */
  readonly width: number;
  /** Height and width of the output; absent where it is no feature map. */
  readonly resolution?: readonly [height: number, width: number];
  /** Of all blocks, the downsample included, as are those that follow. */
  readonly parameters: number;
  /** Multiply-accumulates at batch 1. */
  readonly macs: number;
  /** In order. */
  readonly blocks: readonly BlockDescription[];
}

/** One entry a stage, in order: the stem, the stages, the head. */
export function describeStages(architecture: Architecture): StageDescription[] {
  checkArchitecture("describeStages", architecture);
  const stages = new Map<string, BlockDescription[]>();
  for (const block of architecture.blocks) {
    const stage = stageOf(block.name);
    const described = describeBlock(block);
    const members = stages.get(stage);
    if (members === undefined) stages.set(stage, [described]);
    else members.push(described);
  }
  return [...stages].map(([name, blocks]) => describeStage(name, blocks));
}

/** True for the transition that opens a stage, which its depth does not count. */
export function isDownsample(block: BlockDescription): boolean {
  return block.name.endsWith(".downsample");
}

export function describeBlock(block: PlacedBlock): BlockDescription {
  const { name, spec, output } = block;
  const { parameters, macs } = costsOfBlock(block);
  if (spec.kind === "graph") return { name, kind: spec.kind, title: "Graph", output, parameters, macs };
  return { name, kind: spec.kind, title: titleOf(spec), ...sizesOf(spec), output, parameters, macs };
}

function sizesOf(spec: BlockSpec): BlockSizes {
  return isCustomSpec(spec) ? sizesOfCustom(spec) : sizesOfBuiltIn(spec);
}

function isCustomSpec(spec: BlockSpec): spec is CustomSpec {
  return isCustomKind(spec.kind);
}

/** What has the names of our sizes: all else is the block's own affair. */
function sizesOfCustom({ kernel, stride, expansion }: CustomSpec): BlockSizes {
  return {
    ...(kernel !== undefined && { kernel }),
    ...(stride !== undefined && { stride }),
    ...(expansion !== undefined && { expansion }),
  };
}

function sizesOfBuiltIn(spec: BuiltInSpec): BlockSizes {
  const body = "ffn" in spec ? spec.ffn : spec;
  return {
    ...("kernel" in body && { kernel: body.kernel }),
    ...("stride" in body && { kernel: kernelOf(body), stride: body.stride }),
    ...("expansion" in body && { expansion: body.expansion }),
    ...("qkvDim" in spec && { qkvDim: spec.qkvDim, heads: spec.heads }),
    ...("ffn" in spec && { ffn: spec.ffn.kind }),
  };
}

/** A kernel that is not given is the stride: patches. */
function kernelOf(spec: { readonly stride: number; readonly kernel?: number }): number {
  return spec.kernel ?? spec.stride;
}

function stageOf(blockName: string): string {
  return /^stages\.\d+(?=\.)/.exec(blockName)?.[0] ?? (blockName === "" ? "graph" : blockName);
}

function describeStage(name: string, blocks: readonly BlockDescription[]): StageDescription {
  const counted = blocks.filter((block) => !isDownsample(block));
  const kinds: Partial<Record<BlockKind, number>> = {};
  for (const { kind } of counted) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const { width, height, columns } = sizesOfOutput(blocks.at(-1)?.output ?? []);
  return {
    name,
    kinds,
    depth: counted.length,
    kernels: distinct(counted, (block) => block.kernel),
    expansions: distinct(counted, (block) => block.expansion),
    qkvDims: distinct(counted, (block) => block.qkvDim),
    ffns: distinct(counted, (block) => block.ffn),
    width,
    ...(height !== undefined && columns !== undefined && { resolution: [height, columns] }),
    parameters: total(blocks, (block) => block.parameters),
    macs: total(blocks, (block) => block.macs),
    blocks,
  };
}

/** Of a feature map `[1, C, H, W]`, of tokens `[1, L, C]` or of a vector `[1, C]`. */
function sizesOfOutput(output: Shape) {
  if (output.length === 3) return { width: output[2] ?? 0 };
  const [, width = 0, height, columns] = output;
  return { width, height, columns };
}

function distinct<T>(blocks: readonly BlockDescription[], of: (block: BlockDescription) => T | undefined): T[] {
  return [...new Set(blocks.map(of).filter((value) => value !== undefined))];
}

function total(blocks: readonly BlockDescription[], of: (block: BlockDescription) => number): number {
  return blocks.reduce((sum, block) => sum + of(block), 0);
}
