/** @file The workers that draw, score, write and measure, made when they are first needed. */

import { signal } from "@preact/signals";
import { proxy, type Remote, wrap } from "comlink";
import type { GpuTiming } from "../workers/gpu-timing.worker.js";
import type { Lab } from "../workers/lab.worker.js";
import type { Timing } from "../workers/timing.worker.js";

const startLab = () => new Worker(new URL("../workers/lab.worker.ts", import.meta.url), { type: "module" });
const startTiming = () => new Worker(new URL("../workers/timing.worker.ts", import.meta.url), { type: "module" });
const startGpuTiming = () =>
  new Worker(new URL("../workers/gpu-timing.worker.ts", import.meta.url), { type: "module" });

let own: Remote<Lab> | undefined;

/** Whether the worker could not be loaded: what is asked of it is never answered. */
export const isLabLost = signal(false);

export function lab(): Remote<Lab> {
  if (own === undefined) {
    const worker = startLab();
    worker.addEventListener("error", () => {
      isLabLost.value = true;
    });
    own = wrap<Lab>(worker);
  }
  return own;
}

/** A worker that can be ended whatever it does: for files that anyone may have written, and for what takes long. */
export class Guest<T> {
  readonly #start: () => Worker;
  #worker: Worker | undefined;
  #remote: Remote<T> | undefined;
  #fail: ((reason: Error) => void) | undefined;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  /** Calls something of the worker; fails where it is ended meanwhile, or cannot be loaded. */
  async call<A>(action: (remote: Remote<T>) => Promise<A>): Promise<A> {
    this.#worker ??= this.#start();
    this.#remote ??= wrap<T>(this.#worker);
    const ended = new Promise<never>((_, fail) => {
      this.#fail = fail;
      this.#worker?.addEventListener("error", ({ message }) => {
        fail(new Error(message || "What does this could not be loaded. Is this page offline?"));
      });
    });
    return Promise.race([action(this.#remote), ended]);
  }

  /** Ends the worker, and with it all that it knows. */
  end(reason = "Stopped."): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#remote = undefined;
    this.#fail?.(new Error(reason));
  }
}

export const guestLab = () => new Guest<Lab>(startLab);
export const guestTiming = () => new Guest<Timing>(startTiming);
export const guestGpuTiming = () => new Guest<GpuTiming>(startGpuTiming);

export { proxy };

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
