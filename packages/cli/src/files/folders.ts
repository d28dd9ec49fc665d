/** @file Folders for what the program writes: checked before long work, made without Node's own recursion, which can go on for ever. */

import { accessSync, constants, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "@esnas/core/internal";
import { onPath, placeBeside } from "./files.js";

/** Numbers that are tried for a name. */
const MOST_NAMES = 10_000;

/**
 * The first free of `NAME`, `NAME-2`, ...
 * @throws {InputError} where all that are tried are taken.
 */
export function freeName(name: string): string {
  for (let n = 1; n <= MOST_NAMES; n++) {
    const folder = n === 1 ? name : `${name}-${n}`;
    if (!existsSync(folder)) return folder;
  }
  throw new InputError(`"${name}" to "${name}-${MOST_NAMES}" exist already; choose another --out`);
}

/**
 * Makes a folder and those that it lies in, as far as they are missing.
 * @param named What the user has asked for.
 * @returns The outermost that was made, if any.
 * @throws {InputError} where one cannot be made; what was made is removed then.
 */
export function makeFolders(folder: string, named = folder): string | undefined {
  return onPath("make the folder", named, () => {
    // `mkdir` with `recursive` tries for ever where a file system has a folder and says of one in it that there is none (/proc).
    const missing = missingFolders(resolve(folder), named);
    const [outermost] = missing;
    for (const path of missing) {
      try {
        makeOne(path, named);
      } catch (error) {
        if (path !== outermost) removeEmpty(dirname(path), outermost ?? path);
        throw error;
      }
    }
    return outermost;
  });
}

/** Makes a folder in one that is there. */
function makeOne(path: string, named: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new InputError(`cannot make the folder "${named}": none can be made in "${dirname(path)}"`);
  }
}

/** Folders that are not there, from the outer to the inner one; the one that they are to be made in can be written to. */
function missingFolders(folder: string, named: string): readonly string[] {
  const missing: string[] = [];
  let path = folder;
  let found = statSync(path, { throwIfNoEntry: false });
  while (found === undefined && dirname(path) !== path) {
    missing.unshift(path);
    path = dirname(path);
    found = statSync(path, { throwIfNoEntry: false });
  }
  if (!found?.isDirectory()) throw new InputError(`cannot make the folder "${named}": "${path}" is no folder`);
  accessSync(path, constants.W_OK);
  return missing;
}

/** Removes folders from the inner to the outer one, as far as they are empty. */
function removeEmpty(inner: string, outer: string): void {
  try {
    for (let folder = inner; folder.startsWith(outer); folder = dirname(folder)) rmdirSync(folder);
  } catch {
    // Somebody has put something there meanwhile.
  }
}

/**
 * Checks before long work that a folder is there or can be made, and can be written to.
 * @throws {InputError} where it cannot.
 */
export function checkFolderTarget(folder: string): void {
  const made = makeFolders(folder);
  if (made !== undefined) removeEmpty(resolve(folder), made);
}

/**
 * Makes a folder that appears with what is in it, all at once; where that fails, nothing is left.
 * @param fill Puts files into the folder that it is given.
 */
export function makeFolder(folder: string, fill: (beside: string) => void): void {
  const parent = dirname(resolve(folder));
  const made = makeFolders(parent, folder);
  try {
    onPath("make the folder", folder, () => {
      const beside = placeBeside(folder);
      try {
        makeOne(beside, folder);
        fill(beside);
        renameSync(beside, folder);
      } catch (error) {
        rmSync(beside, { recursive: true, force: true });
        throw error;
      }
    });
  } catch (error) {
    if (made !== undefined) removeEmpty(parent, made);
    throw error;
  }
}
