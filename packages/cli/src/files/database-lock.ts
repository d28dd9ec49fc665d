/**
 * @file One process at a time works on the database of a run or a sweep. The lock is SQLite's own, on an empty file beside it: it ends with the
 * process that holds it, however that ends, and whoever only reads the database does not notice it.
 */

import { accessSync, constants, rmSync } from "node:fs";
import { dirname } from "node:path";
import { InputError } from "@esnas/core/internal";
import { type Connection, isOfDatabase, openDatabase } from "./database.js";
import { onPath } from "./files.js";

export interface Lock {
  /** Frees the database and removes the file. */
  release(): void;
}

/**
 * Locks a database, without waiting.
 * @param path Absolute.
 * @throws {InputError} where another process holds it, or its folder cannot be written to.
 */
export function lockDatabase(path: string): Lock {
  const file = `${path}-lock`;
  onPath("write to the folder", dirname(path), () => accessSync(dirname(path), constants.W_OK));
  let db: Connection | undefined;
  try {
    const held = openDatabase(file);
    db = held;
    held.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    return {
      release() {
        rmSync(file, { force: true });
        held.close();
      },
    };
  } catch (error) {
    db?.close();
    if (!isOfDatabase(error)) throw error;
    const { message } = error;
    if ("code" in error && error.code === "SQLITE_BUSY")
      throw new InputError(`another process is working on "${path}"`);
    throw new InputError(`cannot write beside "${path}": ${message}`);
  }
}
