/**
 * @file DeiT (Touvron et al. 2021, *Training data-efficient image transformers & distillation through attention*, arXiv
 * 2012.12877), without the distillation token.
 * Figures: timm (Apache-2.0), the authors' weights, at 224 x 224.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf, type Published, TIMM } from "./model.js";

const DEPTH = 12;
const HEAD_DIM = 64;

function deitModel(name: string, title: string, width: number, published: Omit<Published, "source">): Model {
  const encoder: BlockSpec = { kind: "encoder", heads: width / HEAD_DIM, expansion: 4 };
  return modelOf(
    { name, title, resolution: 224, published: { ...published, source: TIMM } },
    {
      stem: [{ kind: "patch-tokens", stride: 16, width }],
      stages: [{ blocks: new Array<BlockSpec>(DEPTH).fill(encoder) }],
      head: (classes) => ({ kind: "token-head", classes }),
    },
  );
}

export const deit: readonly Model[] = [
  deitModel("deit_tiny", "DeiT-Tiny", 192, {
    name: "deit_tiny_patch16_224.fb_in1k",
    millionParameters: 5.72,
    gigaMacs: 1.26,
    top1: 72.19,
  }),
];

export const furtherDeit: readonly Model[] = [
  deitModel("deit_small", "DeiT-Small", 384, {
    name: "deit_small_patch16_224.fb_in1k",
    millionParameters: 22.05,
    gigaMacs: 4.61,
    top1: 79.856,
  }),
];
