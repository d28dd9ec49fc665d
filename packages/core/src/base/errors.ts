/**
 * @file Errors that a user or a caller can cause. Their messages say what was wrong, what was given and what would be
 * right; everything else that is thrown is a defect of this program.
 */

import { closest, distance } from "fastest-levenshtein";

/** Base of all errors that are told to a user in one line, without a stack trace. */
export class EsnasError extends Error {
  /** The class, by name: bundlers may rename the class itself. */
  override readonly name: string = "EsnasError";
}

/** A graph that cannot be built: shapes or attributes that do not fit an operator. */
export class GraphError extends EsnasError {
  /** The class, by name: bundlers may rename the class itself. */
  override readonly name = "GraphError";
}

/** Something from outside (a file, a flag, a genotype) is not of the form that is needed. */
export class InputError extends EsnasError {
  /** The class, by name: bundlers may rename the class itself. */
  override readonly name = "InputError";
}

/** No model of the space satisfies the constraints. */
export class InfeasibleError extends EsnasError {
  /** The class, by name: bundlers may rename the class itself. */
  override readonly name = "InfeasibleError";
  /** What a task needs less of for a model to be found, where that is known. */
  readonly remedy: "classes" | "images" | undefined;

  constructor(message: string, remedy?: "classes" | "images") {
    super(message);
    this.remedy = remedy;
  }
}

/** A metric was asked to score what its contract excludes. */
export class UnscorableError extends EsnasError {
  /** The class, by name: bundlers may rename the class itself. */
  override readonly name = "UnscorableError";
}

/** `1 value`, `2 values`: counts in messages. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** A text longer than this is no name with a slip in it. */
const LONGEST_SLIP = 60;

/** The one of `known` that differs from `given` by few enough edits to be a slip of the keyboard. */
export function likelyMeant(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || given.length > LONGEST_SLIP) return undefined;
  const guess = closest(given, known);
  return distance(given, guess) <= Math.max(2, given.length / 3) ? guess : undefined;
}

/** The error for a name that is in no registry: says what was given, what is known, and what was perhaps meant. */
export function unknownName(what: string, given: unknown, known: readonly string[]): InputError {
  if (typeof given !== "string")
    return new InputError(`a ${what} is a text, and was given as ${typeof given}. Known: ${known.join(", ")}.`);
  const guess = likelyMeant(given, known);
  const hint = guess === undefined ? "" : ` Did you mean "${guess}"?`;
  return new InputError(`unknown ${what} "${given.slice(0, 60)}".${hint} Known: ${known.join(", ")}.`);
}
