/** @file Files of latency profiles, and where this machine's is. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError, type LatencyProfile, readLatencyProfile } from "@esnas/core/internal";
import { nameOfMachine } from "../runtime/machine.js";
import { checkTarget, writeWhole } from "./files.js";
import { checkFolderTarget, makeFolders } from "./folders.js";
import { readInputText } from "./input-file.js";

/** Profiles have a few kB; what is larger is something else. */
const LARGEST_PROFILE = 4 * 2 ** 20;

/** Where the profile of this machine is kept, below the folder that one is in. */
export function defaultProfile(threads = 1): string {
  return join("latency", `${nameOfMachine(threads)}.json`);
}

/**
 * Reads a profile.
 * @throws {InputError} where there is none at the path, which says how to make one.
 */
export function readProfileFile(path = defaultProfile()): LatencyProfile {
  if (!existsSync(path)) {
    throw new InputError(
      `there is no latency profile "${path}"; measure this machine's once with: esnas latency --calibrate --profile ${path}`,
    );
  }
  const text = readInputText(path, LARGEST_PROFILE, "is no latency profile: it has more than 4 MiB");
  try {
    return readLatencyProfile(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`"${path}" is not JSON: ${error.message}`);
    if (error instanceof InputError) throw new InputError(`"${path}": ${error.message}`);
    throw error;
  }
}

export function writeProfileFile(path: string, profile: LatencyProfile): void {
  makeFolders(dirname(path));
  writeWhole([{ path, content: `${JSON.stringify(profile, undefined, 2)}\n` }]);
}

/**
 * Checks before long work that a profile can be written afterwards; its folder may be made then.
 * @throws {InputError} where it cannot, or where it exists and there is no force.
 */
export function checkProfileTarget(path: string, force: boolean): void {
  checkFolderTarget(dirname(path));
  if (existsSync(dirname(path))) checkTarget(path, force);
}
