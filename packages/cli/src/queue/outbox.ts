/** @file Networks that wait to be sent. What is asked for at once goes together, in batches of one kind. */

import { type Batch, batchOf, type PendingNetwork } from "./pending.js";

export interface OutboxOptions {
  /** Networks of one batch of a kind, now. */
  readonly batchSize: (kind: string) => number;
  readonly send: (batches: readonly Batch[]) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting = new Map<string, PendingNetwork[]>();
  #isScheduled = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  put(network: PendingNetwork): void {
    const sameKind = this.#waiting.get(network.kind);
    if (sameKind === undefined) this.#waiting.set(network.kind, [network]);
    else sameKind.push(network);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const kinds = [...this.#waiting];
      this.#waiting.clear();
      this.#options.send(kinds.flatMap(([kind, networks]) => this.#batches(kind, networks)));
    });
  }

  /** Takes out what has not been sent. */
  takeAll(): PendingNetwork[] {
    const networks = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    return networks;
  }

  #batches(kind: string, networks: readonly PendingNetwork[]): Batch[] {
    // A network of which a process has died, or with which a job failed, goes alone.
    const isAlone = ({ deaths, failures }: PendingNetwork) => deaths + failures > 0;
    const alone = networks.filter(isAlone).map((network) => [network]);
    const others = networks.filter((network) => !isAlone(network));
    const size = this.#options.batchSize(kind);
    const together = Array.from({ length: Math.ceil(others.length / size) }, (_, i) =>
      others.slice(i * size, (i + 1) * size),
    );
    return [...alone, ...together].map(batchOf);
  }
}
