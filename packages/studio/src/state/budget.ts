/** @file What the form of a search holds, and the settings that come of it: those of `esnas search` with the same flags. */

import {
  amountOfCost,
  type BoundedCost,
  checksumOf,
  DEFAULT_EVALUATIONS,
  FAMILY_CLASSES,
  FAMILY_INPUT,
  familySettings,
  InputError,
  type LatencyProfile,
  type PresetName,
  presetOf,
  presets,
  type Settings,
  settingsSchema,
  sortedJson,
} from "@esnas/core";

/** What a field for an amount holds: the number, or the text as it was typed, which may be none. */
export type TypedAmount = number | string;

/** @throws {InputError} where the text is no amount of the cost. */
export function amountIn(cost: BoundedCost, typed: TypedAmount): number {
  return typeof typed === "number" ? typed : amountOfCost(cost, typed);
}

/** @returns The amount, or why there is none. */
export function readAmount(
  cost: BoundedCost,
  typed: TypedAmount,
): { readonly amount: number } | { readonly problem: string } {
  try {
    return { amount: amountIn(cost, typed) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problem: error.message };
  }
}

export interface Budget {
  /** Undefined where the bounds are the user's own. */
  readonly preset: PresetName | undefined;
  readonly parameters: TypedAmount;
  readonly macs: TypedAmount;
  /** Milliseconds; undefined where latency is free. */
  readonly latency: TypedAmount | undefined;
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
    resolution: FAMILY_INPUT[1],
    classes: FAMILY_CLASSES,
    ...others,
    preset,
    parameters: presets[preset].parameters.max,
    macs: presets[preset].macs.max,
  };
}

/** With other bounds; a preset's own bounds are the preset again. */
export function withBounds(budget: Budget, bounds: Partial<Pick<Budget, "parameters" | "macs">>): Budget {
  const changed = { ...budget, ...bounds };
  const areRead = (["parameters", "macs"] as const).every((cost) => "amount" in readAmount(cost, changed[cost]));
  return { ...changed, preset: areRead ? presetOf({ constraints: boundsIn(changed) }) : undefined };
}

function boundsIn({ parameters, macs }: Pick<Budget, "parameters" | "macs">) {
  return { parameters: { max: amountIn("parameters", parameters) }, macs: { max: amountIn("macs", macs) } };
}

/** What the form holds of a search: all of it, where `isWhole`. */
export function budgetIn(
  settings: Settings,
  profile: LatencyProfile | undefined,
): { readonly budget: Budget; readonly isWhole: boolean } {
  const { constraints, spaceOptions, seed, maxEvaluations, latencyProfile } = settings;
  const { input, classes = FAMILY_CLASSES } = spaceOptions;
  const knowsLatency = profile !== undefined && latencyProfile?.checksum === checksumOf(profile);
  const budget = withBounds(
    budgetOf("s0", {
      seed,
      evaluations: maxEvaluations,
      latency: knowsLatency ? constraints.latency?.max : undefined,
      profile: knowsLatency ? profile : undefined,
      resolution: Array.isArray(input) ? Number(input[1]) : FAMILY_INPUT[1],
      classes: Number(classes),
    }),
    {
      parameters: constraints.parameters?.max ?? presets.s0.parameters.max,
      macs: constraints.macs?.max ?? presets.s0.macs.max,
    },
  );
  return { budget, isWhole: isSameSearch(settings, budget) };
}

function isSameSearch(settings: Settings, budget: Budget): boolean {
  try {
    return asked(settingsOf(budget)) === asked(settings);
  } catch {
    // What the form does not take.
    return false;
  }
}

/** What a history follows from: neither the name of a budget nor that of a file. */
function asked({ preset: _, latencyProfile, spaceOptions, ...others }: Settings): string {
  const { input = FAMILY_INPUT, classes = FAMILY_CLASSES, ...options } = spaceOptions;
  return sortedJson({ ...others, input, classes, options, profile: latencyProfile?.checksum });
}

/** @throws {InputError} where a number is out of range, or a text is none. */
export function settingsOf(budget: Budget): Settings {
  const { preset, latency, profile, seed, evaluations, resolution, classes } = budget;
  whole("seed", seed, 0, 2 ** 31 - 1);
  whole("number of candidates", evaluations, 1, 1e6);
  whole("resolution", resolution, 32, 4096);
  whole("number of classes", classes, 1, 1_000_000);
  return settingsSchema.parse({
    ...familySettings("s0", seed),
    spaceOptions: {
      ...(resolution !== FAMILY_INPUT[1] && { input: [3, resolution, resolution] }),
      ...(classes !== FAMILY_CLASSES && { classes }),
    },
    preset: preset ?? null,
    constraints: {
      ...boundsIn(budget),
      ...(latency !== undefined && { latency: { max: amountIn("latency", latency) } }),
    },
    maxEvaluations: evaluations,
    ...(latency !== undefined &&
      profile !== undefined && { latencyProfile: { path: "profile.json", checksum: checksumOf(profile), profile } }),
  });
}

function whole(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new InputError(`The ${what} has to be a whole number from ${least} to ${most.toLocaleString("en-US")}.`);
}
