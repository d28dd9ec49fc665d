/**
 * @file Networks designed by people, at the budget of the hybrids that are trained: each family by one factor on all widths, the largest
 * that keeps 250,000 parameters and 5 million multiply-accumulates on 64 x 64 colour images of ten classes.
 *
 * MobileNetV2 and ShuffleNetV2 have a width multiplier in their papers; both keep the last convolution (1280, 1024 channels) as it is.
 * EdgeNeXt, MobileViT and ConvNeXt are published in a few sizes: the factor is on the widths of a published one, and two depths of the
 * former and the latter are taken, which are those of their two smallest sizes. A factor rounds as widths of the family do.
 *
 * Each comes in two forms: with its own stem, made for images of 224 pixels and more, and with a stem of half the stride, as others
 * train these families on small images.
 */

import {
  type Architecture,
  architectureCosts,
  type Backbone,
  convnextBackbone,
  edgenextBackbone,
  isWithin,
  mobilenetv2Backbone,
  mobilevitBackbone,
  modelOf,
  shufflenetv2Backbone,
} from "@esnas/core/internal";
import { RESOLUTION, task, upper } from "./networks.js";

export interface Rival {
  /** `rival-mobilenetv2-stem2` */
  readonly name: string;
  readonly family: string;
  /** Factor on the widths of the base. */
  readonly width: number;
  /** What the factor is on. */
  readonly base: string;
  readonly stemStride: number;
  readonly architecture: Architecture;
}

interface Family {
  readonly name: string;
  readonly title: string;
  readonly base: string;
  /** Of the published stem. */
  readonly stemStride: number;
  backbone(width: number, stemStride: number): Backbone;
}

/** Widths by a factor, to the nearest multiple of what the family's are multiples of. */
function channels(by: number, multiple: number): (width: number) => number {
  return (width) => Math.max(multiple, Math.round((width * by) / multiple) * multiple);
}

const edgenextSizes = {
  XXS: { depths: [2, 2, 6, 2], widths: [24, 48, 88, 168] },
  XS: { depths: [3, 3, 9, 3], widths: [32, 64, 100, 192] },
} as const;

const convnextSizes = {
  Atto: { depths: [2, 2, 6, 2], width: 40 },
  Tiny: { depths: [3, 3, 9, 3], width: 96 },
} as const;

const families: readonly Family[] = [
  {
    name: "mobilenetv2",
    title: "MobileNetV2",
    base: "1.0",
    stemStride: 2,
    backbone: (width, stemStride) => mobilenetv2Backbone({ width, stemStride }),
  },
  {
    name: "shufflenetv2",
    title: "ShuffleNetV2",
    base: "0.5",
    stemStride: 2,
    backbone: (width, stemStride) => {
      const by = channels(width, 2);
      return shufflenetv2Backbone({ widths: [by(48), by(96), by(192)], stemStride });
    },
  },
  {
    name: "mobilevit",
    title: "MobileViT",
    base: "XXS",
    stemStride: 2,
    backbone: (width, stemStride) => {
      const by = channels(width, 8);
      return mobilevitBackbone({
        widths: [by(16), by(24), by(48), by(64), by(80)],
        tokens: [by(64), by(80), by(96)],
        expansion: 2,
        // Four times the last width, as in the published ones.
        features: 4 * by(80),
        stemStride,
      });
    },
  },
  ...Object.entries(edgenextSizes).map(
    ([size, { depths, widths }]): Family => ({
      name: `edgenext-${size.toLowerCase()}`,
      title: "EdgeNeXt",
      base: size,
      stemStride: 4,
      backbone: (width, stemStride) => {
        const by = channels(width, 4);
        const [first, second, third, fourth] = widths;
        return edgenextBackbone({
          depths,
          widths: [by(first), by(second), by(third), by(fourth)],
          heads: 4,
          stemStride,
        });
      },
    }),
  ),
  ...Object.entries(convnextSizes).map(
    ([size, { depths, width: own }]): Family => ({
      name: `convnext-${size.toLowerCase()}`,
      title: "ConvNeXt",
      base: size,
      stemStride: 4,
      backbone: (width, stemStride) => convnextBackbone({ depths, width: channels(width, 1)(own), stemStride }),
    }),
  ),
];

/** Factors that are tried, in hundredths. */
const MOST_HUNDREDTHS = 200;

/** All rivals, each family with its own stem and with one of half the stride, where some width keeps the budget. */
export function rivals(): Rival[] {
  return families.flatMap((family) =>
    [family.stemStride, family.stemStride / 2].flatMap((stemStride) => largestOf(family, stemStride) ?? []),
  );
}

function largestOf(family: Family, stemStride: number): Rival | undefined {
  const name = `rival-${family.name}-stem${stemStride}`;
  for (let hundredths = MOST_HUNDREDTHS; hundredths > 0; hundredths--) {
    const width = hundredths / 100;
    const about = { name, title: family.title, resolution: RESOLUTION };
    const architecture = modelOf(about, family.backbone(width, stemStride)).build({ classes: task.classes });
    if (!isWithin(architectureCosts(architecture), upper)) continue;
    return { name, family: family.title, base: family.base, width, stemStride, architecture };
  }
  return undefined;
}
