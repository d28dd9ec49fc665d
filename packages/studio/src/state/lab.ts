/** @file The worker that draws, scores and writes files, made when it is first needed. */

import { proxy, type Remote, wrap } from "comlink";
import type { Lab } from "../workers/lab.worker.js";

function start(): { readonly worker: Worker; readonly lab: Remote<Lab> } {
  const worker = new Worker(new URL("../workers/lab.worker.ts", import.meta.url), { type: "module" });
  return { worker, lab: wrap<Lab>(worker) };
}

let own: ReturnType<typeof start> | undefined;

export function lab(): Remote<Lab> {
  own ??= start();
  return own.lab;
}

/** A worker for files that anyone may have written: it can be ended whatever it does. */
export class GuestLab {
  #guest: ReturnType<typeof start> | undefined;
  #fail: ((reason: Error) => void) | undefined;

  /** Calls something of the worker; fails where the worker is ended meanwhile. */
  async call<T>(action: (lab: Remote<Lab>) => Promise<T>): Promise<T> {
    this.#guest ??= start();
    const ended = new Promise<never>((_, fail) => {
      this.#fail = fail;
    });
    return Promise.race([action(this.#guest.lab), ended]);
  }

  /** Ends the worker, and with it all that it knows. */
  end(reason = "Stopped."): void {
    this.#guest?.worker.terminate();
    this.#guest = undefined;
    this.#fail?.(new Error(reason));
  }
}

export { proxy };

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
