/** @file Studies that are only read, also while a search writes to them. */

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "@esnas/core/internal";
import { type Connection, checkForm, fromDatabase, openDatabase } from "../files/database.js";
import { onPath } from "../files/files.js";
import { STUDY_FILE, STUDY_FORM } from "./study.js";

/** Milliseconds to wait for a search that closes its study. */
const PATIENCE = 200;

/**
 * Does something with the study in the folder of a run, whose form is checked, and changes nothing of it.
 * @throws {InputError} where there is none, or it cannot be read.
 */
export function readingStudy<T>(folder: string, action: (db: Connection, path: string) => T): T {
  onPath("open the run", folder, () => statSync(folder));
  const path = join(folder, STUDY_FILE);
  if (!existsSync(path)) throw new InputError(`"${folder}" is not the folder of a run: it holds no ${STUDY_FILE}`);
  return fromDatabase("read", path, () => {
    const db = openDatabase(resolve(path));
    db.pragma(`busy_timeout = ${PATIENCE}`);
    try {
      checkForm(db, path, STUDY_FORM);
      return action(db, path);
    } finally {
      db.close();
    }
  });
}
