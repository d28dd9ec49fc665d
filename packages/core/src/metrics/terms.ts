/** @file How metrics are written: `logsynflow`, `entropic-score(site=post,batch=4)`, several with commas between them. */

import { InputError } from "../base/errors.js";

/**
 * The parts of a text between the commas that stand outside of parentheses.
 * @param whole - What a message shows.
 * @throws {@link InputError} where parentheses do not match.
 */
export function splitAtCommas(text: string, whole = text): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")") depth--;
    if (depth < 0 || (i === text.length && depth > 0)) {
      throw new InputError(`the parentheses of "${whole}" do not match`);
    }
    if (i < text.length && (text[i] !== "," || depth > 0)) continue;
    parts.push(text.slice(from, i).trim());
    from = i + 1;
  }
  return parts;
}

/** @throws {@link InputError} where two are the same. */
export function refuseRepeated(named: readonly { readonly id: string }[], whole: string): void {
  const repeated = named.find(({ id }, i) => named.findIndex((other) => other.id === id) !== i);
  if (repeated !== undefined) throw new InputError(`"${repeated.id}" is named twice in "${whole}"`);
}

/** A metric as it is written. */
export interface Term {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * The name and the options of a metric's text; no name where the text is of another form.
 * @throws {@link InputError} where an option is not of the form `option=value`.
 */
export function termOf(text: string): Term {
  const [, name = "", inner = ""] = /^\s*([^()\s]*)\s*(?:\((.*)\))?\s*$/.exec(text) ?? [];
  if (inner.trim() === "") return { name, options: {} };
  const options = splitAtCommas(inner, text).map((pair) => {
    const [key = "", value, ...rest] = pair.split("=").map((part) => part.trim());
    if (value === undefined || rest.length > 0) {
      throw new InputError(`options of metric "${text}" are not of the form name(option=value,...): "${pair}"`);
    }
    return [key, value];
  });
  return { name, options: Object.fromEntries(options) };
}
