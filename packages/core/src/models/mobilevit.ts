/**
 * @file MobileViT (Mehta and Rastegari 2022, *MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer*,
 * arXiv 2110.02178).
 * Figures: timm (Apache-2.0), the authors' weights (Apple's CVNets), at 256 x 256.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Backbone, type Model, modelOf, type Published, TIMM } from "./model.js";

interface MobileVitConfiguration {
  /** Of the stages, of which the last three end with a MobileViT block. */
  readonly widths: readonly [number, number, number, number, number];
  /** Token dimensions of those three. */
  readonly tokens: readonly [number, number, number];
  /** Of the inverted residuals. */
  readonly expansion: number;
  /** Channels before the classifier. */
  readonly features: number;
  /** Of the first convolution: 2, or 1 for small images. */
  readonly stemStride?: number;
}

/** Inverted residuals of each stage, and encoders of its MobileViT block. */
const DEPTHS = [1, 3, 1, 1, 1] as const;
const ENCODERS = [0, 0, 2, 4, 3] as const;

export function mobilevitBackbone({
  widths,
  tokens,
  expansion,
  features,
  stemStride = 2,
}: MobileVitConfiguration): Backbone {
  return {
    stem: [{ kind: "conv-norm", kernel: 3, stride: stemStride, width: 16, activation: "silu" }],
    stages: widths.map((width, i) => {
      const qkvDim = tokens[i - 2];
      const residual = (stride: number): BlockSpec => ({
        kind: "inverted-residual",
        kernel: 3,
        stride,
        expansion,
        width,
        activation: "silu",
      });
      const attentive: readonly BlockSpec[] =
        qkvDim === undefined
          ? []
          : [{ kind: "mobilevit", kernel: 3, patch: 2, qkvDim, heads: 4, depth: ENCODERS[i] ?? 0, expansion: 2 }];
      const convolutional = Array.from({ length: DEPTHS[i] ?? 1 }, (_, j) => residual(i > 0 && j === 0 ? 2 : 1));
      return { blocks: [...convolutional, ...attentive] };
    }),
    final: { kind: "conv-norm", kernel: 1, stride: 1, width: features, activation: "silu" },
    head: (classes) => ({ kind: "head", classes }),
  };
}

function mobilevitModel(
  name: string,
  title: string,
  configuration: MobileVitConfiguration,
  published: Omit<Published, "source">,
): Model {
  const about = { name, title, resolution: 256, published: { ...published, source: TIMM } };
  return modelOf(about, mobilevitBackbone(configuration));
}

export const mobilevit: readonly Model[] = [
  mobilevitModel(
    "mobilevit_xxs",
    "MobileViT-XXS",
    { widths: [16, 24, 48, 64, 80], tokens: [64, 80, 96], expansion: 2, features: 320 },
    { name: "mobilevit_xxs.cvnets_in1k", millionParameters: 1.27, gigaMacs: 0.42, top1: 68.936 },
  ),
  mobilevitModel(
    "mobilevit_xs",
    "MobileViT-XS",
    { widths: [32, 48, 64, 80, 96], tokens: [96, 120, 144], expansion: 4, features: 384 },
    { name: "mobilevit_xs.cvnets_in1k", millionParameters: 2.32, gigaMacs: 1.05, top1: 74.618 },
  ),
  mobilevitModel(
    "mobilevit_s",
    "MobileViT-S",
    { widths: [32, 64, 96, 128, 160], tokens: [144, 192, 240], expansion: 4, features: 640 },
    { name: "mobilevit_s.cvnets_in1k", millionParameters: 5.58, gigaMacs: 2.03, top1: 78.298 },
  ),
];
