/**
 * @file EdgeNeXt (Maaz et al. 2022, *EdgeNeXt: Efficiently Amalgamated CNN-Transformer Architecture for Mobile Vision
 * Applications*, arXiv 2206.10589), the models whose budgets ESFormer takes.
 * Figures: timm (Apache-2.0), the authors' weights, at 256 x 256; those of S and B were trained with a teacher (USI).
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Backbone, type Model, modelOf, type Published, TIMM } from "./model.js";

interface EdgeNextConfiguration {
  readonly depths: readonly [number, number, number, number];
  readonly widths: readonly [number, number, number, number];
  readonly heads: number;
  /** Side of the first patches: 4, or 2 for small images. */
  readonly stemStride?: number;
}

const KERNELS = [3, 5, 7, 9] as const;

/** Parts of SDTA's channels, of which the last block of a stage is one, but in the first stage. */
const SCALES = [undefined, 2, 3, 4] as const;

/** The stage in which SDTA knows positions. */
const POSITIONS_IN = 1;

export function edgenextBackbone({ depths, widths, heads, stemStride = 4 }: EdgeNextConfiguration): Backbone {
  return {
    stem: [{ kind: "patches", stride: stemStride, width: widths[0], norm: "after" }],
    stages: widths.map((width, i) => {
      const [kernel = 3, scales, depth = 1] = [KERNELS[i], SCALES[i], depths[i]];
      const convolutional: BlockSpec = { kind: "convnext", kernel, expansion: 4, layerScale: true };
      const attentive: readonly BlockSpec[] =
        scales === undefined
          ? []
          : [{ kind: "sdta", scales, heads, expansion: 4, ...(i === POSITIONS_IN && { positions: true }) }];
      return {
        ...(i > 0 && { downsample: { kind: "patches", stride: 2, width, norm: "before" } }),
        blocks: [...new Array<BlockSpec>(depth - attentive.length).fill(convolutional), ...attentive],
      };
    }),
    head: (classes) => ({ kind: "norm-head", classes }),
  };
}

function edgenextModel(
  name: string,
  title: string,
  configuration: EdgeNextConfiguration,
  published: Omit<Published, "source">,
): Model {
  const about = { name, title, resolution: 256, published: { ...published, source: TIMM } };
  return modelOf(about, edgenextBackbone(configuration));
}

export const edgenext: readonly Model[] = [
  edgenextModel(
    "edgenext_xxs",
    "EdgeNeXt-XXS",
    { depths: [2, 2, 6, 2], widths: [24, 48, 88, 168], heads: 4 },
    { name: "edgenext_xx_small.in1k", millionParameters: 1.33, gigaMacs: 0.26, top1: 71.132 },
  ),
  edgenextModel(
    "edgenext_xs",
    "EdgeNeXt-XS",
    { depths: [3, 3, 9, 3], widths: [32, 64, 100, 192], heads: 4 },
    { name: "edgenext_x_small.in1k", millionParameters: 2.34, gigaMacs: 0.54, top1: 74.874 },
  ),
  edgenextModel(
    "edgenext_s",
    "EdgeNeXt-S",
    { depths: [3, 3, 9, 3], widths: [48, 96, 160, 304], heads: 8 },
    { name: "edgenext_small.usi_in1k", millionParameters: 5.59, gigaMacs: 1.26, top1: 81.068 },
  ),
];

export const furtherEdgenext: readonly Model[] = [
  edgenextModel(
    "edgenext_b",
    "EdgeNeXt-B",
    { depths: [3, 3, 9, 3], widths: [80, 160, 288, 584], heads: 8 },
    { name: "edgenext_base.usi_in1k", millionParameters: 18.51, gigaMacs: 3.85, top1: 83.684 },
  ),
];
