/**
 * @file Whether Redis is in trouble by itself: out of reach, full, or not writing. What workers lose meanwhile, locks and answers, is not
 * the fault of what they worked on.
 */

/** By the code that a reply of Redis begins with. */
const refusals: Readonly<Record<string, string>> = {
  OOM: "its memory is full",
  MISCONF: "it cannot write to its disk",
  READONLY: "it is a replica that is only read",
  NOREPLICAS: "it has too few replicas",
  LOADING: "it is still starting",
  BUSY: "it is busy with a script",
  CLUSTERDOWN: "its cluster is down",
  MASTERDOWN: "its master is out of reach",
};

/** Why Redis did not do what it was told, where a message says that; undefined where it says something else. */
export function refusalOf(message: string): string | undefined {
  const [, code] = /^(?:ReplyError: )?([A-Z]+) /.exec(message) ?? [];
  return code !== undefined && Object.hasOwn(refusals, code) ? refusals[code] : undefined;
}

export class Trouble {
  readonly #server: string;
  readonly #say: (words: string) => void;
  #refusal: string | undefined;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * @param server As messages name it.
   * @param say Told when it begins to refuse what it is told, and when it does so no more.
   */
  constructor(server: string, say: (words: string) => void) {
    this.#server = server;
    this.#say = say;
  }

  /** Why Redis refuses what it is told, in words; undefined while it does not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  refuses(words: string): void {
    if (this.#refusal === undefined) this.#say(`${this.#server} takes no jobs: ${words}; trying until it does`);
    this.#refusal = words;
    this.#last = performance.now();
  }

  obeys(): void {
    if (this.#refusal === undefined) return;
    this.#say(`${this.#server} takes jobs again`);
    this.#refusal = undefined;
    this.#last = performance.now();
  }

  /** It was out of reach just now. */
  wasLost(): void {
    this.#last = performance.now();
  }

  /** Whether there was any after a time, of `performance.now()`. */
  hasBeenSince(time: number): boolean {
    return this.#last >= time;
  }
}
