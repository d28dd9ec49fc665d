/** @file Files of the user's: read with clear errors, written whole or not at all. */

import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "@esnas/core/internal";

const meanings: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "no permission",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  EEXIST: "it exists already",
  ENOTEMPTY: "it exists already",
  ENOSPC: "no space left",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "a circle of links",
};

/** Does something with a path; an error of the file system is told as the user's. */
export function onPath<T>(verb: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new InputError(`cannot ${verb} "${path}": ${meanings[code] ?? code}`);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * A hidden name beside a path, to make there what is then renamed into place. What processes that were killed have left
 * under such names for the same path is removed.
 */
export function placeBeside(path: string): string {
  const [folder, prefix, suffix] = [dirname(resolve(path)), `.${basename(path)}.`, ".partial"];
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(prefix) && name.endsWith(suffix) ? name.slice(prefix.length, -suffix.length) : "";
    if (!/^\d+$/.test(pid) || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  return join(folder, `${prefix}${process.pid}${suffix}`);
}

export interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Writes files, each whole or not at all, and none if one of them cannot be written: beside their places, then renamed. */
export function writeWhole(files: readonly FileToWrite[]): void {
  const renames: [beside: string, place: string][] = [];
  try {
    for (const { path, content } of files) {
      onPath("write", path, () => {
        const place = existsSync(path) ? realpathSync(path) : path;
        const beside = placeBeside(place);
        renames.push([beside, place]);
        writeFileSync(beside, content);
      });
    }
    for (const [beside, place] of renames) onPath("write", place, () => renameSync(beside, place));
  } finally {
    for (const [beside] of renames) rmSync(beside, { force: true });
  }
}

/** Also true of a link that leads nowhere. */
function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Refuses to write over a file of the user's. */
export function refuseExisting(path: string, remedy: string): void {
  if (exists(path)) throw new InputError(`"${path}" exists already; ${remedy}`);
}

/**
 * Checks before long work that a file can be written afterwards.
 * @throws {InputError} where it cannot, or where it exists and there is no force.
 */
export function checkTarget(path: string, force: boolean): void {
  if (!force) refuseExisting(path, "give --force to write over it");
  if (existsSync(path) && !statSync(path).isFile()) throw new InputError(`cannot write "${path}": it is no file`);
  onPath("write", path, () => {
    readdirSync(dirname(path));
    accessSync(dirname(path), constants.W_OK);
  });
}
