/** @file Arguments of public functions that no schema describes: one that is of the wrong kind is named, before a TypeError names something inside. */

import { InputError } from "./errors.js";
import { preview } from "./first-issue.js";

/**
 * @param where - The function and its argument: `metricOf: "text"`.
 * @throws {@link InputError} that says what was given, and what is expected.
 */
export function checkArgument(holds: boolean, where: string, given: unknown, expected: string): asserts holds {
  if (!holds) throw wrongArgument(where, given, expected);
}

/** The error itself, for functions that are called so often that no text is made before it is wanted. */
export function wrongArgument(where: string, given: unknown, expected: string): InputError {
  const shown = given === undefined ? "is missing" : `was given ${preview(given)}`;
  return new InputError(`${where} ${shown}: expected ${expected}`);
}

/** @throws {@link InputError} where it is no text. */
export function checkText(where: string, given: unknown, expected: string): void {
  checkArgument(typeof given === "string", where, given, expected);
}

/** Whether it has properties. */
export function isObject(given: unknown): given is object {
  return typeof given === "object" && given !== null;
}
