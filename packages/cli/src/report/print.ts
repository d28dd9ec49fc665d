/** @file What commands print: the only way to the standard streams, so that no text of a file reaches a terminal as it is. */

import { printableLines } from "@esnas/core/internal";

/** Prints a result, of one or more lines. */
export function print(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

/** Prints a value as JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Says something about the work to the user, beside the result. */
export function tell(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}
