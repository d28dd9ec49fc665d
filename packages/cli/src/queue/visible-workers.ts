/** @file The workers of a queue as a search sees them: how many networks they score at once, and which of them are refused. */

import type { QueueConnection } from "./connection.js";
import type { Notices } from "./notices.js";
import { type Identity, present, refusal, takers } from "./presence.js";

export class VisibleWorkers {
  readonly #connection: QueueConnection;
  readonly #asker: Identity;
  readonly #notices: Notices;
  #slots = 0;
  #changed = performance.now();

  /** @param asker Whose workers count. */
  constructor(connection: QueueConnection, asker: Identity, notices: Notices) {
    this.#connection = connection;
    this.#asker = asker;
    this.#notices = notices;
  }

  /** Networks that are scored at once. */
  get slots(): number {
    return this.#slots;
  }

  /** Milliseconds for which there has been no worker; undefined while there is one. */
  absentFor(): number | undefined {
    return this.#slots === 0 ? performance.now() - this.#changed : undefined;
  }

  /** @throws {Error} where Redis does not tell. */
  async look(): Promise<void> {
    const { redis, address } = this.#connection;
    const workers = await present(redis, address.prefix, "worker");
    const slots = takers(workers, this.#asker.program).reduce((sum, worker) => sum + worker.slots, 0);
    if ((slots === 0) !== (this.#slots === 0)) this.#changed = performance.now();
    this.#slots = slots;
    for (const worker of workers) {
      const reason = refusal(worker, this.#asker);
      if (reason !== undefined) this.#notices.once(`worker ${worker.id} is refused: ${reason}`);
    }
  }
}
