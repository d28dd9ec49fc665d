/**
 * @file What a model is: a network designed by others, or found by our search, with what was published of it. A family of models is
 * one file; `registry.ts` has them all.
 */

import { type Architecture, chain } from "../architecture/architecture.js";
import { checkArgument, isObject } from "../base/argument.js";
import type { BlockSpec } from "../blocks/registry.js";
import type { Shape } from "../graph/graph.js";

/** The task of a published network, where it is not its own. */
export interface ModelOptions {
  /** Height and width of images, in pixels; that of the publication where it is absent. */
  readonly resolution?: number;
  /** 1000 where it is absent. */
  readonly classes?: number;
}

/** What others say of a model, at its resolution and 1000 classes. */
export interface Published {
  /** The model and its weights by the name in the source. */
  readonly name: string;
  /** In millions, to two decimals. */
  readonly millionParameters: number;
  /**
   * Thousands of millions. timm's are to two decimals, and its counter adds 2 for each element of a batch normalisation, 5 of a
   * layer normalisation, 1 of what is averaged; torchvision's, to three, are multiply-accumulates alone.
   */
  readonly gigaMacs: number;
  /** Accuracy on ImageNet-1k's validation images, in %. */
  readonly top1?: number;
  /** Where the figures are from. */
  readonly source: string;
}

/** A published network that can be built for any image and number of classes. */
export interface Model {
  /** `edgenext_s` */
  readonly name: string;
  /** `EdgeNeXt-S` */
  readonly title: string;
  /** Height and width of its images, in pixels. */
  readonly resolution: number;
  /** By people, or by our search. */
  readonly designedBy: "hand" | "search";
  /** What others say of it; absent for our own. */
  readonly published?: Published;
  /**
   * The network, for its own images and 1000 classes or for others.
   * @throws {@link GraphError} where the model cannot take images of that resolution.
   */
  build(options?: ModelOptions): Architecture;
}

/** A network before its image and its classes are given. */
export interface Backbone {
  readonly stem: readonly BlockSpec[];
  readonly stages: readonly Stage[];
  /** Between the stages and the head. */
  readonly final?: BlockSpec;
  head(classes: number): BlockSpec;
}

export interface Stage {
  readonly downsample?: BlockSpec;
  readonly blocks: readonly BlockSpec[];
}

/** PyTorch's models have a pooling behind their stem; what comes after it is numbered. */
function stemName(block: number): string {
  return ["stem", "stem_pool"][block] ?? `stem_${block}`;
}

/** A model of its backbone. Blocks are named `stem`, `stages.0.downsample`, `stages.0.blocks.0`, `final`, `head`. */
export function modelOf(
  { name, title, resolution: own, published }: Omit<Model, "build" | "designedBy">,
  { stem, stages, final, head }: Backbone,
): Model {
  return {
    name,
    title,
    resolution: own,
    designedBy: "hand",
    ...(published && { published }),
    build(options = {}) {
      checkArgument(isObject(options), `build of ${name}: "options"`, options, "{ resolution, classes }");
      const { resolution = own, classes = 1000 } = options;
      const input: Shape = [1, 3, resolution, resolution];
      return chain(name, input, [
        ...stem.map((spec, i) => ({ name: stemName(i), spec })),
        ...stages.flatMap(({ downsample, blocks }, i) => [
          ...(downsample ? [{ name: `stages.${i}.downsample`, spec: downsample }] : []),
          ...blocks.map((spec, j) => ({ name: `stages.${i}.blocks.${j}`, spec })),
        ]),
        ...(final ? [{ name: "final", spec: final }] : []),
        { name: "head", spec: head(classes) },
      ]);
    },
  };
}

/** The table that most published figures are from. */
export const TIMM = "timm, results-imagenet.csv and benchmark-infer (Apache-2.0)";
