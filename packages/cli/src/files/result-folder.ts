/** @file The folder of a result of `esnas bench`. A run writes over the files of an earlier one, and over nothing else. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "@esnas/core/internal";
import { writeWhole } from "./files.js";
import { checkFolderTarget, makeFolders } from "./folders.js";
import { readInputText } from "./input-file.js";

const SUMMARY = "summary.json";

/** Bytes of a summary that is looked at. */
const LARGEST_SUMMARY = 2 ** 28;

/** What every summary has: the command that it is a result of. */
interface Summary {
  readonly kind: string;
}

export interface ResultFile {
  readonly name: string;
  readonly content: string;
}

/**
 * Checks before long work that a folder is free, or of an earlier result.
 * @param kind The command, as in summaries of its results.
 * @param names Of the files that it writes beside the summary, as far as they are known.
 * @throws {InputError} where it cannot be made, or holds files that are not ours under the names of ours.
 */
export function checkFolder(folder: string, kind: string, names: readonly string[]): void {
  checkFolderTarget(folder);
  const taken = [SUMMARY, ...names].filter((name) => existsSync(join(folder, name)));
  if (taken.length === 0 || isOf(join(folder, SUMMARY), kind)) return;
  throw new InputError(`"${folder}" holds ${taken.join(", ")} of something else; choose another --out`);
}

function isOf(path: string, kind: string): boolean {
  try {
    return JSON.parse(readInputText(path, LARGEST_SUMMARY, "is too large")).kind === kind;
  } catch {
    return false;
  }
}

/** Writes all files of a result and gives their names; the summary comes last. */
export function writeFolder(folder: string, files: readonly ResultFile[], summary: Summary): readonly string[] {
  const all = [...files, { name: SUMMARY, content: `${JSON.stringify(summary, undefined, 2)}\n` }];
  makeFolders(folder);
  writeWhole(all.map(({ name, content }) => ({ path: join(folder, name), content })));
  return all.map(({ name }) => name);
}
