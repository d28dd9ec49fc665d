/**
 * @file ConvNeXt-Atto, the smallest of timm's ConvNeXts (Liu et al. 2022, *A ConvNet for the 2020s*, arXiv 2201.03545).
 * Figures: timm (Apache-2.0), weights of its own recipe, at 224 x 224.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Model, modelOf, TIMM } from "./model.js";

const widths = [40, 80, 160, 320] as const;
const depths = [2, 2, 6, 2] as const;

export const convnext: readonly Model[] = [
  modelOf(
    {
      name: "convnext_atto",
      title: "ConvNeXt-Atto",
      resolution: 224,
      published: { name: "convnext_atto.d2_in1k", millionParameters: 3.7, gigaMacs: 0.55, top1: 75.672, source: TIMM },
    },
    {
      stem: [{ kind: "patches", stride: 4, width: widths[0], norm: "after" }],
      stages: widths.map((width, i) => {
        const block: BlockSpec = { kind: "convnext", kernel: 7, expansion: 4, layerScale: true };
        return {
          ...(i > 0 && { downsample: { kind: "patches", stride: 2, width, norm: "before" } }),
          blocks: new Array<BlockSpec>(depths[i] ?? 1).fill(block),
        };
      }),
      head: (classes) => ({ kind: "norm-head", classes }),
    },
  ),
];
