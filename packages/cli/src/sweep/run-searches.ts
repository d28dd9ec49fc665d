/**
 * @file The searches of a sweep, several side by side over the same workers: a search waits for its own scores now and then, and asks
 * for few candidates ahead. Each is `esnas search` in a folder of its own, with the history that it would have alone.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Evaluation, InputError, searchOf, type ToldCosts } from "@esnas/core/internal";
import { differingSetting, inspectRun } from "../analysis/finished-runs.js";
import type { OpenedService } from "../queue/service-from-flags.js";
import { driveRun, finish } from "../run/drive-run.js";
import { createRun, openRun } from "../run/run-folder.js";
import type { Summary } from "../run/summary.js";
import { serviceEvaluator } from "../scoring/scoring-service.js";
import { AbandonedError } from "../scoring/worker-pool.js";
import { STUDY_FILE } from "../study/study.js";
import { version } from "../version.js";
import type { SweepDatabase, SweptSearch } from "./database.js";

/** Milliseconds after which the others get their turn: what takes longer keeps workers waiting. */
const TURN = 4;

export interface RunningOptions {
  /** Of the sweep. */
  readonly folder: string;
  /** Scores for all searches; it is told to give up where one of them fails. */
  readonly service: OpenedService;
  /** Searches side by side. */
  readonly atOnce: number;
  readonly shouldStop: () => boolean;
  readonly observer: SearchesObserver;
}

/** Told of what the searches do. */
export interface SearchesObserver {
  begun(search: SweptSearch): void;
  evaluated(search: SweptSearch, evaluation: Evaluation, costs: ToldCosts, milliseconds: number): void;
  ended(search: SweptSearch, summary: Summary): void;
}

/**
 * Makes the searches that have not ended, in their order; those that were begun earlier go on.
 * @returns Whether all have ended; false where they were stopped.
 * @throws {InputError} where one cannot go on. The others are stopped then, and nothing of them is lost.
 */
export async function runSearches(
  database: SweepDatabase,
  searches: readonly SweptSearch[],
  options: RunningOptions,
): Promise<boolean> {
  const left = searches.filter(({ summary }) => summary === undefined);
  let hasFailed = false;
  const shouldStop = () => hasFailed || options.shouldStop();
  const lane = async () => {
    for (let next = left.shift(); next !== undefined && !shouldStop(); next = left.shift()) {
      try {
        const summary = await runSearch(next, { ...options, shouldStop });
        if (summary === undefined) return false;
        database.end(next.id, join(options.folder, next.folder, STUDY_FILE), summary);
        options.observer.ended(next, summary);
      } catch (error) {
        hasFailed = true;
        void options.service.abandon();
        throw error;
      }
    }
    return !shouldStop();
  };
  const lanes = await Promise.allSettled(Array.from({ length: options.atOnce }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
  return lanes.every((ended) => ended.status === "fulfilled" && ended.value);
}

/**
 * Checks the runs that are there, those of searches that have ended too: the report links to them, and analyses read them.
 * @throws {InputError} where one is not the run of its search.
 */
export function checkRuns(sweep: string, searches: readonly SweptSearch[]): void {
  for (const { folder, settings } of searches) {
    const run = join(sweep, folder);
    if (!existsSync(run)) continue;
    const found = inspectRun(run).settings;
    const differing = found.seed === settings.seed ? differingSetting(found, settings) : "seed";
    if (differing !== undefined) throw new InputError(`"${run}" is a run of another ${differing} than the sweep's`);
  }
}

/** One search with its run, from where it stands to its end; undefined where it was stopped. */
async function runSearch(swept: SweptSearch, options: RunningOptions): Promise<Summary | undefined> {
  const { service, shouldStop, observer } = options;
  const folder = join(options.folder, swept.folder);
  const study = existsSync(folder) ? openRun(folder, version) : createRun(folder, swept.settings, version);
  try {
    const { settings } = study;
    const search = searchOf(swept.settings);
    const evaluator = serviceEvaluator(search.space, service, settings.seed);
    const run = { folder, study, search, evaluator, workers: service.workers() };
    observer.begun(swept);
    const outcome = await driveRun(run, search.start(), {
      shouldStop,
      turn: TURN,
      onEvaluation: (...evaluation) => observer.evaluated(swept, ...evaluation),
    });
    return outcome && (await finish({ ...run, workers: service.workers() }, outcome));
  } catch (error) {
    if (error instanceof AbandonedError && shouldStop()) return undefined;
    throw error;
  } finally {
    study.close();
  }
}
