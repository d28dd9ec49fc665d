/** @file Studies that are only read, also while a search writes to them. */

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "@esnas/core";
import Database from "libsql";
import { onPath } from "../files.js";
import { STUDY_FILE } from "../run/run-folder.js";
import { fromDatabase } from "./database.js";

export type StudyConnection = InstanceType<typeof Database>;

/**
 * Does something with the study in the folder of a run, and changes nothing of it.
 * @throws {InputError} where there is none, or it cannot be read.
 */
export function readingStudy<T>(folder: string, action: (db: StudyConnection, path: string) => T): T {
  onPath("open the run", folder, () => statSync(folder));
  const path = join(folder, STUDY_FILE);
  if (!existsSync(path)) throw new InputError(`"${folder}" is not the folder of a run: it holds no ${STUDY_FILE}`);
  return fromDatabase("read", path, () => {
    const db = new Database(resolve(path));
    try {
      return action(db, path);
    } finally {
      db.close();
    }
  });
}
