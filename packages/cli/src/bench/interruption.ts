/** @file Ctrl-C, and a request to end, while work goes on that is to be left in order. */

import { EXIT } from "../version.js";

/** Milliseconds in which signals are one: a terminal's reaches a process that is watched by itself and through the one that watches. */
const ONE_SIGNAL = 300;

/** From when it is made: the first signal asks for a stop, the second one ends the process. */
export class Interruption {
  #askedAt: number | undefined;
  readonly #listen = () => {
    if (this.#askedAt === undefined) {
      this.#askedAt = performance.now();
      this.#onAsked();
    } else if (performance.now() - this.#askedAt > ONE_SIGNAL) process.exit(EXIT.stopped);
  };
  readonly #onAsked: () => void;

  constructor(onAsked: () => void = () => {}) {
    this.#onAsked = onAsked;
    process.on("SIGINT", this.#listen).on("SIGTERM", this.#listen);
  }

  get isAsked(): boolean {
    return this.#askedAt !== undefined;
  }

  /** Signals do again what they do by default. */
  end(): void {
    process.off("SIGINT", this.#listen).off("SIGTERM", this.#listen);
  }
}
