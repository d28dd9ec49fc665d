/** @file What browsers, Node and workers all have, and the language itself does not. Nothing else of a platform is used here. */

/** What is needed of an `AbortSignal`. */
export interface Signal {
  /** Whether it has been sent. */
  readonly aborted: boolean;
  /** Why, as the caller said. */
  readonly reason?: unknown;
}

interface Platform {
  readonly performance: { now(): number };
  setTimeout(action: () => void): unknown;
}

const platform = globalThis as unknown as Platform;

/** Milliseconds since some time. */
export function now(): number {
  return platform.performance.now();
}

/** Lets others have their turn: signals, messages, drawing. */
export function turn(): Promise<void> {
  return new Promise((done) => {
    platform.setTimeout(done);
  });
}
