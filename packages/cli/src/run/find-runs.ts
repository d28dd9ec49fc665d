/** @file The folders of runs that a name on the command line stands for: one, those in a folder, those of a sweep. */

import { existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { STUDY_FILE } from "../study/study.js";

export interface NamedRun {
  readonly folder: string;
  /** Within the folder that was named. */
  readonly name: string;
}

/**
 * The folder itself, or those in it that are runs, or those of each folder in its `runs`, as a sweep has them; links that lead out
 * of it are not followed.
 * @returns None where there are none, or it cannot be read.
 */
export function runFoldersIn(root: string): NamedRun[] {
  try {
    const real = realpathSync(root);
    if (hasStudy(real)) return [{ folder: real, name: basename(real) }];
    const own = foldersIn(real).map((name) => ({ folder: join(real, name), name }));
    const groups = foldersIn(join(real, "runs")).flatMap((group) =>
      foldersIn(join(real, "runs", group)).map((name) => {
        return { folder: join(real, "runs", group, name), name: `${group} ${name}` };
      }),
    );
    return [...own, ...groups].filter(
      ({ folder }) => hasStudy(folder) && realpathSync(join(folder, STUDY_FILE)).startsWith(real + sep),
    );
  } catch {
    // It was removed, or is not there yet.
    return [];
  }
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith(".") && !entry.isFile())
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function hasStudy(folder: string): boolean {
  return existsSync(join(folder, STUDY_FILE));
}
