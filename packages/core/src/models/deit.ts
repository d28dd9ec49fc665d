/**
 * @file DeiT-Tiny (Touvron et al. 2021, *Training data-efficient image transformers & distillation through attention*, arXiv
 * 2012.12877), without the distillation token.
 * Figures: timm (Apache-2.0), the authors' weights, at 224 x 224.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf, TIMM } from "./model.js";

const DEPTH = 12;

export const deit: readonly Model[] = [
  modelOf(
    {
      name: "deit_tiny",
      title: "DeiT-Tiny",
      resolution: 224,
      published: {
        name: "deit_tiny_patch16_224.fb_in1k",
        millionParameters: 5.72,
        gigaMacs: 1.26,
        top1: 72.19,
        source: TIMM,
      },
    },
    {
      stem: [{ kind: "patch-tokens", stride: 16, width: 192 }],
      stages: [{ blocks: new Array<BlockSpec>(DEPTH).fill({ kind: "encoder", heads: 3, expansion: 4 }) }],
      head: (classes) => ({ kind: "token-head", classes }),
    },
  ),
];
