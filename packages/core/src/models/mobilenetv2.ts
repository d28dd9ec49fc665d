/**
 * @file MobileNetV2 (Sandler et al. 2018, *MobileNetV2: Inverted Residuals and Linear Bottlenecks*, arXiv 1801.04381, table 2).
 * Figures: timm (Apache-2.0), weights of its own recipes, at 224 x 224; of 1.0 the paper has 3.4 M, 300 M and 72.0 %.
 */

import type { BlockSpec } from "../blocks/registry.js";
import { type Backbone, type Model, modelOf, type Published, type Stage, TIMM } from "./model.js";

/** Expansion, width, depth and the stride of the first block: a row of the paper's table. */
type Row = readonly [expansion: number, width: number, depth: number, stride: number];

const rows: readonly Row[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

const STEM = 32;
const FEATURES = 1280;

/** The nearest multiple of 8, or the next one where that is less than nine tenths. */
function channels(width: number): number {
  const nearest = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return nearest < 0.9 * width ? nearest + 8 : nearest;
}

function stageOf([expansion, width, depth, stride]: Row): Stage {
  const block = (strideHere: number): BlockSpec => ({
    kind: "inverted-residual",
    kernel: 3,
    stride: strideHere,
    expansion,
    width,
    activation: "relu6",
  });
  return { blocks: Array.from({ length: depth }, (_, i) => block(i === 0 ? stride : 1)) };
}

interface Multipliers {
  readonly width: number;
  /** Where it is given, stem, head, and depths of the first and last stages are those of 1.0. */
  readonly depth?: number;
  /** Of the first convolution: 2, or 1 for small images. */
  readonly stemStride?: number;
}

/** The network by the paper's width multiplier, which leaves the last convolution at 1280 channels where it is less than 1. */
export function mobilenetv2Backbone({ width: by, depth: depthBy, stemStride = 2 }: Multipliers): Backbone {
  const scaled = rows.map(([expansion, width, depth, stride], i): Row => {
    const isEnd = i === 0 || i === rows.length - 1;
    return [expansion, channels(width * by), isEnd ? depth : Math.ceil(depth * (depthBy ?? 1)), stride];
  });
  const ends = (width: number) => (depthBy === undefined ? channels(width * by) : width);
  return {
    stem: [{ kind: "conv-norm", kernel: 3, stride: stemStride, width: ends(STEM), activation: "relu6" }],
    stages: scaled.map(stageOf),
    final: {
      kind: "conv-norm",
      kernel: 1,
      stride: 1,
      width: Math.max(FEATURES, ends(FEATURES)),
      activation: "relu6",
    },
    head: (classes) => ({ kind: "head", classes }),
  };
}

function mobilenetv2Model(
  name: string,
  title: string,
  multipliers: Multipliers,
  published: Omit<Published, "source">,
): Model {
  const about = { name, title, resolution: 224, published: { ...published, source: TIMM } };
  return modelOf(about, mobilenetv2Backbone(multipliers));
}

export const mobilenetv2: readonly Model[] = [
  mobilenetv2Model(
    "mobilenetv2_100",
    "MobileNetV2 1.0",
    { width: 1 },
    { name: "mobilenetv2_100.ra_in1k", millionParameters: 3.5, gigaMacs: 0.31, top1: 72.91 },
  ),
];

export const furtherMobilenetv2: readonly Model[] = [
  mobilenetv2Model(
    "mobilenetv2_050",
    "MobileNetV2 0.5",
    { width: 0.5 },
    { name: "mobilenetv2_050.lamb_in1k", millionParameters: 1.97, gigaMacs: 0.1, top1: 65.928 },
  ),
  mobilenetv2Model(
    "mobilenetv2_110d",
    "MobileNetV2 1.1, deeper",
    { width: 1.1, depth: 1.2 },
    { name: "mobilenetv2_110d.ra_in1k", millionParameters: 4.52, gigaMacs: 0.45, top1: 75.056 },
  ),
  mobilenetv2Model(
    "mobilenetv2_120d",
    "MobileNetV2 1.2, deeper",
    { width: 1.2, depth: 1.4 },
    { name: "mobilenetv2_120d.ra_in1k", millionParameters: 5.83, gigaMacs: 0.69, top1: 77.3 },
  ),
  mobilenetv2Model(
    "mobilenetv2_140",
    "MobileNetV2 1.4",
    { width: 1.4 },
    { name: "mobilenetv2_140.ra_in1k", millionParameters: 6.11, gigaMacs: 0.6, top1: 76.528 },
  ),
];
