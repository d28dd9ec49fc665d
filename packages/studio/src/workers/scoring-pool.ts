/**
 * @file Where the forward runs of a search are made: in its own worker, or shared among several. A search asks a few candidates ahead
 * and is told of them in the order of asking, so that its history is the same with any number of workers.
 */

import {
  codeOf,
  type Evaluator,
  evaluatorBy,
  localEvaluator,
  Scorer,
  type Settings,
  type Space,
} from "@esnas/core/internal";
import { type Remote, wrap } from "comlink";
import type { ScoringWorker } from "./scoring.worker.js";
import { webRuntime } from "./web-runtime.js";

export interface Scoring {
  readonly evaluator: Evaluator;
  end(): Promise<void> | void;
}

export function scoringHere({ seed }: Settings, space: Space): Scoring {
  const scorer = new Scorer(webRuntime(), { seed });
  return { evaluator: localEvaluator(space, scorer), end: () => scorer.release() };
}

export function scoringAmong(settings: Settings, space: Space, workers: number): Scoring {
  const pool = new ScoringPool(settings, workers);
  return { evaluator: pool.evaluator(space), end: () => pool.end() };
}

interface Member {
  readonly worker: Worker;
  readonly remote: Remote<ScoringWorker>;
  readonly failed: Promise<never>;
  /** Candidates that it has been given. */
  waiting: number;
}

class ScoringPool {
  readonly #settings: Settings;
  readonly #size: number;
  readonly #members: Member[] = [];

  constructor(settings: Settings, size: number) {
    this.#settings = settings;
    this.#size = size;
  }

  evaluator(space: Space): Evaluator {
    return evaluatorBy(space, async (genotype, metrics) => {
      const member = this.#idlest();
      member.waiting++;
      try {
        const ids = metrics.map(({ id }) => id);
        return await Promise.race([member.remote.scores(codeOf(space, genotype), ids), member.failed]);
      } finally {
        member.waiting--;
      }
    });
  }

  /** A new one as long as there may be more and all have something to do. */
  #idlest(): Member {
    const [least] = this.#members.toSorted((a, b) => a.waiting - b.waiting);
    if (least !== undefined && (least.waiting === 0 || this.#members.length >= this.#size)) return least;
    const made = started(this.#settings);
    this.#members.push(made);
    return made;
  }

  end(): void {
    for (const { worker } of this.#members) worker.terminate();
    this.#members.length = 0;
  }
}

function started(settings: Settings): Member {
  const worker = new Worker(new URL("./scoring.worker.ts", import.meta.url), { type: "module" });
  const remote = wrap<ScoringWorker>(worker);
  const failed = new Promise<never>((_, fail) => {
    worker.addEventListener("error", ({ message }) => {
      fail(new Error(message || "What scores candidates could not be loaded. Is this page offline?"));
    });
    remote.begin(settings).catch(fail);
  });
  // It is told to whoever waits; nobody may be waiting.
  failed.catch(() => {});
  return { worker, remote, failed, waiting: 0 };
}
