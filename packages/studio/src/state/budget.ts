/** @file What the form of a search holds, and the settings that come of it: those of `esnas search` with the same flags. */

import {
  amountOfCost,
  type BoundedCost,
  type BoundsByCost,
  checksumOf,
  DEFAULT_EVALUATIONS,
  DEFAULT_RECIPE,
  DEFAULT_SPACE,
  DEFAULT_TRAINING,
  EsnasError,
  FAMILY_CLASSES,
  FAMILY_INPUT,
  familySettings,
  type HybridOptions,
  hybridSpace,
  hybridTaskOptions,
  InputError,
  LARGEST_IMAGE,
  type LatencyProfile,
  metricsOfRecipe,
  type Preset,
  type PresetName,
  presetOf,
  presets,
  presetTask,
  type RecipeName,
  recipeOf,
  type Settings,
  settingsSchema,
  sortedJson,
  type TrainingName,
  taskOfSpace,
  unusualStem,
} from "@esnas/core/internal";

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

/** The costs that the form bounds. */
export const boundedCosts = ["parameters", "macs", "peakMemory", "latency"] as const satisfies readonly BoundedCost[];

type FormCost = (typeof boundedCosts)[number];

/** The bounds of the form; undefined where a cost is free. Latency is in milliseconds, memory in bytes of float32. */
export type Bounds = Readonly<Record<FormCost, TypedAmount | undefined>>;

/** What networks are for. */
export interface Task {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly stem: number | "auto";
}

/** What networks are compared by: the recommended metrics for a training, or the paper's. */
export type Method = TrainingName | Exclude<RecipeName, "recommended">;

function methodIn(settings: Settings): Method {
  const { recipe, training } = recipeOf(settings) ?? { recipe: DEFAULT_RECIPE, training: DEFAULT_TRAINING };
  return recipe === DEFAULT_RECIPE ? training : (recipe as Method);
}

export interface Budget extends Bounds, Task {
  /** Undefined where the bounds are the user's own. */
  readonly preset: PresetName | undefined;
  readonly profile: LatencyProfile | undefined;
  readonly seed: number;
  readonly evaluations: number;
  readonly method: Method;
}

/** Ends of the sliders: about what the space reaches. */
export const ranges = {
  parameters: { min: 0.03e6, max: 12e6 },
  macs: { min: 2e6, max: 3e9 },
  peakMemory: { min: 0.1e6, max: 50e6 },
} as const;

function taskIn({ input = [...FAMILY_INPUT], classes = FAMILY_CLASSES, ...others }: Partial<HybridOptions>): Task {
  const [channels, height, width] = input;
  return { channels, height, width, classes, stem: unusualStem({ input, ...others }) ?? "auto" };
}

function boundsOf({ constraints }: Preset): Bounds {
  const max = (cost: FormCost) => constraints[cost]?.max;
  return { parameters: max("parameters"), macs: max("macs"), peakMemory: max("peakMemory"), latency: undefined };
}

/** The bounds and the task of a preset. */
export function budgetOf(preset: PresetName, others: Partial<Budget> = {}): Budget {
  const { latency, ...bounds } = boundsOf(presets[preset]);
  return {
    latency,
    profile: undefined,
    seed: 0,
    evaluations: DEFAULT_EVALUATIONS,
    method: DEFAULT_TRAINING,
    ...taskIn({ ...presetTask(DEFAULT_SPACE, preset) } as Partial<HybridOptions>),
    ...others,
    preset,
    ...bounds,
  };
}

/** Another preset: its bounds, and its task where it has one; what was the task of the preset before goes with it. */
export function withPreset(budget: Budget, preset: PresetName): Budget {
  const hasTask = (name: PresetName | undefined) => name !== undefined && "task" in presets[name];
  const { channels, height, width, classes, stem, ...others } = budget;
  const task = hasTask(preset) || hasTask(budget.preset) ? {} : { channels, height, width, classes, stem };
  return budgetOf(preset, { ...others, ...task });
}

