/** @file What the user is told of a queue: each thing once, and of Redis' own troubles when they begin and end. */

import { type QueueAddress, shownAddress } from "./address.js";
import { withoutSecrets } from "./connection.js";
import { refusalOf, Trouble } from "./redis-trouble.js";

export class Notices {
  readonly trouble: Trouble;
  readonly #address: QueueAddress;
  readonly #say: (words: string) => void;
  readonly #said = new Set<string>();

  constructor(address: QueueAddress, say: (words: string) => void) {
    this.#address = address;
    this.#say = say;
    this.trouble = new Trouble(shownAddress(address), say);
  }

  once(words: string): void {
    if (this.#said.has(words)) return;
    this.#said.add(words);
    this.#say(words);
  }

  /** What goes wrong with Redis, beside its being out of reach, which the connection tells of. */
  error(error: unknown): void {
    const { message, code } = error as NodeJS.ErrnoException;
    const refusal = refusalOf(message);
    const isOutOfReach = code !== undefined || /connection is closed|^connect |reconnect/i.test(message);
    if (refusal !== undefined) this.trouble.refuses(refusal);
    else if (!isOutOfReach) this.once(`the queue: ${withoutSecrets(message, this.#address)}`);
  }
}
