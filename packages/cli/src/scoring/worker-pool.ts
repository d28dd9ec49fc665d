/**
 * @file Worker processes. What a native runtime makes of a network, an abort or memory without end, ends a process; a thread would
 * take the program along. A worker that dies is replaced, and its task is tried again.
 */

import { fileURLToPath } from "node:url";
import { count, duration, InputError } from "@esnas/core/internal";
import pLimit from "p-limit";
import { type Pool, pool as startPool, TerminateError } from "workerpool";
import { pluginEnvironment } from "../plugins/plugins.js";
import { smallHeap } from "../process/heap.js";
import { childEnvironment } from "../process/watched.js";
import type { WorkerMethods } from "./worker.js";

/** Workers that a task may kill, one after another. */
export const DEATHS = 3;
/** Times in a row that a worker may end before it begins. */
const FAILED_STARTS = 3;
/** Milliseconds in which workers have to end. */
const ENDING = 2000;
/** Milliseconds for which what workers have begun with is waited for when the user stops the program. */
const PATIENCE = 5000;

type Name = keyof WorkerMethods;

export interface WorkerPool {
  /** Processes at once; each is started when there is work for it. */
  readonly workers: number;
  /**
   * Has something done by a worker, which does one thing at a time.
   * @throws {WorkerDeathError} where it has killed as many workers as a task may.
   * @throws {InputError} where no worker can be started.
   * @throws {AbandonedError} where it takes too long after `abandon`.
   */
  run<N extends Name>(
    name: N,
    task: Parameters<WorkerMethods[N]>[0],
    options?: TaskOptions,
  ): Promise<Awaited<ReturnType<WorkerMethods[N]>>>;
  /** The user stops the program: what workers have begun with is soon done, or is given up, since one of them may hang. */
  abandon(): void;
  /** Ends the workers; what they do is lost. */
  close(): Promise<void>;
}

export interface TaskOptions {
  /** Milliseconds after which a worker that has begun with the task is killed; absent: none. */
  readonly limit?: number;
  /** Workers that the task may kill, where that is fewer than the pool allows. */
  readonly deaths?: number;
}

/** What was asked for is not made any more, because the user stops the program. */
export class AbandonedError extends Error {}

/** A task that kills its workers. */
export class WorkerDeathError extends Error {
  /** @param end How the last of them ended: `by SIGKILL`. */
  constructor(
    deaths: number,
    readonly end: string,
  ) {
    super(deathsOf(deaths, end));
  }
}

/** Why a network has no scores of which so many workers died. */
export function deathsOf(deaths: number, end: string): string {
  return `${count(deaths, "worker")} died of it, the last ${end}`;
}

export interface PoolOptions {
  /** What a worker runs; a test may give another. */
  readonly script?: URL;
  /** Workers that a task may kill. */
  readonly deaths?: number;
}

/** A pool of so many workers. */
export function workerPool(
  workers: number,
  { script = new URL("./worker.js", import.meta.url), deaths: most = DEATHS }: PoolOptions = {},
): WorkerPool {
  let started: Pool | undefined;
  // The queue is here: the library's own stands still after a death until something is added to it.
  const limit = pLimit(workers);

  function pool(): Pool {
    started ??= startPool(fileURLToPath(script), {
      workerType: "process",
      maxWorkers: workers,
      // A group of its own: a terminal's Ctrl-C reaches the program alone, which ends the workers when it is done with them.
      forkOpts: {
        detached: true,
        execArgv: [...process.execArgv, ...smallHeap],
        serialization: "advanced",
        env: { ...childEnvironment(), ...pluginEnvironment() },
      },
    });
    return started;
  }

  async function tried<N extends Name>(
    name: N,
    task: unknown,
    { limit, deaths: allowed = most }: TaskOptions,
  ): Promise<Awaited<ReturnType<WorkerMethods[N]>>> {
    let deaths = 0;
    let failedStarts = 0;
    for (;;) {
      let hasBegun = false;
      let isLate = false;
      let timer: NodeJS.Timeout | undefined;
      const on = (pid: number) => {
        hasBegun = true;
        if (limit === undefined) return;
        timer = setTimeout(() => {
          isLate = true;
          end(pid);
        }, limit);
      };
      try {
        return await pool().exec(name, [task], { on });
      } catch (error) {
        if (!(error instanceof TerminateError)) throw fromWorker(error);
        if (hasBegun) deaths++;
        else failedStarts++;
        const how = isLate && limit !== undefined ? `by the limit of ${duration(limit / 1000)}` : endOf(error);
        if (deaths >= Math.min(allowed, most)) throw new WorkerDeathError(deaths, how);
        // Each of the workers may have died while it had nothing to do.
        if (failedStarts >= FAILED_STARTS + workers) throw new InputError(`worker processes do not start: ${how}`);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  const waiting = new Set<(error: AbandonedError) => void>();
  const abandoned = () => new AbandonedError("the workers are not waited for any more");
  let isAbandoned = false;
  let patience: NodeJS.Timeout | undefined;

  return {
    workers,
    run: (name, task, options = {}) =>
      new Promise((resolve, reject) => {
        if (isAbandoned) throw abandoned();
        waiting.add(reject);
        limit(() => tried(name, task, options))
          .finally(() => waiting.delete(reject))
          .then(resolve, reject);
      }),
    abandon() {
      patience ??= setTimeout(() => {
        isAbandoned = true;
        for (const reject of waiting) reject(abandoned());
      }, PATIENCE);
    },
    async close() {
      clearTimeout(patience);
      try {
        await started?.terminate(true, ENDING);
      } catch {
        // One that had died before is waited for in vain.
      }
    },
  };
}

/** Errors lose their classes on the way from a worker: one of the user's stays one. */
function fromWorker(error: unknown): unknown {
  return error instanceof Error && error.name === "InputError" ? new InputError(error.message) : error;
}

/** Ends a worker whatever it does: one that hangs listens to nobody. */
function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** `by SIGKILL`, `with exit code 1`: as the library tells of it. */
function endOf({ message }: Error): string {
  const [, signal] = /signalCode: `(SIG\w+)`/.exec(message) ?? [];
  const [, code] = /exitCode: `(\d+)`/.exec(message) ?? [];
  if (signal !== undefined) return `by ${signal}`;
  return code === undefined ? message.split("\n", 1).join() : `with exit code ${code}`;
}
