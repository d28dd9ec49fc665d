/**
 * @file How many candidates travel together. A batch costs a message, whatever is in it: cheap candidates go together, until a batch takes
 * a tenth of a second; yet each worker should have one under way and one that waits.
 */

import { MOST_GENOTYPES } from "./protocol.js";

/** Milliseconds of work that a batch is filled up to. */
const FULL = 100;
/** Weight of the newest measurement of a candidate's cost. */
const NEWEST = 0.3;
/** Kinds of candidates whose costs are remembered. */
const MOST_KINDS = 1000;

/** What candidates cost, by kind: those of one space, and the same metrics, cost about the same. */
export class Costs {
  readonly #milliseconds = new Map<string, number>();

  note(kind: string, milliseconds: number, candidates: number): void {
    const each = milliseconds / candidates;
    const known = this.#milliseconds.get(kind);
    this.#milliseconds.delete(kind);
    this.#milliseconds.set(kind, known === undefined ? each : known + NEWEST * (each - known));
    if (this.#milliseconds.size > MOST_KINDS) {
      const [oldest] = this.#milliseconds.keys();
      if (oldest !== undefined) this.#milliseconds.delete(oldest);
    }
  }

  /** Milliseconds of one candidate; undefined where none has been scored. */
  of(kind: string): number | undefined {
    return this.#milliseconds.get(kind);
  }
}

/**
 * Candidates of one batch.
 * @param each Milliseconds of one; undefined where it is not known, and batches are of one.
 * @param open Candidates that are under way or wait.
 * @param slots Candidates that workers score at once.
 */
export function batchSize(each: number | undefined, open: number, slots: number): number {
  if (each === undefined) return 1;
  const share = Math.ceil(open / (2 * Math.max(1, slots)));
  return Math.max(1, Math.min(share, Math.floor(FULL / Math.max(each, 1e-3)), MOST_GENOTYPES));
}
