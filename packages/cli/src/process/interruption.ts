/** @file Ctrl-C, and a request to end, while work goes on that is to be left in order. */

import { EXIT } from "../version.js";

/** Milliseconds in which signals are one: a terminal's reaches a process that is watched by itself and through the one that watches. */
const ONE_SIGNAL = 300;

/** From when it is made: the first signal asks for a stop, the second one ends the process, or does what it is given. */
export class Interruption {
  #askedAt: number | undefined;
  readonly #listen = (signal: NodeJS.Signals) => {
    if (this.#askedAt === undefined) {
      this.#askedAt = performance.now();
      this.#onAsked(signal);
    } else if (performance.now() - this.#askedAt > ONE_SIGNAL) this.#onInsisted();
  };
  readonly #onAsked: (signal: NodeJS.Signals) => void;
  readonly #onInsisted: () => void;

  constructor(
    onAsked: (signal: NodeJS.Signals) => void = () => {},
    onInsisted: () => void = () => process.exit(EXIT.stopped),
  ) {
    this.#onAsked = onAsked;
    this.#onInsisted = onInsisted;
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

/** Does something that Ctrl-C ends early, with the exit code that says so. */
export async function stoppable(action: (interruption: Interruption) => Promise<void>): Promise<void> {
  const interruption = new Interruption();
  try {
    await action(interruption);
    if (interruption.isAsked) process.exitCode = EXIT.stopped;
  } finally {
    interruption.end();
  }
}
