/** @file Files of the user's: read with clear errors, written whole or not at all. */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Architecture, architectureCosts, big, EsnasError, InputError, readGenotype } from "@esnas/core";

/** Bytes of a genotype's file: they are a few kB, and what is larger is something else. */
export const LARGEST_GENOTYPE = 4 * 2 ** 20;

/** What a file of ONNX, which is protobuf, can hold in float32. */
const MOST_PARAMETERS = 2 ** 29;

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

/**
 * Makes a folder that appears with what is in it, all at once; where that fails, nothing is left.
 * @param fill Puts files into the folder that it is given.
 */
export function makeFolder(folder: string, fill: (beside: string) => void): void {
  onPath("make the folder", folder, () => {
    const parent = dirname(resolve(folder));
    const made = mkdirSync(parent, { recursive: true });
    try {
      const beside = placeBeside(folder);
      try {
        mkdirSync(beside);
        fill(beside);
        renameSync(beside, folder);
      } catch (error) {
        rmSync(beside, { recursive: true, force: true });
        throw error;
      }
    } catch (error) {
      if (made !== undefined) removeEmpty(parent, made);
      throw error;
    }
  });
}

/** Removes folders from the inner to the outer one, as far as they are empty. */
function removeEmpty(inner: string, outer: string): void {
  try {
    for (let folder = inner; folder.startsWith(outer); folder = dirname(folder)) rmdirSync(folder);
  } catch {
    // Somebody has put something there meanwhile.
  }
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

export const ARCHITECTURE_FILE = "architecture.json";

/** Text of a file that may be of any size and kind. */
function readText(path: string, most: number): string {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    if (length > most) throw new InputError(`"${path}" is no genotype: it has more than ${most / 2 ** 20} MiB`);
    // Editors of Windows begin with a mark that JSON does not know.
    return buffer.toString("utf8", 0, length).replace(/^\uFEFF/, "");
  } finally {
    closeSync(descriptor);
  }
}

export type ReadGenotype = ReturnType<typeof readGenotype> & { readonly architecture: Architecture };

/**
 * Reads a genotype, and builds it, from a file or from the folder of a run.
 * @throws {InputError} where it cannot be read, is no genotype, or is of a model that no file could hold.
 */
export function readGenotypeFile(path: string): ReadGenotype {
  const isFolder = onPath("read", path, () => statSync(path).isDirectory());
  const file = isFolder ? join(path, ARCHITECTURE_FILE) : path;
  if (isFolder && !existsSync(file)) {
    throw new InputError(`cannot read "${file}": there is no such file or folder; a run has it when it has ended`);
  }
  return genotypeIn(
    onPath("read", file, () => readText(file, LARGEST_GENOTYPE)),
    file,
  );
}

/**
 * Reads a genotype from the text of a file, and builds it.
 * @throws {InputError} where it is no genotype, or is of a model that no file could hold.
 */
export function genotypeIn(text: string, file: string): ReadGenotype {
  try {
    const read = readGenotype(JSON.parse(text));
    const architecture = read.space.build(read.genotype);
    const { parameters } = architectureCosts(architecture);
    if (parameters > MOST_PARAMETERS) {
      throw new InputError(`a model of ${big(parameters)} parameters is too large: at most ${big(MOST_PARAMETERS)}`);
    }
    return { ...read, architecture };
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`"${file}" is not JSON: ${error.message}`);
    if (error instanceof EsnasError) throw new InputError(`"${file}": ${error.message}`);
    throw error;
  }
}
