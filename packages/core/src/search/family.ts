/**
 * @file The searches that the ESFormer family is of: a preset's budget, at 256 x 256 and 1000 classes, with all else as it is by
 * default. What another search finds is called otherwise, also where it keeps the same budget.
 */

import { type FamilyName, familyBudgets } from "../budget/constraints.js";
import { sortedJson } from "../latency/profile.js";
import { hybridDefaults } from "../spaces/hybrid.js";
import { DEFAULT_EVALUATIONS, defaultAlgorithmOptions } from "./algorithms/registry.js";
import { type PresetName, presetNames, presets } from "./presets.js";
import { DEFAULT_SPACE, type Settings } from "./settings.js";

export const DEFAULT_TOPOLOGY_METRIC = "entropic-score";
export const DEFAULT_SIZE_METRIC = "logsynflow";

/** The task of the family, which is that of ImageNet-1k. */
export const FAMILY_INPUT = [3, 256, 256] as const;
export const FAMILY_CLASSES = 1000;

/** Settings of the search of a preset; the family's own models are those of seed 0. */
export function familySettings(preset: FamilyName, seed = 0): Settings {
  return {
    space: DEFAULT_SPACE,
    spaceOptions: {},
    preset,
    constraints: familyBudgets[preset],
    algorithm: "cyclic",
    topologyMetric: DEFAULT_TOPOLOGY_METRIC,
    sizeMetric: DEFAULT_SIZE_METRIC,
    ...defaultAlgorithmOptions,
    maxEvaluations: DEFAULT_EVALUATIONS,
    seed,
  };
}

/** The preset whose bounds settings have, and no others. */
export function presetOf({ constraints }: Pick<Settings, "constraints">): PresetName | undefined {
  return presetNames.find((name) => sortedJson(constraints) === sortedJson(presets[name].constraints));
}

/** The preset whose own search settings ask for, with any seed. */
export function familyMemberOf(settings: Settings): FamilyName | undefined {
  const bounds = presetOf(settings);
  const preset = (Object.keys(familyBudgets) as FamilyName[]).find((name) => name === bounds);
  if (preset === undefined) return undefined;
  const own = familySettings(preset, settings.seed);
  // Which preset was named, and where its bounds were written out, does not matter; nor does a default that is given.
  const given = { ...settings, preset, spaceOptions: unusualOptions(settings) };
  return sortedJson(given) === sortedJson(own) ? preset : undefined;
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
