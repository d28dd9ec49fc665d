/**
 * @file The database of a sweep: what is searched for, what each search has ended with, and the candidates of all searches that have
 * ended, for queries over all of them. While a search runs, its history is in the study of its own run, as that of any search is; it
 * comes here whole when the search has ended, with what it has ended with, or not at all.
 *
 * Promises: one process at a time has it open; an ended search is there with all its candidates, also after SIGKILL; nothing that is
 * there changes.
 */

import { join, resolve } from "node:path";
import { InputError, type Settings, settingsSchema } from "@esnas/core/internal";
import { z } from "zod";
import {
  type Connection,
  checkForm,
  checkPages,
  createTables,
  type DatabaseForm,
  fromDatabase,
  openDatabase,
  select,
  selectValue,
} from "../files/database.js";
import { type Lock, lockDatabase } from "../files/database-lock.js";
import type { Summary } from "../run/summary.js";
import type { SweptGroup } from "./definition.js";

const FORM: DatabaseForm = {
  what: "sweep",
  // `ESNW`
  applicationId: 0x45534e57,
  schemaVersion: 1,
  tables: `
  CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE groups (
    id INTEGER PRIMARY KEY,      -- order in the file, from 1
    name TEXT NOT NULL UNIQUE,   -- of its folders
    varied TEXT NOT NULL,        -- JSON: the settings in which groups differ
    settings TEXT NOT NULL       -- JSON: all that a history follows from but the seed
  ) STRICT;
  CREATE TABLE searches (
    id INTEGER PRIMARY KEY,      -- order in the file, from 1
    group_id INTEGER NOT NULL REFERENCES groups,
    seed INTEGER NOT NULL,
    folder TEXT NOT NULL UNIQUE, -- of its run, within that of the sweep
    summary TEXT                 -- JSON: what it has ended with; null until then
  ) STRICT;
  CREATE TABLE candidates (
    search INTEGER NOT NULL REFERENCES searches,
    id INTEGER NOT NULL,         -- order of asking, from 1
    phase TEXT NOT NULL,
    cycle INTEGER NOT NULL,
    genotype TEXT NOT NULL,      -- JSON
    scores TEXT NOT NULL,        -- JSON: by metric, a number or {"value": null, "reason": "..."}
    parameters INTEGER NOT NULL,
    macs INTEGER NOT NULL,
    PRIMARY KEY (search, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE timings (
    search INTEGER NOT NULL,
    id INTEGER NOT NULL,
    milliseconds REAL NOT NULL,  -- from the evaluation before to this one
    PRIMARY KEY (search, id)
  ) STRICT, WITHOUT ROWID;
`,
};

/** The folder of the run of a seed, within that of the sweep. */
function runFolderOf({ name }: Pick<SweptGroup, "name">, seed: number): string {
  return join("runs", name, `seed${seed}`);
}

export interface SweptSearch {
  readonly id: number;
  readonly group: StoredGroup;
  readonly settings: Settings;
  /** Within that of the sweep. */
  readonly folder: string;
  /** Undefined until it has ended. */
  readonly summary: EndedSearch | undefined;
}

export interface StoredGroup extends Omit<SweptGroup, "seeds"> {
  /** From 1. */
  readonly id: number;
}

/** What is looked at of the summary of a search. */
export type EndedSearch = z.output<typeof endedSearch>;

const scoreSchema = z.union([z.number(), z.object({ value: z.null(), reason: z.string() })]);
const endedSearch = z.object({
  parameters: z.number(),
  macs: z.number(),
  latency: z.object({ milliseconds: z.number() }).optional(),
  scores: z.record(z.string(), scoreSchema),
  evaluations: z.record(z.string(), z.number()),
  cycles: z.number(),
  reason: z.string(),
  seconds: z.object({ total: z.number() }),
});

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("is no JSON");
    return z.NEVER;
  }
});
const groupRow = z.object({
  id: z.int(),
  name: z.string(),
  varied: json.pipe(z.record(z.string(), z.string())),
  settings: json.pipe(settingsSchema),
});
const searchRow = z.object({
  id: z.int(),
  group_id: z.int(),
  seed: z.int(),
  folder: z.string(),
  summary: json.pipe(endedSearch).nullable(),
});

export class SweepDatabase {
  readonly #path: string;
  readonly #db: Connection;
  readonly #lock: Lock;

