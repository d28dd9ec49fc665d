/**
 * @file The searches that the ESFormer family is of: a preset's budget, at 256 x 256 and 1000 classes, with all else as it is by
 * default. What another search finds is called otherwise, also where it keeps the same budget.
 */

import { type FamilyName, familyBudgets } from "../budget/constraints.js";
import { sortedJson } from "../latency/profile.js";
import { hybridDefaults } from "../spaces/hybrid.js";
import { DEFAULT_EVALUATIONS, defaultAlgorithmOptions } from "./algorithms/registry.js";
import { type PresetName, presetNames, presets } from "./presets.js";
import { DEFAULT_RECIPE, metricsOfRecipe, type RecipeName, recipeNames } from "./recipes.js";
import { DEFAULT_SPACE, type Settings } from "./settings.js";

/** The task of the family, which is that of ImageNet-1k. */
export const FAMILY_INPUT = [3, 256, 256] as const;
export const FAMILY_CLASSES = 1000;

/** Settings of the search of a preset, for a long training; the family's own models are those of seed 0. */
export function familySettings(preset: FamilyName, seed = 0, recipe: RecipeName = DEFAULT_RECIPE): Settings {
  return {
    space: DEFAULT_SPACE,
    spaceOptions: {},
    preset,
    constraints: familyBudgets[preset],
    algorithm: "cyclic",
    ...metricsOfRecipe(recipe),
    ...defaultAlgorithmOptions,
    maxEvaluations: DEFAULT_EVALUATIONS,
    seed,
  };
}

/** The preset whose bounds settings have, and no others. */
export function presetOf({ constraints }: Pick<Settings, "constraints">): PresetName | undefined {
  return presetNames.find((name) => sortedJson(constraints) === sortedJson(presets[name].constraints));
}

/** A model of the family: the preset whose budget it keeps, and the recipe that it was found by. */
export interface FamilyMember {
  readonly preset: FamilyName;
  readonly recipe: RecipeName;
}

/** `ESFormer-S0`; `ESFormer-S0 (paper)` */
export function familyTitle({ preset, recipe }: FamilyMember): string {
  return `ESFormer-${preset.toUpperCase()}${recipe === DEFAULT_RECIPE ? "" : ` (${recipe})`}`;
}

/** The preset and the recipe whose own search settings ask for, with any seed. */
export function familyMemberOf(settings: Settings): FamilyMember | undefined {
  const bounds = presetOf(settings);
  const preset = (Object.keys(familyBudgets) as FamilyName[]).find((name) => name === bounds);
  if (preset === undefined) return undefined;
  // Which preset was named, and where its bounds were written out, does not matter; nor does a default that is given.
  const given = { ...settings, preset, spaceOptions: unusualOptions(settings) };
  const recipe = recipeNames.find(
    (name) => sortedJson(given) === sortedJson(familySettings(preset, settings.seed, name)),
  );
  return recipe && { preset, recipe };
}

/** Options of the space that are not those of the family's task. */
function unusualOptions({ spaceOptions: { input, classes, stem, ...others } }: Settings): Settings["spaceOptions"] {
  const isUsual = input === undefined || JSON.stringify(input) === JSON.stringify(FAMILY_INPUT);
  return {
    ...others,
    ...(!isUsual && { input }),
    ...(classes !== undefined && classes !== FAMILY_CLASSES && { classes }),
    ...(stem !== undefined && stem !== hybridDefaults.stem && { stem }),
  };
}
