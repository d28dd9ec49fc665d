/** @file Whether a search has anything to choose by: where no candidate has a score by one of its metrics, its model is one at random. */

import { InputError, type Scores } from "@esnas/core/internal";

export class ScoredMetrics {
  /** Ids of metrics that have scored a candidate. */
  readonly #scored = new Set<string>();
  /** Why the first candidate has no score, by the ids of the others. */
  readonly #reasons = new Map<string, string>();

  note(scores: Scores): void {
    for (const [id, score] of Object.entries(scores)) {
      if (typeof score === "number") this.#scored.add(id);
      else if (!this.#reasons.has(id)) this.#reasons.set(id, score.reason);
    }
  }

  /** @throws {InputError} where a metric has scored none of the candidates. */
  check(): void {
    for (const [id, reason] of this.#reasons) {
      if (this.#scored.has(id)) continue;
      throw new InputError(
        `no candidate of the search has a score by ${id} (${reason}): there is no model to choose; the study keeps what was tried`,
      );
    }
  }
}