/** With other bounds; a preset's own bounds are the preset again. */
export function withBounds(budget: Budget, bounds: Partial<Bounds>): Budget {
  const changed = { ...budget, ...bounds };
  const areRead = boundedCosts.every(
    (cost) => changed[cost] === undefined || "amount" in readAmount(cost, changed[cost]),
  );
  const { latency: _, ...counted } = areRead ? constraintsOf(changed) : { latency: undefined };
  return { ...changed, preset: areRead ? presetOf({ constraints: counted }) : undefined };
}

function constraintsOf(bounds: Bounds): BoundsByCost {
  const given = boundedCosts.flatMap((cost) => {
    const typed = bounds[cost];
    return typed === undefined ? [] : [[cost, { max: amountIn(cost, typed) }] as const];
  });
  return Object.fromEntries(given);
}

/** What the form holds of a search: all of it, where `isWhole`. */
export function budgetIn(
  settings: Settings,
  profile: LatencyProfile | undefined,
): { readonly budget: Budget; readonly isWhole: boolean } {
  const { constraints, spaceOptions, seed, maxEvaluations, latencyProfile } = settings;
  const knowsLatency = profile !== undefined && latencyProfile?.checksum === checksumOf(profile);
  const task = taskIn(spaceOptions);
  const budget = withBounds(
    budgetOf("s0", { ...task, seed, evaluations: maxEvaluations, method: methodIn(settings) }),
    {
      parameters: constraints.parameters?.max,
      macs: constraints.macs?.max,
      peakMemory: constraints.peakMemory?.max,
      latency: knowsLatency ? constraints.latency?.max : undefined,
    },
  );
  const shown = { ...budget, profile: knowsLatency ? profile : undefined };
  return { budget: shown, isWhole: isSameSearch(settings, shown) };
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
  const { preset, latency, profile, seed, evaluations, method } = budget;
  whole("seed", seed, 0, 2 ** 31 - 1);
  whole("number of candidates", evaluations, 1, 1e6);
  return settingsSchema.parse({
    ...familySettings("s0", seed),
    ...(method === "paper" ? metricsOfRecipe(method) : metricsOfRecipe(DEFAULT_RECIPE, method)),
    spaceOptions: spaceOptionsOf(budget),
    preset: preset ?? null,
    constraints: constraintsOf(budget),
    maxEvaluations: evaluations,
    ...(latency !== undefined &&
      profile !== undefined && { latencyProfile: { path: "profile.json", checksum: checksumOf(profile), profile } }),
  });
}

/**
 * The options of the space for a task; what is as in the family is left out.
 * @throws {InputError} where a number is out of range, or the images are too small.
 */
export function spaceOptionsOf({ channels, height, width, classes, stem }: Task): Partial<HybridOptions> {
  whole("number of channels", channels, 1, 64);
  whole("height", height, 1, LARGEST_IMAGE);
  whole("width", width, 1, LARGEST_IMAGE);
  whole("number of classes", classes, 1, 1_000_000);
  const input = [channels, height, width] as const;
  return hybridTaskOptions({
    ...(String(input) !== String(FAMILY_INPUT) && { input }),
    ...(classes !== FAMILY_CLASSES && { classes }),
    stem,
  });
}

/** What `auto` makes of the images, in words; why there is none, where there is none. */
export function stemInWords(task: Task): string {
  try {
    const { stem, smallestMap = [] } = taskOfSpace(hybridSpace(spaceOptionsOf(task)));
    return `Stem ${stem} × ${stem}; the smallest feature map is ${smallestMap.join(" × ")}.`;
  } catch (error) {
    if (error instanceof EsnasError) return error.message;
    throw error;
  }
}

function whole(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new InputError(`The ${what} has to be a whole number from ${least} to ${most.toLocaleString("en-US")}.`);
}
