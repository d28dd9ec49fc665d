/** @file The command line of a search: the flags that its settings come from. */

import { imageShapeText } from "../architecture/task.js";
import { shellWord } from "../base/shell-word.js";
import type { BoundedCost } from "../budget/constraints.js";
import { defaultAlgorithmOptions } from "../search/algorithms/registry.js";
import { type PresetName, presets, presetTask } from "../search/presets.js";
import { DEFAULT_SPACE, type Settings } from "../search/settings.js";
import { type HybridOptions, hybridDefaults } from "../spaces/hybrid.js";
import { unusualStem } from "../spaces/task.js";

/** The costs that have bounds, by the word in their flags. */
export const boundWords = {
  params: "parameters",
  macs: "macs",
  activations: "activations",
  layers: "activationLayers",
  memory: "peakMemory",
  latency: "latency",
} as const satisfies Record<string, BoundedCost>;

/** The command line that makes the same run again. */
export function commandOf(settings: Settings): string {
  return ["esnas", "search", ...searchArguments(settings)].map(shellWord).join(" ");
}

/** The flags of `esnas search` that settings come from. */
export function searchArguments(settings: Settings): string[] {
  const {
    space,
    preset,
    seed,
    algorithm,
    topologyMetric,
    sizeMetric,
    topologyBudget,
    cycles,
    maxEvaluations,
    latencyProfile,
    front,
    rescore,
    plugins = [],
    spaceFile = space,
  } = settings;
  return [
    ...plugins.flatMap(({ file }) => ["--plugin", file]),
    ...(front === undefined ? [] : ["--front", front.cost, "--points", String(front.points)]),
    ...(preset === null ? [] : ["--preset", preset]),
    ...boundFlags(settings),
    ...(latencyProfile === undefined ? [] : ["--profile", latencyProfile.path]),
    ...(spaceFile === DEFAULT_SPACE ? [] : ["--space", spaceFile]),
    ...taskFlags(settings),
    ...["--seed", String(seed), "--max-evaluations", String(maxEvaluations)],
    ...(algorithm === "cyclic" ? [] : ["--algorithm", algorithm]),
    ...["--topology-metric", topologyMetric, "--size-metric", sizeMetric],
    ...(rescore === undefined ? [] : ["--rescore", String(rescore)]),
    ...(topologyBudget === defaultAlgorithmOptions.topologyBudget ? [] : ["--topology-budget", topologyBudget]),
    ...(cycles === defaultAlgorithmOptions.cycles ? [] : ["--cycles", String(cycles)]),
  ];
}

/** What networks are for, beyond the task of the preset; the stem is written where `auto` would choose another one. */
function taskFlags({
  space,
  spaceOptions,
  spaceFile,
  preset,
}: Pick<Settings, "space" | "spaceOptions" | "spaceFile" | "preset">): string[] {
  const given = spaceFile === undefined ? presetTask(space, preset as PresetName | null) : {};
  // Where a preset has a task, what options leave out is that of the space.
  const usual = given.input === undefined ? {} : { input: hybridDefaults.input, classes: hybridDefaults.classes };
  const { input, classes, stem: own }: Partial<HybridOptions> = { ...usual, ...spaceOptions };
  const ofFile = spaceFile === undefined ? unusualStem : ({ stem = hybridDefaults.stem }) => stem;
  const stem = space === DEFAULT_SPACE ? ofFile(spaceOptions) : own;
  return [
    ...(input === undefined || String(input) === String(given.input) ? [] : imageFlags(input, spaceFile === undefined)),
    ...(classes === undefined || classes === given.classes ? [] : ["--classes", String(classes)]),
    ...(stem === undefined ? [] : ["--stem", String(stem)]),
  ];
}

/** The short form is of colour images, unless a file of the space has other ones. */
function imageFlags([channels, ...sides]: readonly number[], isShort: boolean): string[] {
  if (channels !== 3 || !isShort) return ["--input", imageShapeText([channels ?? 1, ...sides])];
  const [height, width] = sides;
  return ["--resolution", height === width ? String(height) : imageShapeText(sides)];
}

/** Bounds beyond those of the preset. */
function boundFlags({ preset, constraints }: Pick<Settings, "preset" | "constraints">): string[] {
  const given: Readonly<Record<string, { min?: number; max?: number } | undefined>> =
    preset === null ? {} : presets[preset as PresetName].constraints;
  return Object.entries(constraints).flatMap(([cost, bounds]) =>
    (["min", "max"] as const).flatMap((end) =>
      bounds[end] === undefined || bounds[end] === given[cost]?.[end]
        ? []
        : [boundFlag(end, cost), String(bounds[end])],
    ),
  );
}

/** The flag that sets one end of the bounds on a cost: `--max-params`. */
function boundFlag(end: "min" | "max", cost: string): string {
  const [word] = Object.entries(boundWords).find(([, bound]) => bound === cost) ?? [cost];
  return `--${end}-${word}`;
}
