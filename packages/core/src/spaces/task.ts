/**
 * @file The task that networks are drawn for, as options of a space: images, classes, and the stem. Small images get smaller strides
 * in the stem, so that no feature map of a network is smaller than 4 x 4. Options hold a stem only where it is not the space's own:
 * what was searched before stems were chosen keeps its options, and what they meant.
 */

import type { Architecture } from "../architecture/architecture.js";
import { resized, takingImages } from "../architecture/input-size.js";
import {
  type ImageShape,
  LARGEST_IMAGE,
  type NetworkTask,
  smallestMapOf,
  taskOfNetwork,
} from "../architecture/task.js";
import { GraphError, InputError } from "../base/errors.js";
import { smallest } from "../base/extremes.js";
import { seededRandom } from "../base/random-numbers.js";
import { type HybridOptions, hybridDefaults, hybridSpace } from "./hybrid.js";
import type { Genotype, Space } from "./space.js";
import { sample } from "./variation.js";

/** Where something is absent, it is that of the space. */
export interface SpaceTask {
  readonly input?: ImageShape;
  readonly classes?: number;
  /** Kernel and stride of the stem; `auto`, which is the default: as the images want it. */
  readonly stem?: number | "auto";
}

/** Sides of the smallest feature map that `auto` allows. */
export const LEAST_MAP = 4;

/** What `auto` chooses from: ESFormer's stem, and those that leave maps twice and four times as large. */
const STEMS = [4, 2, 1] as const;

/**
 * The options of the hybrid space for a task.
 * @param base - Options that hold where the task says nothing. Their own stem holds unless the task has one.
 * @throws {@link InputError} where options do not fit, or the images are too small for any stem that `auto` may choose.
 */
export function hybridTaskOptions(
  { input, classes, stem }: SpaceTask,
  base: Partial<HybridOptions> = {},
): Partial<HybridOptions> {
  const { stem: own, ...others } = base;
  const options: Partial<HybridOptions> = {
    ...others,
    ...(input !== undefined && { input: [...input] }),
    ...(classes !== undefined && { classes }),
  };
  const wanted = stem ?? own ?? "auto";
  const chosen = wanted === "auto" ? autoStem(options) : wanted;
  return { ...options, ...(chosen !== hybridDefaults.stem && { stem: chosen }) };
}

/**
 * The largest of the stems 4, 2 and 1 with which no feature map is smaller than 4 x 4.
 * @throws {@link InputError} where there is none, saying how large images have to be.
 */
export function autoStem(options: Partial<HybridOptions> = {}): number {
  const stem = firstStem(options);
  if (stem !== undefined) return stem;
  const [, height, width] = options.input ?? hybridDefaults.input;
  const pixels = `images of ${height} x ${width} pixels`;
  throw new InputError(
    `${pixels} are too small: with any stem, the last feature map would be smaller than ${LEAST_MAP} x ${LEAST_MAP}; pad them to ${leastPixels(options, height)} x ${leastPixels(options, width)}, or choose the stem yourself`,
  );
}

function firstStem(options: Partial<HybridOptions>): number | undefined {
  return STEMS.find((candidate) => leastSide(options, candidate) >= LEAST_MAP);
}

/** The stem of options, where `auto` would choose another one. */
export function unusualStem(options: Partial<HybridOptions>): number | undefined {
  const { stem = hybridDefaults.stem } = options;
  return stem === firstStem(options) ? undefined : stem;
}

/** The smaller side of the smallest feature map; 0 where the network cannot take such images. */
function leastSide(options: Partial<HybridOptions>, stem: number): number {
  const space = hybridSpace({ ...options, stem });
  try {
    return smallest(smallestMapOf(space.build(space.genes.map(({ values: [value = 0] }) => value))) ?? [0]);
  } catch (error) {
    if (error instanceof GraphError) return 0;
    throw error;
  }
}

/** Pixels a side from which the smallest stem leaves maps that are large enough, but not fewer than there are. */
function leastPixels(options: Partial<HybridOptions>, side: number): number {
  const [channels] = options.input ?? hybridDefaults.input;
  let pixels = side;
  while (pixels < LARGEST_IMAGE && leastSide({ ...options, input: [channels, pixels, pixels] }, 1) < LEAST_MAP)
    pixels++;
  return pixels;
}

/** A network, with the genotype that it is of where there is one. */
export interface TaskedNetwork {
  readonly architecture: Architecture;
  readonly genotype?: { readonly space: Space; readonly genotype: Genotype };
}

/**
 * The same network for another task. What the task does not name stays as it is, the stem too.
 * @throws {@link InputError} where the network cannot take such images, or has no stem to choose.
 */
export function forTask({ architecture, genotype: own }: TaskedNetwork, task: SpaceTask): TaskedNetwork {
  const { input, classes, stem } = task;
  if (own?.space.name === "hybrid") {
    const { options } = own.space as { options: Partial<HybridOptions> };
    const kept = { ...options, stem: options.stem ?? hybridDefaults.stem };
    const space = hybridSpace(hybridTaskOptions(task, kept));
    const shape = [1, ...(input ?? architecture.input.slice(1))];
    return {
      architecture: takingImages(space.name, shape, () => space.build(own.genotype)),
      genotype: { space, genotype: own.genotype },
    };
  }
  if (stem !== undefined) throw new InputError(`"${architecture.name}" has a stem of its own: leave the stem out`);
  const made = resized(architecture, {
    ...(input && { channels: input[0], resolution: [input[1], input[2]] }),
    ...(classes !== undefined && { classes }),
  });
  return { ...(own && { genotype: own }), architecture: made };
}

/** The task of a space's networks, which all have the same. */
export function taskOfSpace(space: Space): NetworkTask {
  return taskOfNetwork(space.build(sample(space, seededRandom(0))));
}
