/** @file All blocks, by kind. */

import { unknownName } from "../base/errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import type { Shape } from "../graph/graph.js";
import { basicBlock } from "./basic-block.js";
import type { Block, BlockPart } from "./block.js";
import { convNorm } from "./conv-norm.js";
import { convnext } from "./convnext.js";
import { type CustomSpec, customBlock, isCustomKind } from "./custom.js";
import { downsample } from "./downsample.js";
import { encoder } from "./encoder.js";
import { head } from "./head.js";
import { ibn } from "./ibn.js";
import { invertedResidual } from "./inverted-residual.js";
import { maxPool } from "./max-pool.js";
import { mbconv } from "./mbconv.js";
import { mobilevit } from "./mobilevit.js";
import { nasbench101Cell } from "./nasbench101-cell.js";
import { nasbench101Stem } from "./nasbench101-stem.js";
import { natsCell } from "./nats-cell.js";
import { natsHead } from "./nats-head.js";
import { natsReduction } from "./nats-reduction.js";
import { natsStem } from "./nats-stem.js";
import { normHead } from "./norm-head.js";
import { patchTokens } from "./patch-tokens.js";
import { patches } from "./patches.js";
import { projection } from "./projection.js";
import type { PyTorchModule } from "./pytorch.js";
import { sdta } from "./sdta.js";
import { shuffleUnit } from "./shuffle-unit.js";
import type { BuiltInSpec } from "./specs.js";
import { tokenHead } from "./token-head.js";
import { transformer, transformerParts } from "./transformer.js";

export const blocks = {
  "basic-block": basicBlock,
  "conv-norm": convNorm,
  convnext,
  downsample,
  encoder,
  head,
  ibn,
  "inverted-residual": invertedResidual,
  "max-pool": maxPool,
  mbconv,
  mobilevit,
  "nasbench101-cell": nasbench101Cell,
  "nasbench101-stem": nasbench101Stem,
  "nats-cell": natsCell,
  "nats-head": natsHead,
  "nats-reduction": natsReduction,
  "nats-stem": natsStem,
  "norm-head": normHead,
  "patch-tokens": patchTokens,
  patches,
  projection,
  sdta,
  "shuffle-unit": shuffleUnit,
  "token-head": tokenHead,
  transformer,
} as const satisfies { readonly [K in BuiltInSpec["kind"]]: Block<Extract<BuiltInSpec, { readonly kind: K }>> };

export type { BuiltInSpec };

/** The spec of any block. Two blocks of equal specs and equal inputs are the same block. */
export type BlockSpec = BuiltInSpec | CustomSpec;

/** @throws {@link InputError} where the kind is not known, or is of a custom block that nobody has added. */
function blockOf({ kind }: BlockSpec): Block<BlockSpec> {
  if (typeof kind !== "string" || !(isCustomKind(kind) || Object.hasOwn(blocks, kind))) {
    throw unknownName("kind of block", kind, Object.keys(blocks));
  }
  return (isCustomKind(kind) ? customBlock(kind) : blocks[kind]) as unknown as Block<BlockSpec>;
}

/** Adds a block of any kind to a graph. */
export function buildBlock(b: Builder, x: Tensor, spec: BlockSpec): Tensor {
  return blockOf(spec).build(b, x, spec);
}

/** What a block is made of, one after the other. */
export function partsOf(spec: BlockSpec): readonly BlockPart[] {
  if (spec.kind === "transformer") return transformerParts(spec);
  return [{ data: spec, build: (b, x) => buildBlock(b, x, spec) }];
}

/** The module of PyTorch that a block is. */
export function moduleOf(spec: BlockSpec, input: Shape): PyTorchModule {
  return blockOf(spec).pytorch(spec, input);
}

/** What a block is called in tables and figures. */
export function titleOf(spec: BlockSpec): string {
  return blockOf(spec).title;
}
