/** @file Whether a search may go on: it runs, waits, takes one step, or is to stop. */

export class Pace {
  #isHeld: boolean;
  #isStopped = false;
  #go: (() => void) | undefined;

  constructor(isHeld = false) {
    this.#isHeld = isHeld;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  hold(): void {
    this.#isHeld = true;
  }

  goOn(): void {
    this.#isHeld = false;
    this.#release();
  }

  /** Lets what waits pass once. */
  step(): void {
    this.#isHeld = true;
    this.#release();
  }

  stop(): void {
    this.#isStopped = true;
    this.goOn();
  }

  /** Resolves at the next step, or when it goes on or is stopped; at once where nothing holds it. */
  turn(): Promise<void> {
    if (!this.#isHeld) return Promise.resolve();
    return new Promise((go) => {
      this.#go = go;
    });
  }

  #release(): void {
    const go = this.#go;
    this.#go = undefined;
    go?.();
  }
}
