/**
 * @file Flags that say what networks are for: the images, the classes, the stem. Commands that draw networks make them for it; those
 * that are given a network make it over.
 */

import {
  DEFAULT_SPACE,
  EsnasError,
  type HybridOptions,
  hybridTaskOptions,
  type ImageShape,
  type ImageSize,
  InfeasibleError,
  InputError,
  imageShapeOf,
  imageShapeText,
  type PresetName,
  presetTask,
  type Space,
  type SpaceTask,
} from "@esnas/core/internal";
import { type Command, Option } from "commander";
import { imageSize, whole } from "./options.js";

export interface TaskFlags {
  readonly input?: ImageShape;
  readonly resolution?: ImageSize;
  readonly classes?: number;
  readonly stem?: number | "auto";
}

/** The flags of a task, as messages name them. */
const NAMES = "--input, --resolution, --classes and --stem";

/** What each of the flags is where it is not given. */
export interface TaskDefaults {
  readonly input: string;
  readonly classes: string;
  readonly stem: string;
}

const OF_SPACE: TaskDefaults = {
  input: "3x256x256",
  classes: "1000",
  stem: "auto: the largest of 4, 2 and 1 that leaves no feature map smaller than 4x4",
};

/** For commands that are given a network. */
export const OF_NETWORK: TaskDefaults = { input: "its own", classes: "its own", stem: "its own" };

const LARGEST_STEM = 16;

/** `--input`, `--resolution`, `--classes` and `--stem`. */
export function withTaskOptions(command: Command, defaults: TaskDefaults = OF_SPACE): Command {
  return command
    .addOption(
      new Option(
        "--input <shape>",
        `images as channels x height x width, such as 1x96x96 (default: ${defaults.input})`,
      ).argParser(inputFlag),
    )
    .addOption(
      new Option("--resolution <size>", "short for --input of colour images: 96, or height x width, 96x128").argParser(
        imageSize("--resolution"),
      ),
    )
    .addOption(
      new Option("--classes <n>", `classes to tell apart (default: ${defaults.classes})`).argParser(
        whole("--classes", 1, 1_000_000),
      ),
    )
    .addOption(
      new Option("--stem <n>", `kernel and stride of the stem, or auto (default: ${defaults.stem})`).argParser(
        stemFlag,
      ),
    );
}

function inputFlag(text: string): ImageShape {
  try {
    return imageShapeOf(text);
  } catch (error) {
    if (!(error instanceof EsnasError)) throw error;
    throw new InputError(`--input: ${error.message}`);
  }
}

function stemFlag(text: string): number | "auto" {
  if (text.trim() === "auto") return "auto";
  try {
    return whole("--stem", 1, LARGEST_STEM)(text);
  } catch {
    throw new InputError(`--stem takes auto, or a whole number from 1 to ${LARGEST_STEM}, was given "${text}"`);
  }
}

/**
 * The task that flags give.
 * @param channels Of the images, where `--resolution` gives their size.
 * @throws {InputError} where they contradict each other.
 */
export function taskIn({ input, resolution, classes, stem }: TaskFlags, channels = 3): SpaceTask {
  if (input !== undefined && resolution !== undefined) {
    throw new InputError(
      `--resolution is short for --input of colour images: give one of them, not --input ${imageShapeText(input)} and --resolution ${imageShapeText(resolution)}`,
    );
  }
  const shape = input ?? (resolution && ([channels, ...resolution] as const));
  return {
    ...(shape !== undefined && { input: shape }),
    ...(classes !== undefined && { classes }),
    ...(stem !== undefined && { stem }),
  };
}

/** @throws {InputError} where flags of a task are given. */
export function refuseTask(flags: TaskFlags, why: string): void {
  if (isTaskGiven(flags)) throw new InputError(`${NAMES} ${why}`);
}

export function isTaskGiven(flags: TaskFlags): boolean {
  return Object.keys(taskIn(flags)).length > 0;
}

/**
 * The options of a space that flags give. The stem is chosen in the hybrid space alone; other spaces are told what was given.
 * @param base Options of the file of a space: they hold where no flag says otherwise, and before the task of a preset.
 */
export function spaceOptionsOf(
  space: string,
  flags: TaskFlags & { readonly preset?: PresetName },
  base: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { input } = base as Partial<HybridOptions>;
  const task = taskIn(flags, input?.[0]);
  const options = { ...presetTask(space, flags.preset), ...base };
  if (space === DEFAULT_SPACE) return hybridTaskOptions(task, options as Partial<HybridOptions>);
  if (task.stem === "auto") throw new InputError(`--stem auto is of the space "${DEFAULT_SPACE}": give a number`);
  return { ...options, ...task };
}

/** The flag that gives a task less of something. */
const ADVICE = { classes: "--classes", images: "a smaller --resolution" } as const;

/**
 * Names the flag that would help where no model of the space keeps a budget.
 * @throws {InfeasibleError} where the action does.
 */
export function withAdvice<T>(space: Space, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof InfeasibleError) || error.remedy === undefined || space.name !== DEFAULT_SPACE) throw error;
    throw new InfeasibleError(`${error.message}; try ${ADVICE[error.remedy]}`);
  }
}
