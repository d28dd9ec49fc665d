/** @file The folder of a sweep. It appears with its database in it, all at once, when all of its searches have been checked. */

import { existsSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { InputError } from "@esnas/core/internal";
import { onPath, refuseExisting } from "../files/files.js";
import { freeName, makeFolder } from "../files/folders.js";
import { SweepDatabase } from "./database.js";
import type { SweptGroup } from "./definition.js";

export const SWEEP_FILE = "sweep.sqlite";

/** The first free of `sweeps/NAME`, `sweeps/NAME-2`, ... for a file `NAME.yaml`. */
export function freeSweepFolder(file: string): string {
  return freeName(join("sweeps", basename(file, extname(file))));
}

/** @throws {InputError} where the folder exists. */
export function refuseTaken(folder: string): void {
  refuseExisting(folder, "choose another --out, or go on with it by --resume");
}

/** @throws {InputError} where the folder exists or cannot be made. */
export function createSweep(folder: string, groups: readonly SweptGroup[], version: string): SweepDatabase {
  refuseTaken(folder);
  makeFolder(folder, (beside) => SweepDatabase.create(join(beside, SWEEP_FILE), groups, version));
  return openSweep(folder, version);
}

/** @throws {InputError} where there is no sweep, or none that can be gone on with. */
export function openSweep(folder: string, version: string): SweepDatabase {
  onPath("open the sweep", folder, () => statSync(folder));
  const path = join(folder, SWEEP_FILE);
  if (!existsSync(path)) throw new InputError(`"${folder}" is not the folder of a sweep: it holds no ${SWEEP_FILE}`);
  return SweepDatabase.open(path, version);
}
