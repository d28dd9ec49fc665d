/** @file What a search, and the model that it finds, is called: in lists, as the title of figures and pages. */

import { classesInWords } from "../architecture/task.js";
import { costWords } from "../budget/constraints.js";
import { FAMILY_CLASSES, FAMILY_INPUT, familyMemberOf, familyTitle, presetOf } from "../search/family.js";
import { DEFAULT_SPACE, type Settings } from "../search/settings.js";
import type { HybridOptions } from "../spaces/hybrid.js";
import { unusualStem } from "../spaces/task.js";

/**
 * `ESFormer-S0` of the preset's own search alone, `ESFormer-S0 (paper)` of that by the paper's recipe; otherwise what was asked for: `Model for S0's budget, 96 x 96, 2 classes`,
 * `Model for an own budget`, `Model of the space "nats-topology"`.
 */
export function titleOfRun(settings: Settings): string {
  const member = familyMemberOf(settings);
  if (member !== undefined) return familyTitle(member);
  const { space, spaceOptions, front } = settings;
  if (front !== undefined) return `Front of ${front.points} budgets of ${costWords[front.cost]}${within(settings)}`;
  if (space !== DEFAULT_SPACE) return `Model${within(settings)}`;
  const preset = presetOf(settings);
  const budget = preset === undefined ? "an own budget" : `${preset.toUpperCase()}'s budget`;
  return [`Model for ${budget}`, ...taskOf(spaceOptions)].join(", ");
}

function within({ space }: Settings): string {
  return space === DEFAULT_SPACE ? "" : ` of the space "${space}"`;
}

/** The task, as far as it is not the family's. */
function taskOf(options: Settings["spaceOptions"]): string[] {
  const { input = FAMILY_INPUT, classes = FAMILY_CLASSES, stem } = options as Partial<HybridOptions>;
  const [channels, height, width] = input;
  const sides = channels === FAMILY_INPUT[0] ? [height, width] : input;
  return [
    ...(String(input) === String(FAMILY_INPUT) ? [] : [sides.join(" x ")]),
    ...(classes === FAMILY_CLASSES ? [] : [classesInWords(classes)]),
    ...(stem === undefined || unusualStem(options) === undefined ? [] : [`stem ${stem}`]),
  ];
}
