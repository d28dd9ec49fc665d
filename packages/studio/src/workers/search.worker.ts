/**
 * @file A search, away from the page's own thread: the generator of the command line, scored by WebAssembly, its history
 * stored in the browser as it grows. What an earlier run has stored is told again without scoring it.
 */

import {
  architectureCosts,
  checkConstraints,
  codeOf,
  drive,
  type Evaluation,
  type Evaluator,
  InputError,
  metricsOfAll,
  type Outcome,
  type Search,
  SearchProgress,
  scoresOfBest,
  searchOf,
  version,
} from "@esnas/core/internal";
import { expose } from "comlink";
import { batchOf, type CandidateBatch, type CandidateRow, CandidateTable } from "../state/candidates.js";
import { recordedOf } from "../state/recorded.js";
import { withLock } from "../state/search-lock.js";
import { appendBatch, forgetFrom, storedBatches, storedSearch } from "../state/store.js";
import type { SearchResult } from "../state/stored.js";
import { Pace } from "./pace.js";
import { scoringAmong, scoringHere } from "./scoring-pool.js";

/** What is told of a search while it runs. */
export interface SearchReport {
  readonly phase: string;
  readonly cycle: number;
  readonly done: number;
  /** Evaluations a second, of late. */
  readonly rate: number;
  readonly secondsLeft: number;
}

export interface SearchUpdate {
  readonly batch?: CandidateBatch;
  readonly report?: SearchReport;
}

export interface RunOptions {
  /** Whether it waits after one candidate. */
  readonly isHeld: boolean;
  /** Candidates that the page knows. */
  readonly told: number;
  /** That share the forward runs; with one, the search makes them itself. */
  readonly workers: number;
}

/** Milliseconds between updates, and between breaths, in which messages are read. */
const UPDATE_EVERY = 200;
const BREATHE_EVERY = 60;

let pace = new Pace();

function breath(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}

class Run {
  readonly #id: string;
  readonly #search: Search;
  readonly #progress: SearchProgress;
  readonly #metrics: readonly string[];
  readonly #onUpdate: (update: SearchUpdate) => void;
  readonly #earlier: CandidateTable;
  #rows: CandidateRow[] = [];
  /** Candidates that are stored. */
  #told: number;
  #updated = 0;
  #breathed = performance.now();
  #last = performance.now();

  constructor(id: string, search: Search, earlier: CandidateTable, onUpdate: (update: SearchUpdate) => void) {
    this.#id = id;
    this.#search = search;
    this.#progress = new SearchProgress(search.settings);
    this.#metrics = earlier.metrics;
    this.#onUpdate = onUpdate;
    this.#earlier = earlier;
    this.#told = earlier.count;
  }

  /** Undefined where it was stopped. */
  async outcome(evaluator: Evaluator): Promise<Outcome | undefined> {
    const { space } = this.#search;
    const outcome = await drive(this.#search.start(), {
      space,
      evaluator,
      recorded: recordedOf(space, this.#earlier),
      onEvaluation: (evaluation, _, earlier) => this.#note(evaluation, earlier?.milliseconds),
      shouldStop: () => pace.isStopped,
    });
    await this.#flush();
    return outcome;
  }

  async #note(evaluation: Evaluation, earlier: number | undefined): Promise<void> {
    const { space } = this.#search;
    const { genotype, phase, cycle } = evaluation.candidate;
    const now = performance.now();
    const isNew = earlier === undefined;
    const milliseconds = earlier ?? now - this.#last;
    this.#last = now;
    const { parameters, macs } = architectureCosts(space.build(genotype));
    this.#progress.note(evaluation, { parameters, macs }, milliseconds);
    if (isNew) {
      const genes = codeOf(space, genotype);
      this.#rows.push({ genes, phase, cycle, parameters, macs, milliseconds, scores: evaluation.scores });
    }
    if (isNew && (pace.isHeld || now - this.#updated > UPDATE_EVERY)) await this.#flush();
    if (isNew && pace.isHeld) {
      await pace.turn();
      this.#last = performance.now();
    } else if (now - this.#breathed > BREATHE_EVERY) {
      await breath();
      this.#breathed = performance.now();
    }
  }

  /** Stores what is new, and tells of it. */
  async #flush(): Promise<void> {
    this.#updated = performance.now();
    const rows = this.#rows;
    this.#rows = [];
    const report = this.#progress.report();
    const batch = rows.length === 0 ? undefined : batchOf(this.#told, rows, this.#metrics);
    this.#told += rows.length;
    if (batch !== undefined) await appendBatch(this.#id, batch, {});
    if (report === undefined) return;
    const { phase, cycle, done, rate, secondsLeft } = report;
    this.#onUpdate({ ...(batch && { batch }), report: { phase, cycle, done, rate, secondsLeft } });
  }
}

/**
 * Runs a stored search to its end, or to where it is stopped.
 * @param told Candidates that the page knows: any more that are stored it is told of.
 * @param workers That share the forward runs.
 */
async function pursue(
  id: string,
  { told, workers }: RunOptions,
  onUpdate: (update: SearchUpdate) => void,
): Promise<SearchResult | undefined> {
  const stored = await storedSearch(id);
  if (stored === undefined) throw new InputError("This search is no longer stored in the browser.");
  if (stored.version !== version) {
    throw new InputError(
      `Version ${stored.version} of the program began this search, and this is ${version}: another version may try other candidates. Start it anew.`,
    );
  }
  const search = searchOf(stored.settings);
  const { space, problem } = search;
  const metrics = metricsOfAll([problem.topologyObjective, problem.sizeObjective]);
  checkConstraints(space, problem.constraints);
  const earlier = new CandidateTable(
    space.genes.length,
    metrics.map((metric) => metric.id),
  );
  for (const batch of await storedBatches(id, space.genes.length)) {
    earlier.append(batch);
    if (batch.from >= told) onUpdate({ batch });
  }
  await forgetFrom(id, earlier.count);
  const scoring = workers > 1 ? scoringAmong(stored.settings, space, workers) : scoringHere(stored.settings, space);
  const { evaluator } = scoring;
  try {
    const outcome = await new Run(id, search, earlier, onUpdate).outcome(evaluator);
    if (outcome === undefined) {
      await appendBatch(id, undefined, { status: "stopped" });
      return undefined;
    }
    const { best, cycles, reason } = outcome;
    const result = {
      best: codeOf(space, best),
      scores: await scoresOfBest(problem, outcome, evaluator),
      cycles,
      reason,
    };
    await appendBatch(id, undefined, { status: "ended", result });
    return result;
  } finally {
    await scoring.end();
  }
}

const worker = {
  /**
   * Runs a stored search; one page at a time does.
   * @returns What it has ended with; undefined where it was stopped.
   */
  async run(
    id: string,
    options: RunOptions,
    onUpdate: (update: SearchUpdate) => void,
  ): Promise<SearchResult | undefined> {
    pace = new Pace(options.isHeld);
    return withLock(id, () => pursue(id, options, onUpdate));
  },
  async pause(id: string): Promise<void> {
    pace.hold();
    await appendBatch(id, undefined, { status: "paused" });
  },
  async goOn(id: string): Promise<void> {
    pace.goOn();
    await appendBatch(id, undefined, { status: "running" });
  },
  step(): void {
    pace.step();
  },
  stop(): void {
    pace.stop();
  },
};

export type SearchWorker = typeof worker;

expose(worker);
