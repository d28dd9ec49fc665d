/**
 * @file The small ConvNeXts of timm (Liu et al. 2022, *A ConvNet for the 2020s*, arXiv 2201.03545, whose smallest is Tiny).
 * Figures: timm (Apache-2.0), weights of its own recipes, at 224 x 224.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Backbone, type Model, modelOf, type Published, TIMM } from "./model.js";

interface ConvNextConfiguration {
  /** Of the first stage; each stage has twice that of the one before it. */
  readonly width: number;
  readonly depths: readonly [number, number, number, number];
  /** Side of the first patches: 4, or 2 for small images. */
  readonly stemStride?: number;
}

export function convnextBackbone({ width: first, depths, stemStride = 4 }: ConvNextConfiguration): Backbone {
  const block: BlockSpec = { kind: "convnext", kernel: 7, expansion: 4, layerScale: true };
  return {
    stem: [{ kind: "patches", stride: stemStride, width: first, norm: "after" }],
    stages: depths.map((depth, i) => ({
      ...(i > 0 && { downsample: { kind: "patches", stride: 2, width: first * 2 ** i, norm: "before" } }),
      blocks: new Array<BlockSpec>(depth).fill(block),
    })),
    head: (classes) => ({ kind: "norm-head", classes }),
  };
}

function convnextModel(
  name: string,
  title: string,
  configuration: ConvNextConfiguration,
  published: Omit<Published, "source">,
): Model {
  const about = { name, title, resolution: 224, published: { ...published, source: TIMM } };
  return modelOf(about, convnextBackbone(configuration));
}

export const convnext: readonly Model[] = [
  convnextModel(
    "convnext_atto",
    "ConvNeXt-Atto",
    { width: 40, depths: [2, 2, 6, 2] },
    { name: "convnext_atto.d2_in1k", millionParameters: 3.7, gigaMacs: 0.55, top1: 75.672 },
  ),
];

export const furtherConvnext: readonly Model[] = [
  convnextModel(
    "convnext_femto",
    "ConvNeXt-Femto",
    { width: 48, depths: [2, 2, 6, 2] },
    { name: "convnext_femto.d1_in1k", millionParameters: 5.22, gigaMacs: 0.79, top1: 77.498 },
  ),
  convnextModel(
    "convnext_pico",
    "ConvNeXt-Pico",
    { width: 64, depths: [2, 2, 6, 2] },
    { name: "convnext_pico.d1_in1k", millionParameters: 9.05, gigaMacs: 1.37, top1: 79.516 },
  ),
  convnextModel(
    "convnext_nano",
    "ConvNeXt-Nano",
    { width: 80, depths: [2, 2, 8, 2] },
    { name: "convnext_nano.d1h_in1k", millionParameters: 15.59, gigaMacs: 2.46, top1: 80.762 },
  ),
];
