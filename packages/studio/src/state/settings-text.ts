/** @file What a search was asked for, in words: in lists, and above what it has found. */

import {
  type BoundedCost,
  type BoundsByCost,
  classesInWords,
  costWords,
  DEFAULT_SPACE,
  FAMILY_CLASSES,
  FAMILY_INPUT,
  grouped,
  type HybridOptions,
  roundNumber,
  type Settings,
  titleOfRun,
} from "@esnas/core/internal";

/** What a search is called in lists. */
export function nameOf(settings: Settings): string {
  return `${titleOfRun(settings)}, seed ${settings.seed}`;
}

function amount(cost: BoundedCost, value: number): string {
  const text = cost === "peakMemory" ? `${roundNumber(value)}${value < 1000 ? " " : ""}B` : undefined;
  if (text !== undefined) return `${text} of activations alive at once`;
  return `${cost === "latency" ? String(value) : roundNumber(value)} ${costWords[cost]}`;
}

/** `at most 1.33 M parameters, at most 260 M MACs`; of a front, `18.8 M to 260 M MACs in 4 budgets`. */
export function boundsText({ constraints, front }: Settings): string {
  const bounds = Object.entries(constraints as BoundsByCost) as [BoundedCost, { min?: number; max?: number }][];
  return bounds
    .flatMap(([cost, { min, max }]) => {
      if (cost === front?.cost && min !== undefined && max !== undefined)
        return [`${roundNumber(min)} to ${amount(cost, max)} in ${front.points} budgets`];
      return [
        ...(max === undefined ? [] : [`at most ${amount(cost, max)}`]),
        ...(min === undefined ? [] : [`at least ${amount(cost, min)}`]),
      ];
    })
    .join(", ");
}

/** `96 × 128 pixels, grey`, `10 classes`, and the stem where it is not the space's own. */
function taskText(options: Partial<HybridOptions>): string[] {
  const { input: [channels, height, width] = FAMILY_INPUT, classes = FAMILY_CLASSES, stem } = options;
  const colours = channels === 3 ? "" : channels === 1 ? ", grey" : `, ${channels} channels`;
  return [
    `${height} × ${width} pixels${colours}`,
    classesInWords(classes),
    ...(stem === undefined ? [] : [`stem ${stem} × ${stem}`]),
  ];
}

/** All that its history follows from, in one sentence. */
export function settingsText(settings: Settings): string {
  const { space, spaceOptions, algorithm, topologyMetric, sizeMetric, maxEvaluations, front, rescore } = settings;
  const parts = [
    ...(space === DEFAULT_SPACE ? taskText(spaceOptions) : [`space "${space}"`]),
    boundsText(settings) || "no bounds",
    topologyMetric === sizeMetric
      ? `scored by ${topologyMetric}`
      : `topologies scored by ${topologyMetric}, sizes by ${sizeMetric}`,
    ...(algorithm === "cyclic" ? [] : [`algorithm ${algorithm}`]),
    ...(rescore === undefined ? [] : [`the best scored again with ${rescore} random weights`]),
    `at most ${grouped(maxEvaluations)} candidates${front === undefined ? "" : " for each budget"}`,
    `seed ${settings.seed}`,
  ];
  return `${parts.join("; ")}.`;
}
