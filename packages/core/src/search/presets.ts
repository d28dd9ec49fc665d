/** @file Presets: a budget, and the task that it is for, each with the work that both are from. */

import type { ImageShape } from "../architecture/task.js";
import { type Constraints, familyBudgets } from "../budget/constraints.js";
import { costText } from "../budget/units.js";
import { DEFAULT_SPACE } from "./settings.js";

/** A budget from the literature, and the task that it is for. */
export interface Preset {
  /** What it is the budget of. */
  readonly title: string;
  /** The work that its figures are from. */
  readonly source: string;
  /** The budget. */
  readonly constraints: Constraints;
  /** Absent: the task of the space, which is ImageNet-1k at 256 x 256. */
  readonly task?: { readonly input: ImageShape; readonly classes: number };
}

const EDGENEXT = "Maaz et al. 2022, arXiv 2206.10589";

/**
 * What `--preset` takes. Memory is in bytes of float32, four an element, where the source counts int8, one an element: 256 kB of
 * int8 are 1,024 kB. Weights of int8 are a byte a parameter.
 */
export const presets = {
  s0: { title: "ESFormer-S0, after EdgeNeXt-XXS", source: EDGENEXT, constraints: familyBudgets.s0 },
  s1: { title: "ESFormer-S1, after EdgeNeXt-XS", source: EDGENEXT, constraints: familyBudgets.s1 },
  s2: { title: "ESFormer-S2, after EdgeNeXt-S", source: EDGENEXT, constraints: familyBudgets.s2 },
  cifar: {
    title: "CIFAR-10, within ResNet-56",
    source: "He et al. 2016, arXiv 1512.03385; counts of arXiv 1608.08710",
    constraints: { parameters: { max: 0.85e6 }, macs: { max: 125e6 } },
    task: { input: [3, 32, 32], classes: 10 },
  },
  mcu: {
    title: "visual wake words: 256 kB of int8 activations, 1 MB of int8 weights",
    source: "MCUNet, Lin et al. 2020, arXiv 2007.10319",
    constraints: { parameters: { max: 1e6 }, peakMemory: { max: 4 * 256e3 } },
    task: { input: [1, 96, 96], classes: 2 },
  },
} as const satisfies Record<string, Preset>;

/** The name of a preset. */
export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

/** The options of a space for the task of a preset: those of the hybrid space; other spaces have tasks of their own. */
export function presetTask(space: string, preset: PresetName | null | undefined): Partial<NonNullable<Preset["task"]>> {
  if (preset === undefined || preset === null || space !== DEFAULT_SPACE) return {};
  const { task }: Preset = presets[preset];
  return task ?? {};
}

/** `at most 1.33 M parameters, 260 M MACs; 3x256x256, 1000 classes`: what a preset asks for, in a line. */
export function presetInWords(name: PresetName): string {
  const { constraints, task = { input: [3, 256, 256], classes: 1000 } }: Preset = presets[name];
  const { parameters, macs, peakMemory } = constraints;
  const bounds = [
    ...(parameters?.max === undefined ? [] : [`${costText("parameters", parameters.max)} parameters`]),
    ...(macs?.max === undefined ? [] : [`${costText("macs", macs.max)} MACs`]),
    ...(peakMemory?.max === undefined ? [] : [`${costText("peakMemory", peakMemory.max)} of float32 activations`]),
  ];
  return `${bounds.join(", ")}; ${task.input.join("x")}, ${task.classes} classes`;
}
