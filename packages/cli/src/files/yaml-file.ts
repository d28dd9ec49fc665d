/** @file Files in YAML, of which JSON is a part, that users write. */

import { InputError } from "@esnas/core/internal";
import { parseDocument } from "yaml";

/**
 * What a text in YAML stands for.
 * @throws {InputError} where it is not YAML, or is ambiguous, with line and column.
 */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw new InputError(`not YAML or JSON: ${problem.message.split("\n")[0]?.replace(/:$/, "")}`);
  try {
    return document.toJS();
  } catch (error) {
    // Aliases of aliases of aliases.
    throw new InputError(`not YAML or JSON: ${(error as Error).message}`);
  }
}
