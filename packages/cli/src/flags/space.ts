/** @file `--space`: a space by its name, or a file that says what the hybrid space is to be. */

import {
  DEFAULT_SPACE,
  EsnasError,
  type HybridOptions,
  hybridOptionsIn,
  InputError,
  spaceNames,
} from "@esnas/core/internal";
import { Option } from "commander";
import { readInputText } from "../files/input-file.js";
import { parseYaml } from "../files/yaml-file.js";
import { oneOf } from "./options.js";

const FILE = /\.(ya?ml|json)$/;
/** Bytes. */
const LARGEST = 2 ** 20;

/** @param what Before the names. */
export const spaceOption = (what: string) =>
  new Option(
    "--space <name>",
    `${what}: ${spaceNames.join(", ")}; or a YAML file of your own, started by esnas space --print`,
  ).argParser((text: string) => (FILE.test(text) ? text : oneOf("space", spaceNames)(text)));

export interface GivenSpace {
  readonly name: string;
  /** Of the space, from a file. */
  readonly options: Partial<HybridOptions>;
  /** As it was named. */
  readonly file?: string;
}

/**
 * The space that `--space` names.
 * @throws {InputError} where a file cannot be read, or is of no space.
 */
export function givenSpace(text: string): GivenSpace {
  if (!FILE.test(text)) return { name: text, options: {} };
  return { name: DEFAULT_SPACE, options: readSpaceFile(text), file: text };
}

/** @throws {InputError} where it cannot be read, or is of no space. */
export function readSpaceFile(file: string): Partial<HybridOptions> {
  const text = readInputText(file, LARGEST, "is no file of a space: it has more than 1 MiB");
  try {
    return hybridOptionsIn(parseYaml(text));
  } catch (error) {
    if (error instanceof EsnasError) throw new InputError(`"${file}": ${error.message}`);
    throw error;
  }
}
