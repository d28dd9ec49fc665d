/** @file How many networks a second of late. */

/** Milliseconds that count. */
const WINDOW = 30_000;
/** Milliseconds that are counted together. */
const STEP = 1000;

export class Rate {
  readonly #begin = performance.now();
  /** By step since the beginning. */
  readonly #counts = new Map<number, number>();

  note(networks: number, now = performance.now()): void {
    const step = Math.floor((now - this.#begin) / STEP);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + networks);
    this.#forget(step);
  }

  perSecond(now = performance.now()): number {
    this.#forget(Math.floor((now - this.#begin) / STEP));
    const networks = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return Math.round((1e4 * networks) / Math.max(STEP, Math.min(WINDOW, now - this.#begin))) / 10;
  }

  #forget(step: number): void {
    for (const old of this.#counts.keys()) {
      if (old <= step - WINDOW / STEP) this.#counts.delete(old);
    }
  }
}
