/** @file The network that is changed by hand, with its undo, and the one that it is compared with. */

import { esformerGenotype, type PresetName } from "@esnas/core";
import { computed, signal } from "@preact/signals";
import { type Design, designOfLink, sameDesign } from "./genotypes.js";
import { beginning, changed, redone, type Timeline, undone } from "./undo.js";

export interface Named extends Design {
  readonly title: string;
}

const timeline = signal<Timeline<Named> | undefined>(undefined);

/** What is changed. */
export const current = computed(() => timeline.value?.present);
export const canUndo = computed(() => (timeline.value?.past.length ?? 0) > 0);
export const canRedo = computed(() => (timeline.value?.future.length ?? 0) > 0);
/** What the changed network is compared with: at first what it began as. */
export const reference = signal<Named | undefined>(undefined);
/** Name of the block that is chosen. */
export const chosenBlock = signal<string | undefined>(undefined);

export function startFrom(design: Named): void {
  timeline.value = beginning(design);
  reference.value = design;
  chosenBlock.value = undefined;
}

export function startFromModel(preset: PresetName): void {
  startFrom({ ...esformerGenotype(preset), title: `ESFormer-${preset.toUpperCase()}` });
}

/** @throws {InputError} where the link carries no network. */
export function startFromLink(link: string): void {
  const design = designOfLink(link);
  if (timeline.peek() !== undefined && sameDesign(timeline.peek()?.present ?? design, design)) return;
  startFrom({ ...design, title: "Network of a link" });
}

export function change(genotype: Design["genotype"]): void {
  const before = timeline.peek();
  if (before === undefined) return;
  const { present } = before;
  const title = present.title.endsWith(", changed") ? present.title : `${present.title}, changed`;
  timeline.value = changed(before, { ...present, genotype, title });
}

export function undo(): void {
  if (timeline.value !== undefined) timeline.value = undone(timeline.value);
}

export function redo(): void {
  if (timeline.value !== undefined) timeline.value = redone(timeline.value);
}

/** From now on what is changed is compared with what it is now. */
export function pin(): void {
  reference.value = timeline.value?.present;
}
