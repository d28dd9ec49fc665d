/** @file What is wrong with data that a user gave, in one line. */

import type { z } from "zod";

/** A value as an error message shows it: whatever its size and depth, in a few words. */
export function preview(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "bigint") return `${value}n`.slice(0, 60);
  if (typeof value === "function") return "a function";
  return JSON.stringify(value)?.slice(0, 60) ?? String(value);
}

/** Names as an error message lists them: the first few, each cut short. */
function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(preview).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** What was wrong, where, and what was given: the first of a schema's complaints in one line. */
export function firstIssue(error: z.ZodError, json: unknown): string {
  const [issue] = error.issues;
  if (issue === undefined) return error.message;
  const path = issue.path.map(String);
  let given: unknown = json;
  for (const key of path)
    given = typeof given === "object" && given !== null ? (given as Record<string, unknown>)[key] : undefined;
  const where = path.length === 0 ? "it" : `"${path.join(".")}"`;
  const shown = given === undefined ? "is missing" : `was given ${preview(given)}`;
  switch (issue.code) {
    case "unrecognized_keys":
      return `${where} has ${someOf(issue.keys)}, which is not known`;
    case "invalid_value":
      return `${where} ${shown}; it takes ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_big":
    case "too_small":
      return `${where} has a length or value out of range: ${issue.message}`;
    default:
      return `${where} ${shown}: ${issue.message}`;
  }
}
