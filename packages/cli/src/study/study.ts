/**
 * @file A study: the history of one search in an SQLite file that the sqlite3 command line opens. One row an evaluation, in
 * order; times live in a table of their own, so that two runs of one seed have equal candidates.
 *
 * Promises: a row is there whole or not at all, also after SIGKILL; rows are appended in order and never changed; rows that
 * were appended less than `COMMIT_EVERY` ago may be lost with the process, and only those at the end. One process at a time
 * has a study open. Nothing is written before the first row that is appended.
 */

import { resolve } from "node:path";
import {
  type Evaluation,
  InputError,
  type RecordedEvaluation,
  type Scores,
  type Settings,
  settingsSchema,
} from "@esnas/core";
import Database from "libsql";
import { z } from "zod";
import { fromDatabase } from "./database.js";
import { type Insertion, insertionInto, type Row } from "./insertion.js";
import { type Lock, lockStudy } from "./lock.js";

/** `ESNS`, in the header of the file. */
const APPLICATION_ID = 0x45534e53;
/** Of the tables. */
const SCHEMA_VERSION = 1;
/** Milliseconds between commits. */
const COMMIT_EVERY = 200;
/** Rows that are read at once. */
const ROWS_AT_ONCE = 500;

const TABLES = `
  CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE candidates (
    id INTEGER PRIMARY KEY,      -- order of asking, from 1
    phase TEXT NOT NULL,         -- topology, size, or the algorithm's name
    cycle INTEGER NOT NULL,      -- from 1
    genotype TEXT NOT NULL,      -- JSON
    scores TEXT NOT NULL,        -- JSON: by metric, a number or {"value": null, "reason": "..."}
    parameters INTEGER NOT NULL,
    macs INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE timings (
    id INTEGER PRIMARY KEY REFERENCES candidates,
    milliseconds REAL NOT NULL   -- from the evaluation before to this one
  ) STRICT;
`;

const scoresSchema = z.record(z.string(), z.union([z.number(), z.object({ value: z.null(), reason: z.string() })]));

/** A row of the table `candidates`, with its time. */
export const candidateRow = z.object({
  genotype: z.string(),
  phase: z.string(),
  cycle: z.number(),
  scores: z.string().transform(parsed).pipe(scoresSchema),
  parameters: z.number(),
  macs: z.number(),
  milliseconds: z.number().nullable(),
});

/** An evaluation that is read back. */
export interface StoredEvaluation extends RecordedEvaluation, StoredBeside {}

/** What is stored beside an evaluation. */
interface StoredBeside {
  readonly parameters: number;
  readonly macs: number;
  readonly milliseconds: number;
}

/** An evaluation with what is stored beside it. */
export interface CandidateRow extends StoredBeside {
  readonly evaluation: Evaluation;
  /** JSON text. */
  readonly genotype: string;
}

type Connection = InstanceType<typeof Database>;

export class Study {
  readonly settings: Settings;
  readonly #path: string;
  readonly #db: Connection;
  readonly #lock: Lock;
  readonly #insertCandidates: Insertion;
  readonly #insertTimings: Insertion;
  /** Rows that have been appended since the last commit. */
  #candidates: Row[] = [];
  #timings: Row[] = [];
  #committed = Number.NEGATIVE_INFINITY;
  #isWritten = false;

  private constructor(path: string, db: Connection, lock: Lock, settings: Settings) {
    this.settings = settings;
    this.#path = path;
    this.#db = db;
    this.#lock = lock;
    this.#insertCandidates = insertionInto(db, "candidates", 7);
    this.#insertTimings = insertionInto(db, "timings", 2);
  }

  /** Makes the file of a new study, which must not exist. */
  static create(path: string, settings: Settings, version: string): void {
    const db = new Database(resolve(path));
    db.exec("BEGIN");
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
    db.exec(TABLES);
    const insert = db.prepare("INSERT INTO study VALUES (?, ?)");
    insert.run("settings", JSON.stringify(settings));
    insert.run("version", version);
    db.exec("COMMIT");
    db.close();
  }

  /**
   * Opens the file of an earlier run of this version of the program.
   * @throws {InputError} where it is no study, corrupt, of another version, or open in another process.
   */
  static open(path: string, version: string): Study {
    const lock = lockStudy(resolve(path));
    let db: Connection | undefined;
    try {
      return fromDatabase("read", path, () => {
        db = new Database(resolve(path));
        const settings = checkedSettings(db, path, version);
        return new Study(path, db, lock, settings);
      });
    } catch (error) {
      db?.close();
      lock.release();
      throw error;
    }
  }

