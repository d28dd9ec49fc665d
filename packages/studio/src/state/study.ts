/** @file The search that the page shows, whether it runs here, was stored here, or is served by `esnas studio`. */

import {
  commandOf,
  directionsOfAll,
  foundBy,
  genotypeOfCode,
  metricsOfAll,
  mostEvaluations,
  type Objective,
  objectiveOf,
  type Scores,
  type Settings,
  type Space,
  spaceOf,
  toJson,
} from "@esnas/core/internal";
import { computed, signal } from "@preact/signals";
import type { SearchReport } from "../workers/search.worker.js";
import { BestFollower, type CandidateBatch, CandidateTable } from "./candidates.js";
import type { Design } from "./genotypes.js";
import { ShareCounter } from "./shares.js";
import { slowed } from "./slowed.js";
import type { SearchResult } from "./stored.js";

export interface Study {
  /** Of the store, or of the server. */
  readonly id: string;
  readonly source: "browser" | "server";
  /** Of the folder, or the preset. */
  readonly name: string;
  readonly settings: Settings;
  readonly space: Space;
  readonly table: CandidateTable;
  /** Which scores are better, by metric. */
  readonly directions: Objective["directions"];
  readonly shares: ShareCounter;
  readonly follower: BestFollower;
  /** Candidates that it has at its end: at most, while it is under way. */
  readonly expected: number;
}

/** A model that a run has ended with, of several where it is a front. */
export interface FoundModel {
  /** Indices of its genotype's values. */
  readonly best: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  readonly latency?: number | undefined;
  readonly scores: Scores;
  readonly cycles: number;
  /** Of its point of the front. */
  readonly budget?: number | undefined;
  /** Points of the front, from 1. */
  readonly dominatedBy: readonly number[];
}

export type Status = "idle" | "preparing" | "running" | "paused" | "stopped" | "ended" | "failed";

export const study = signal<Study | undefined>(undefined);
export const status = signal<Status>("idle");
export const report = signal<SearchReport | undefined>(undefined);
export const result = signal<SearchResult | undefined>(undefined);
/** What a run of the command line has ended with; the result is one of these. */
export const models = signal<readonly FoundModel[]>([]);
/** Why the search failed, in words. */
export const failure = signal("");
/** Id of the search that was begun last: on a narrow page it lies below what began it. */
export const begunHere = signal("");
/** Whether another tab works on it, and this one follows. */
export const isElsewhere = signal(false);
/** Whether candidates of a run's folder are not read yet: the best of those that are is no best of the run. */
export const isReading = signal(false);
/** Grows with the table, which itself is changed in place. */
export const tableVersion = signal(0);
/** The same for what takes long to draw. */
export const chartVersion = slowed(tableVersion, 500);

type StudyFacts = Pick<Study, "id" | "source" | "name" | "settings"> & Partial<Pick<Study, "expected">>;

/** @param facts What it expects is known where it has ended. */
export function newStudy(facts: StudyFacts): Study {
  const { settings, expected = mostEvaluations(settings) } = facts;
  const space = spaceOf(settings.space, settings.spaceOptions);
  const objectives = [objectiveOf(settings.topologyMetric), objectiveOf(settings.sizeMetric)];
  const metrics = metricsOfAll(objectives);
  const directions = directionsOfAll(objectives);
  const table = new CandidateTable(
    space.genes.length,
    metrics.map(({ id }) => id),
  );
  return {
    ...facts,
    expected,
    space,
    table,
    directions,
    shares: new ShareCounter(space, expected),
    follower: new BestFollower(table, directions),
  };
}

/** Adds candidates to a study; where it is the one that is shown, what shows it follows. */
export function addBatch(to: Study, batch: CandidateBatch): void {
  to.table.append(batch);
  to.shares.take(to.table);
  if (study.peek() === to) tableVersion.value++;
}

export function show(next: Study): void {
  study.value = next;
  report.value = undefined;
  result.value = undefined;
  models.value = [];
  failure.value = "";
  isElsewhere.value = false;
  isReading.value = false;
  tableVersion.value++;
}

/** Evaluations a second, of the last ones. */
export function rateOf({ milliseconds, count }: CandidateTable): number {
  const last = milliseconds.subarray(Math.max(0, count - 200), count);
  const spent = last.reduce((sum, ms) => sum + ms, 0);
  return (last.length / Math.max(1, spent)) * 1000;
}

/** Shows one of the models that a run has ended with. */
export function chooseModel(index: number): void {
  const model = models.value[index];
  if (model === undefined) return;
  const { best: indices, scores, cycles } = model;
  result.value = { best: indices, scores, cycles, reason: "evaluations" };
}

/** Where a network of a search comes from, a paragraph each. */
export function provenanceOf({ settings }: Study, order: number | undefined): string[] {
  const [budget = "", ...found] = foundBy(commandOf(settings), settings.constraints);
  return order === undefined ? [budget, ...found] : [budget, `Candidate ${order + 1} of`, commandOf(settings)];
}

/** The result, or the best of the phase so far; none while a run's folder is still being read. */
export const best = computed<(Design & { readonly order: number | undefined }) | undefined>(() => {
  const current = study.value;
  if (current === undefined || tableVersion.value < 0) return undefined;
  const { space, table, follower } = current;
  if (result.value !== undefined)
    return { space, genotype: genotypeOfCode(space, result.value.best), order: undefined };
  const order = isReading.value ? undefined : follower.best();
  return order === undefined ? undefined : { space, genotype: genotypeOfCode(space, table.genesAt(order)), order };
});

/** The same for what takes long to draw. */
export const chartedBest = computed(() => {
  void [chartVersion.value, result.value, study.value, isReading.value];
  return best.peek();
});

/** A design as the workers take it. */
export function jsonOf({ space, genotype }: Design): unknown {
  return toJson(space, genotype);
}
