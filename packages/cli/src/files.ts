/** @file Files of the user's: read with clear errors, written whole or not at all. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, readGenotype } from "@esnas/core";

/** Genotypes are a few kB; what is larger is something else. */
const LARGEST_GENOTYPE = 4 * 2 ** 20;

const meanings: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "no permission",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  EEXIST: "it exists already",
  ENOSPC: "no space left",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "a circle of links",
};

/** Does something with a path; an error of the file system is told as the user's. */
export function onPath<T>(verb: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !(code in meanings)) throw error;
    throw new InputError(`cannot ${verb} "${path}": ${meanings[code]}`);
  }
}

/** Writes a file whole or not at all: beside its place first, then renamed. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const beside = `${path}.${randomBytes(4).toString("hex")}.partial`;
  try {
    onPath("write", path, () => {
      writeFileSync(beside, content);
      renameSync(beside, path);
    });
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Refuses to write over a file of the user's. */
export function refuseExisting(path: string, remedy: string): void {
  if (existsSync(path)) throw new InputError(`"${path}" exists already; ${remedy}`);
}

export const ARCHITECTURE_FILE = "architecture.json";

/**
 * Reads a genotype from a file, or from the folder of a run.
 * @throws {InputError} where it cannot be read or is no genotype.
 */
export function readGenotypeFile(path: string): ReturnType<typeof readGenotype> {
  const file = onPath("read", path, () => (statSync(path).isDirectory() ? join(path, ARCHITECTURE_FILE) : path));
  const text = onPath("read", file, () => {
    const { size } = statSync(file);
    if (size > LARGEST_GENOTYPE) throw new InputError(`"${file}" is no genotype: it has ${size} bytes`);
    return readFileSync(file, "utf8");
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`"${file}" is not JSON: ${(error as Error).message}`);
  }
  try {
    return readGenotype(json);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`"${file}": ${error.message}`);
    throw error;
  }
}
