/** @file What the form of a search holds, and the settings that come of it: those of `esnas search` with the same flags. */

import {
  checksumOf,
  DEFAULT_EVALUATIONS,
  DEFAULT_SPACE,
  defaultAlgorithmOptions,
  InputError,
  type LatencyProfile,
  type PresetName,
  presets,
  type Settings,
  settingsSchema,
} from "@esnas/core";

export interface Budget {
  /** Undefined where the bounds are the user's own. */
  readonly preset: PresetName | undefined;
  readonly parameters: number;
  readonly macs: number;
  /** Milliseconds; undefined where latency is free. */
  readonly latency: number | undefined;
  readonly profile: LatencyProfile | undefined;
  readonly seed: number;
  readonly evaluations: number;
  readonly resolution: number;
  readonly classes: number;
}

/** Ends of the sliders: about what the space reaches. */
export const ranges = {
  parameters: { min: 0.2e6, max: 12e6 },
  macs: { min: 0.03e9, max: 3e9 },
} as const;

export function budgetOf(preset: PresetName, others: Partial<Budget> = {}): Budget {
  return {
    latency: undefined,
    profile: undefined,
    seed: 0,
    evaluations: DEFAULT_EVALUATIONS,
    resolution: 256,
    classes: 1000,
    ...others,
    preset,
    parameters: presets[preset].parameters.max,
    macs: presets[preset].macs.max,
  };
}

/** With other bounds; a preset's own bounds are the preset again. */
export function withBounds(budget: Budget, bounds: Partial<Pick<Budget, "parameters" | "macs">>): Budget {
  const changed = { ...budget, ...bounds };
  const preset = (Object.keys(presets) as PresetName[]).find(
    (name) => presets[name].parameters.max === changed.parameters && presets[name].macs.max === changed.macs,
  );
  return { ...changed, preset };
}

/** @throws {InputError} where a number is out of range. */
export function settingsOf(budget: Budget): Settings {
  const { preset, parameters, macs, latency, profile, seed, evaluations, resolution, classes } = budget;
  whole("seed", seed, 0, 2 ** 31 - 1);
  whole("number of candidates", evaluations, 1, 1e6);
  whole("resolution", resolution, 32, 4096);
  whole("number of classes", classes, 1, 1_000_000);
  return settingsSchema.parse({
    space: DEFAULT_SPACE,
    spaceOptions: {
      ...(resolution !== 256 && { input: [3, resolution, resolution] }),
      ...(classes !== 1000 && { classes }),
    },
    preset: preset ?? null,
    constraints: {
      parameters: { max: parameters },
      macs: { max: macs },
      ...(latency !== undefined && { latency: { max: latency } }),
    },
    algorithm: "cyclic",
    topologyMetric: "entropic-score",
    sizeMetric: "logsynflow",
    ...defaultAlgorithmOptions,
    maxEvaluations: evaluations,
    seed,
    ...(latency !== undefined &&
      profile !== undefined && { latencyProfile: { path: "profile.json", checksum: checksumOf(profile), profile } }),
  });
}

function whole(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new InputError(`The ${what} has to be a whole number from ${least} to ${most.toLocaleString("en-US")}.`);
}
