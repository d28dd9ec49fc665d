/** @file Milliseconds that a profile predicts of the candidates of a search, worked out when something is drawn by them. */

import type { LatencyProfile } from "@esnas/core/internal";
import { lab } from "./lab.js";
import type { Study } from "./study.js";

/** Candidates of one question. */
const MOST = 2000;

let made = 0;

export class Latencies {
  /** Tells it from others. */
  readonly id = ++made;
  readonly #study: Study;
  readonly profile: LatencyProfile;
  #column = new Float64Array(0);
  #count = 0;
  #isAsking = false;

  constructor(study: Study, profile: LatencyProfile) {
    this.#study = study;
    this.profile = profile;
  }

  /** Not a number where the profile knows nothing of a candidate. */
  get column(): Float64Array {
    return this.#column;
  }

  /** Candidates that have been worked out. */
  get count(): number {
    return this.#count;
  }

  /** Works out what is new. */
  async follow(onMore: () => void): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { table, space, settings } = this.#study;
    try {
      while (this.#count < table.count) {
        const width = table.genesPerCandidate;
        const to = Math.min(table.count, this.#count + MOST);
        const genes = table.genes.slice(this.#count * width, to * width);
        this.#append(await lab().latencies(space.name, settings.spaceOptions, this.profile, genes));
        onMore();
      }
    } finally {
      this.#isAsking = false;
    }
  }

  #append(times: Float64Array): void {
    const length = this.#count + times.length;
    if (length > this.#column.length) {
      const larger = new Float64Array(Math.max(length, 2 * this.#column.length));
      larger.set(this.#column);
      this.#column = larger;
    }
    this.#column.set(times, this.#count);
    this.#count = length;
  }
}
