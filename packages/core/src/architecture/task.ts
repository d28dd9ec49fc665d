/** @file What a network is for: the images that it takes and the classes that it tells apart, with the stem that suits them. */

import { InputError } from "../base/errors.js";
import { smallest } from "../base/extremes.js";
import { grouped } from "../base/numbers.js";
import type { Architecture } from "./architecture.js";

/** Channels, height and width of an image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export interface NetworkTask {
  readonly input: ImageShape;
  /** Absent: the network has no classifier. */
  readonly classes?: number;
  /** Kernel and stride of the patches that the network begins with; absent: it begins otherwise. */
  readonly stem?: number;
  /** Height and width of its smallest feature map; absent: it has none. */
  readonly smallestMap?: readonly [height: number, width: number];
}

/** Pixels a side, and channels, that an image may have. */
export const LARGEST_IMAGE = 4096;
const MOST_CHANNELS = 64;

/**
 * Reads an image's shape.
 * @param text - Channels x height x width: `1x96x96`.
 * @throws {@link InputError} where the text is none.
 */
export function imageShapeOf(text: string): ImageShape {
  const [channels = 0, height = 0, width = 0, ...others] = text.trim().split("x").map(numberIn);
  const sides = [height, width];
  if (
    others.length === 0 &&
    channels >= 1 &&
    channels <= MOST_CHANNELS &&
    sides.every((side) => side >= 1 && side <= LARGEST_IMAGE)
  ) {
    return [channels, height, width];
  }
  throw new InputError(
    `"${text.slice(0, 60)}" is no image: write channels x height x width, such as 1x96x96 (at most ${MOST_CHANNELS} channels and ${LARGEST_IMAGE} pixels a side)`,
  );
}

function numberIn(text: string): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
}

/** `1x96x96` */
export function imageShapeText(shape: readonly number[]): string {
  return shape.join("x");
}

/** The task of a network, read from its blocks. */
export function taskOfNetwork(architecture: Architecture): NetworkTask {
  const { blocks } = architecture;
  const [, channels = 1, height = 1, width = 1] = architecture.input;
  const [first] = blocks;
  const head = blocks.findLast(({ spec }) => "classes" in spec)?.spec;
  const smallestMap = smallestMapOf(architecture);
  return {
    input: [channels, height, width],
    ...(head !== undefined && "classes" in head && { classes: head.classes }),
    ...(first?.spec.kind === "downsample" && { stem: first.spec.stride }),
    ...(smallestMap && { smallestMap }),
  };
}

/** Height and width of the smallest feature map that a block gives. */
export function smallestMapOf({ blocks }: Architecture): readonly [height: number, width: number] | undefined {
  let least: readonly [number, number] | undefined;
  for (const { output } of blocks) {
    const [, , height, width] = output;
    if (output.length !== 4 || height === undefined || width === undefined) continue;
    if (least === undefined || Math.min(height, width) < smallest(least)) least = [height, width];
  }
  return least;
}

/** `images of 3 x 256 x 256, 1,000 classes; stem 4 x 4, smallest map 8 x 8` */
export function taskInWords({ input, classes, stem, smallestMap }: NetworkTask): string {
  const chosen = [
    ...(stem === undefined ? [] : [`stem ${stem} x ${stem}`]),
    ...(smallestMap === undefined ? [] : [`smallest map ${smallestMap.join(" x ")}`]),
  ];
  return [
    [`images of ${input.join(" x ")}`, ...(classes === undefined ? [] : [classesInWords(classes)])].join(", "),
    ...(chosen.length === 0 ? [] : [chosen.join(", ")]),
  ].join("; ");
}

/** `1 class`, `1,000 classes` */
export function classesInWords(classes: number): string {
  return classes === 1 ? "1 class" : `${grouped(classes)} classes`;
}
