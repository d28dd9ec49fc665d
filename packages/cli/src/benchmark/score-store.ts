/**
 * @file Scores that were made once, in an SQLite file that all runs of `esnas bench` share: a run that was stopped, or that asks
 * for more, goes on from there. A score is known by all that it follows from: the space with its options, the architecture,
 * the metric with its options, the seed of the weights, and the program.
 *
 * Promises: a score is there whole or not at all, also after SIGKILL; those of the last `WRITE_EVERY` may be lost with the process.
 * Several processes may have the file open.
 */

import { dirname, resolve } from "node:path";
import { InputError, type Score, type Space } from "@esnas/core/internal";
import { z } from "zod";
import {
  type Connection,
  checkForm,
  createTables,
  type DatabaseForm,
  fromDatabase,
  isEmpty,
  openDatabase,
  select,
  selectValue,
} from "../files/database.js";
import { makeFolders } from "../files/folders.js";

/** Milliseconds between writes. */
const WRITE_EVERY = 200;
/** Milliseconds to wait for another process that writes. */
const PATIENCE = 10_000;

const FORM: DatabaseForm = {
  what: "database of scores",
  // `ESNB`
  applicationId: 0x45534e42,
  schemaVersion: 1,
  tables: `
  CREATE TABLE scopes (
    id INTEGER PRIMARY KEY,
    space TEXT NOT NULL,     -- JSON: name, version, options
    metric TEXT NOT NULL,    -- its id: name and options
    seed INTEGER NOT NULL,   -- of weights and input; -1 for metrics that draw none
    program TEXT NOT NULL,   -- what made the scores
    UNIQUE (space, metric, seed, program)
  ) STRICT;
  CREATE TABLE scores (
    scope INTEGER NOT NULL REFERENCES scopes,
    architecture TEXT NOT NULL,
    score REAL,              -- null where there is none
    reason TEXT,             -- why there is none
    PRIMARY KEY (scope, architecture)
  ) STRICT, WITHOUT ROWID;
`,
};

const scoreRow = z.object({ architecture: z.string(), score: z.number().nullable(), reason: z.string().nullable() });

/** What a score follows from, besides its architecture. */
export interface Scope {
  readonly space: string;
  readonly metric: string;
  /** Undefined for metrics that draw no weights. */
  readonly seed: number | undefined;
  readonly program: string;
}

/** A space as a scope has it. */
export function spaceText({ name, version, options }: Space): string {
  return JSON.stringify({ name, version, options });
}

interface Pending {
  readonly scope: number;
  readonly architecture: string;
  readonly score: Score;
}

export class ScoreStore {
  readonly #path: string;
  readonly #db: Connection;
  readonly #insert: { run(...values: unknown[]): unknown };
  #pending: Pending[] = [];
  #written = performance.now();

  private constructor(path: string, db: Connection) {
    this.#path = path;
    this.#db = db;
    this.#insert = db.prepare("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)");
  }

  /**
   * Opens the file, which is made where there is none.
   * @throws {InputError} where it is something else, or cannot be made.
   */
  static open(path: string): ScoreStore {
    const absolute = resolve(path);
    makeFolders(dirname(absolute));
    let db: Connection | undefined;
    try {
      return fromDatabase("read", path, () => {
        const opened = openDatabase(absolute);
        db = opened;
        prepare(opened, path);
        return new ScoreStore(path, opened);
      });
    } catch (error) {
      db?.close();
      throw error;
    }
  }

  /** The number of a scope, by which its scores are read and put. */
  scope({ space, metric, seed = -1, program }: Scope): number {
    return fromDatabase("write", this.#path, () => {
      this.#db
        .prepare("INSERT OR IGNORE INTO scopes (space, metric, seed, program) VALUES (?, ?, ?, ?)")
        .run(space, metric, seed, program);
      const rest = "FROM scopes WHERE space = ? AND metric = ? AND seed = ? AND program = ?";
      const found = selectValue(this.#db, "id", rest, space, metric, seed, program);
      if (typeof found !== "number") throw this.#isChanged();
      return found;
    });
  }

  /** All scores of a scope, by architecture. */
  read(scope: number): Map<string, Score> {
    const columns = ["architecture", "score", "reason"];
    const rows = fromDatabase("read", this.#path, () =>
      select(this.#db, columns, "FROM scores WHERE scope = ?", scope),
    );
    return new Map(
      rows.map((row) => {
        const { success, data } = scoreRow.safeParse(row);
        if (!success) throw this.#isChanged();
        return [data.architecture, data.score ?? { value: null, reason: data.reason ?? "" }];
      }),
    );
  }

  #isChanged(): InputError {
    return new InputError(`"${this.#path}" holds scores that are not of the form that this program writes`);
  }

  put(scope: number, architecture: string, score: Score): void {
    this.#pending.push({ scope, architecture, score });
    if (performance.now() - this.#written > WRITE_EVERY) this.write();
  }

  /** Writes what was put and is not written yet. */
  write(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length > 0) {
      fromDatabase("write", this.#path, () => {
        this.#db.exec("BEGIN IMMEDIATE");
        for (const { scope, architecture, score } of pending) {
          const [value, reason] = typeof score === "number" ? [score, null] : [null, score.reason];
          this.#insert.run(scope, architecture, value, reason);
        }
        this.#db.exec("COMMIT");
      });
    }
    this.#written = performance.now();
  }

  /** Leaves one file behind: the log is merged into it, and goes unless another process has the file open. */
  close(): void {
    try {
      this.write();
    } finally {
      try {
        this.#db.pragma("wal_checkpoint(TRUNCATE)");
        this.#db.pragma("journal_mode = DELETE");
      } catch {
        // Another process is writing, and will do it.
      }
      this.#db.close();
    }
  }
}

function prepare(db: Connection, path: string): void {
  db.pragma(`busy_timeout = ${PATIENCE}`);
  const isNew = isEmpty(db);
  if (!isNew) checkForm(db, path, FORM);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  if (!isNew) return;
  db.exec("BEGIN IMMEDIATE");
  // Another process may have been first.
  if (isEmpty(db)) createTables(db, FORM);
  db.exec("COMMIT");
}
