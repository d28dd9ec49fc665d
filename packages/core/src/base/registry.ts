/** @file Things by name, to which others may be added: metrics, spaces, blocks. */

import { InputError, unknownName } from "./errors.js";

/** What a registry takes for a name. */
export interface NameForm {
  readonly pattern: RegExp;
  /** The pattern in words. */
  readonly form: string;
}

/** What is in parentheses or behind a comma would be read as something else. */
const WORDS: NameForm = {
  pattern: /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
  form: "small letters and digits, with hyphens between words",
};

export class Registry<T> {
  /** `metric`, as messages say it. */
  readonly what: string;
  readonly #items = new Map<string, T>();
  readonly #names: string[] = [];
  readonly #form: NameForm;

  constructor(what: string, items: Readonly<Record<string, T>>, form = WORDS) {
    this.what = what;
    this.#form = form;
    for (const [name, item] of Object.entries(items)) this.add(name, item);
  }

  /** In the order in which they came; grows with each that is added. */
  get names(): readonly string[] {
    return this.#names;
  }

  values(): Iterable<T> {
    return this.#items.values();
  }

  find(name: string): T | undefined {
    return this.#items.get(name);
  }

  /** @throws {@link InputError} where there is none of the name, with the names that there are. */
  get(name: string): T {
    const item = this.#items.get(name);
    if (item === undefined) throw unknownName(this.what, name, this.#names);
    return item;
  }

  /** @throws {@link InputError} where the name is taken, or is none. */
  add(name: string, item: T): void {
    const { pattern, form } = this.#form;
    if (!pattern.test(name)) throw new InputError(`invalid name "${name}" of a ${this.what}: use ${form}`);
    if (this.#items.has(name)) throw new InputError(`there is a ${this.what} "${name}" already; choose another name`);
    this.#items.set(name, item);
    this.#names.push(name);
  }
}
