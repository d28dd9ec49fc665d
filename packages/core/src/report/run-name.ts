/** @file What the folder of a run is called where nobody names it: by what was asked for, in characters that every file system takes. */

import { imageShapeText } from "../architecture/task.js";
import { roundNumber } from "../base/numbers.js";
import type { BoundedCost } from "../budget/constraints.js";
import { unitOf } from "../budget/units.js";
import { FAMILY_CLASSES, FAMILY_INPUT } from "../search/family.js";
import { type PresetName, presets, presetTask } from "../search/presets.js";
import { DEFAULT_RECIPE, DEFAULT_TRAINING, recipeOf } from "../search/recipes.js";
import { DEFAULT_SPACE, type Settings } from "../search/settings.js";
import type { HybridOptions } from "../spaces/hybrid.js";
import { unusualStem } from "../spaces/task.js";
import { boundWords } from "./search-command.js";

/** What a name is made of. */
type NamedBy = Pick<
  Settings,
  "preset" | "space" | "spaceOptions" | "constraints" | "front" | "spaceFile" | "topologyMetric" | "sizeMetric"
>;

/**
 * The name of a run but for its seed: `s0`, `s0-96px-2c`, `s0-paper`, `mcu`, `params-800k-macs-150M-128px`, `nats-topology`; what a preset asks
 * for by itself is not repeated.
 */
export function runName(settings: NamedBy): string {
  const { preset, space, front, spaceFile } = settings;
  const named = spaceFile === undefined ? (space === DEFAULT_SPACE ? undefined : space) : fileName(spaceFile);
  const bounds = boundWordsOf(settings);
  const parts = [
    ...(preset === null ? [] : [preset]),
    ...(named === undefined ? [] : [named]),
    ...(preset === null && named === undefined && bounds.length === 0 ? ["custom"] : []),
    ...bounds,
    ...(front === undefined ? [] : [`front-${front.cost}`]),
    ...(space === DEFAULT_SPACE ? taskWords(settings) : []),
    ...recipeWords(settings),
  ];
  return parts.map((part) => part.replaceAll(/[^A-Za-z0-9.]+/g, "-")).join("-");
}

/** `paper`, `short`; nothing where metrics are the usual ones, or the user's own. */
function recipeWords(settings: NamedBy): string[] {
  const { recipe = DEFAULT_RECIPE, training = DEFAULT_TRAINING } = recipeOf(settings) ?? {};
  return [...(recipe === DEFAULT_RECIPE ? [] : [recipe]), ...(training === DEFAULT_TRAINING ? [] : [training])];
}

/** `my-space` of `spaces/my-space.yaml` */
function fileName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/(?<=.)\.[^.]*$/, "");
}

/** `macs-150M`, `min-params-1M`: the bounds beyond those of the preset; the cost of a front is named by the front. */
function boundWordsOf({ preset, constraints, front }: NamedBy): string[] {
  const own: Readonly<Record<string, { min?: number; max?: number } | undefined>> =
    preset === null ? {} : presets[preset as PresetName].constraints;
  return (Object.entries(boundWords) as [string, BoundedCost][])
    .filter(([, cost]) => cost !== front?.cost)
    .flatMap(([word, cost]) =>
      (["max", "min"] as const).flatMap((end) => {
        const value = constraints[cost]?.[end];
        if (value === undefined || value === own[cost]?.[end]) return [];
        return [`${end === "min" ? "min-" : ""}${word}-${amount(cost, value)}`];
      }),
    );
}

function amount(cost: BoundedCost, value: number): string {
  return `${roundNumber(value).replace(" ", "")}${unitOf(cost)}`;
}

/** `96px`, `96x128px`, `1x96x96px`; `2c`; `stem4` where it is not the one that would be chosen. */
function taskWords({ space, preset, spaceOptions, spaceFile }: NamedBy): string[] {
  const { input: usual = FAMILY_INPUT, classes: few = FAMILY_CLASSES } = presetTask(space, preset as PresetName | null);
  const { input = FAMILY_INPUT, classes = FAMILY_CLASSES, stem } = spaceOptions as Partial<HybridOptions>;
  const isUnusual = stem !== undefined && spaceFile === undefined && unusualStem(spaceOptions) !== undefined;
  return [
    ...(String(input) === String(usual) ? [] : [`${imageWords(input)}px`]),
    ...(classes === few ? [] : [`${classes}c`]),
    ...(isUnusual ? [`stem${stem}`] : []),
  ];
}

function imageWords([channels, height, width]: readonly [number, number, number]): string {
  if (channels !== FAMILY_INPUT[0]) return imageShapeText([channels, height, width]);
  return height === width ? String(height) : imageShapeText([height, width]);
}