  private constructor(path: string, db: Connection, lock: Lock) {
    this.#path = path;
    this.#db = db;
    this.#lock = lock;
  }

  /** Makes the file of a new sweep, which must not exist. */
  static create(path: string, groups: readonly SweptGroup[], version: string): void {
    const db = openDatabase(resolve(path));
    db.exec("BEGIN");
    createTables(db, FORM);
    db.prepare("INSERT INTO sweep VALUES ('version', ?)").run(version);
    const insertGroup = db.prepare("INSERT INTO groups VALUES (?, ?, ?, ?)");
    const insertSearch = db.prepare("INSERT INTO searches (group_id, seed, folder) VALUES (?, ?, ?)");
    for (const [i, group] of groups.entries()) {
      insertGroup.run(i + 1, group.name, JSON.stringify(group.varied), JSON.stringify(group.settings));
      for (const seed of group.seeds) insertSearch.run(i + 1, seed, runFolderOf(group, seed));
    }
    db.exec("COMMIT");
    db.close();
  }

  /**
   * Opens the file of an earlier sweep by this version of the program.
   * @throws {InputError} where it is no sweep, corrupt, of another version, or open in another process.
   */
  static open(path: string, version: string): SweepDatabase {
    const lock = lockDatabase(resolve(path));
    let db: Connection | undefined;
    try {
      return fromDatabase("read", path, () => {
        db = openDatabase(resolve(path));
        check(db, path, version);
        return new SweepDatabase(path, db, lock);
      });
    } catch (error) {
      db?.close();
      lock.release();
      throw error;
    }
  }

  /**
   * All searches, in the order of the file.
   * @throws {InputError} where they are not of the form that this program writes.
   */
  searches(): readonly SweptSearch[] {
    const rowsOf = (table: string, row: z.ZodObject) =>
      fromDatabase("read", this.#path, () => select(this.#db, Object.keys(row.shape), `FROM ${table} ORDER BY id`));
    const groups = z.array(groupRow).safeParse(rowsOf("groups", groupRow));
    const searches = z.array(searchRow).safeParse(rowsOf("searches", searchRow));
    if (!groups.success || !searches.success) throw this.#isChanged();
    const byId = new Map(groups.data.map((group) => [group.id, group]));
    return searches.data.map(({ id, group_id, seed, folder, summary }) => {
      const group = byId.get(group_id);
      // A folder that leads out of the sweep's is none that was written.
      if (group === undefined || folder !== runFolderOf(group, seed)) throw this.#isChanged();
      return { id, group, settings: { ...group.settings, seed }, folder, summary: summary ?? undefined };
    });
  }

  #isChanged(): InputError {
    return new InputError(`"${this.#path}" holds searches that are not of the form that this program writes`);
  }

  /**
   * Takes in a search that has ended, with all candidates of its study, which nobody has open.
   * @param study Its file.
   * @throws {InputError} where it cannot be written; nothing of it is then there.
   */
  end(id: number, study: string, summary: Summary): void {
    fromDatabase("write", this.#path, () => {
      this.#db.prepare("ATTACH ? AS run").run(resolve(study));
      try {
        this.#db.exec("BEGIN IMMEDIATE");
        try {
          this.#db.prepare("INSERT INTO candidates SELECT ?, of.* FROM run.candidates AS of ORDER BY of.id").run(id);
          this.#db.prepare("INSERT INTO timings SELECT ?, of.* FROM run.timings AS of ORDER BY of.id").run(id);
          this.#db.prepare("UPDATE searches SET summary = ? WHERE id = ?").run(JSON.stringify(summary), id);
          this.#db.exec("COMMIT");
        } catch (error) {
          if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
          throw error;
        }
      } finally {
        this.#db.exec("DETACH run");
      }
    });
  }

  close(): void {
    this.#db.close();
    this.#lock.release();
  }
}

/** @throws {InputError} where it is no sweep, or of another version of the program. */
function check(db: Connection, path: string, version: string): void {
  checkForm(db, path, FORM);
  checkPages(db, path);
  const madeBy = selectValue(db, "value", "FROM sweep WHERE key = 'version'");
  if (madeBy !== version) {
    throw new InputError(
      `"${path}" was made by esnas ${madeBy}; a sweep is resumed by the version that began it, this is ${version}`,
    );
  }
}