  /**
   * All evaluations in order, read a few at a time.
   * @throws {InputError} while they are read, where one is not of the form that this program writes.
   */
  *recorded(): Generator<StoredEvaluation> {
    const sql = `SELECT genotype, phase, cycle, scores, parameters, macs, milliseconds FROM candidates LEFT JOIN timings USING (id)
       WHERE id > ? ORDER BY id LIMIT ${ROWS_AT_ONCE}`;
    const next = fromDatabase("read", this.#path, () => this.#db.prepare(sql));
    let read = 0;
    for (;;) {
      const rows = fromDatabase("read", this.#path, () => next.all(read));
      if (rows.length === 0) return;
      for (const row of rows) {
        const { success, data } = candidateRow.safeParse(row);
        read++;
        if (!success)
          throw new InputError(`"${this.#path}": candidate ${read} is not of the form that this program writes`);
        yield { ...data, scores: data.scores as Scores, milliseconds: data.milliseconds ?? 0 };
      }
    }
  }

  /** Evaluations. */
  size(): number {
    this.commit();
    const sql = "SELECT COUNT(*) FROM candidates";
    const [count] = fromDatabase("read", this.#path, () => this.#db.prepare(sql).raw().get()) as [number];
    return count;
  }

  /** Milliseconds spent on each phase by all runs of the study together. */
  milliseconds(): Record<string, number> {
    this.commit();
    const rows = fromDatabase("read", this.#path, () =>
      this.#db
        .prepare("SELECT phase, SUM(milliseconds) FROM candidates JOIN timings USING (id) GROUP BY phase")
        .raw()
        .all(),
    ) as [string, number][];
    return Object.fromEntries(rows);
  }

  /**
   * Appends an evaluation.
   * @param order From 0.
   * @throws {InputError} where it cannot be written.
   */
  append(order: number, { evaluation, genotype, parameters, macs, milliseconds }: CandidateRow): void {
    const { phase, cycle } = evaluation.candidate;
    this.#candidates.push([order + 1, phase, cycle, genotype, JSON.stringify(evaluation.scores), parameters, macs]);
    this.#timings.push([order + 1, milliseconds]);
    if (performance.now() - this.#committed > COMMIT_EVERY) this.commit();
  }

  /** From now on a log that readers do not wait for, flushed when SQLite sees fit: whole after a killed process. */
  #beginWriting(): void {
    this.#db.pragma("busy_timeout = 2000");
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = NORMAL");
    this.#isWritten = true;
  }

  /**
   * Writes what has been appended.
   * @throws {InputError} where it cannot be written; it is then kept for another try.
   */
  commit(): void {
    if (this.#candidates.length === 0) return;
    fromDatabase("write", this.#path, () => {
      if (!this.#isWritten) this.#beginWriting();
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        this.#insertCandidates(this.#candidates);
        this.#insertTimings(this.#timings);
        this.#db.exec("COMMIT");
      } catch (error) {
        if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
    this.#candidates = [];
    this.#timings = [];
    this.#committed = performance.now();
  }

  /** Leaves one file behind: the log is merged into it, and goes unless somebody else has the study open. */
  close(): void {
    try {
      this.commit();
      fromDatabase("write", this.#path, () => {
        this.#db.pragma("wal_checkpoint(TRUNCATE)");
        this.#db.pragma("journal_mode = DELETE");
      });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    } finally {
      this.#db.close();
      this.#lock.release();
    }
  }
}

/**
 * What the study was asked for, of a database that may be anything.
 * @param version Of the program that made it; any, where it is absent.
 * @throws {InputError} where it is no study, or of another version of the program.
 */
export function checkedSettings(db: Connection, path: string, version?: string): Settings {
  const first = (sql: string) => (db.prepare(sql).raw().get() as unknown[] | undefined)?.[0];
  const check = first("PRAGMA quick_check(1)");
  if (check !== "ok") throw new InputError(`"${path}" is corrupt: ${check}`);
  if (first("PRAGMA application_id") !== APPLICATION_ID) throw new InputError(`"${path}" is no study of esnas`);
  const schemaVersion = first("PRAGMA user_version");
  if (schemaVersion !== SCHEMA_VERSION) {
    throw new InputError(
      `"${path}" has tables of version ${schemaVersion}; this program reads version ${SCHEMA_VERSION}`,
    );
  }
  const madeBy = first("SELECT value FROM study WHERE key = 'version'");
  if (version !== undefined && madeBy !== version) {
    throw new InputError(
      `"${path}" was made by esnas ${madeBy}; a run is resumed by the version that began it, this is ${version}`,
    );
  }
  const settings = settingsSchema.safeParse(parsed(settingsText(db)));
  if (settings.success) return settings.data;
  throw new InputError(`"${path}" has settings that are not of the form that this program writes`);
}

/** What the study was asked for, unchecked: of two studies that have the same, seed and all, the candidates are the same. */
export function settingsText(db: Connection): string {
  const row = db.prepare("SELECT value FROM study WHERE key = 'settings'").raw().get() as unknown[] | undefined;
  return String(row?.[0]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
