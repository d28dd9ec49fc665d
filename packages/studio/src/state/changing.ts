/** @file The network that is changed by hand, with its undo, and the one that it is compared with. */

import {
  esformerConfigurations,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  foundBy,
} from "@esnas/core/internal";
import { computed, signal } from "@preact/signals";
import { type Design, designOfLink, sameDesign } from "./genotypes.js";
import { beginning, changed, redone, type Timeline, undone } from "./undo.js";

export interface Named extends Design {
  readonly title: string;
  /** Sentences on where it comes from, for its files. */
  readonly provenance: readonly string[];
}

const timeline = signal<Timeline<Named> | undefined>(undefined);

/** What is changed. */
export const current = computed(() => timeline.value?.present);
export const canUndo = computed(() => (timeline.value?.past.length ?? 0) > 0);
export const canRedo = computed(() => (timeline.value?.future.length ?? 0) > 0);
/** What the changed network is compared with: at first what it began as. */
export const reference = signal<Named | undefined>(undefined);
/** What it began as. */
export const origin = signal<Named | undefined>(undefined);
/** Name of the block that is chosen. */
export const chosenBlock = signal<string | undefined>(undefined);

export function startFrom(design: Named): void {
  timeline.value = beginning(design);
  reference.value = design;
  origin.value = design;
  chosenBlock.value = undefined;
}

/** One of the family that the search has found. */
export function modelOf(preset: FamilyName): Named {
  const { seed } = esformerConfigurations[preset];
  return {
    ...esformerGenotype(preset),
    title: `ESFormer-${preset.toUpperCase()}`,
    provenance: foundBy(`esnas search --preset ${preset} --seed ${seed}`, familyBudgets[preset]),
  };
}

/** @throws {InputError} where the link carries no network. */
export function startFromLink(link: string): void {
  const design = designOfLink(link);
  if (timeline.peek() !== undefined && sameDesign(timeline.peek()?.present ?? design, design)) return;
  startFrom({ ...design, title: "Network of a link", provenance: [] });
}

export function change(genotype: Design["genotype"]): void {
  const before = timeline.peek();
  if (before === undefined) return;
  const { present } = before;
  const isFirst = before.past.length === 0;
  const title = isFirst ? `${present.title}, changed` : present.title;
  const provenance = isFirst ? [`Changed by hand from ${present.title}.`] : present.provenance;
  timeline.value = changed(before, { ...present, genotype, title, provenance });
}

export function undo(): void {
  if (timeline.value !== undefined) timeline.value = undone(timeline.value);
}

export function redo(): void {
  if (timeline.value !== undefined) timeline.value = redone(timeline.value);
}

/** From now on what is changed is compared with this one. */
export function compareWith(design: Named): void {
  reference.value = design;
}
