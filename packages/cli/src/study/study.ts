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
} from "@esnas/core/internal";
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
import { type Insertion, insertionInto, type Row } from "./row-insertion.js";

/** The name of a study in the folder of its run. */
export const STUDY_FILE = "study.sqlite";

/** Milliseconds between commits. */
const COMMIT_EVERY = 200;
/** Rows that are read at once. */
const ROWS_AT_ONCE = 500;

export const STUDY_FORM: DatabaseForm = {
  what: "study",
  // `ESNS`
  applicationId: 0x45534e53,
  schemaVersion: 1,
  tables: `
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
`,
};

const scoresSchema = z.record(z.string(), z.union([z.number(), z.object({ value: z.null(), reason: z.string() })]));

/** A row of the table `candidates`, with its time. */
export const candidateRow = z.object({
  genotype: z.string(),
  phase: z.string(),
  cycle: z.int(),
  scores: z.string().transform(parsed).pipe(scoresSchema),
  parameters: z.int(),
  macs: z.int(),
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
    const db = openDatabase(resolve(path));
    db.exec("BEGIN");
    createTables(db, STUDY_FORM);
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
    const lock = lockDatabase(resolve(path));
    let db: Connection | undefined;
    try {
      return fromDatabase("read", path, () => {
        db = openDatabase(resolve(path));
        checkForm(db, path, STUDY_FORM);
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
    for (let read = 0; ; ) {
      const rows = fromDatabase("read", this.#path, () => candidatesAfter(this.#db, read, ROWS_AT_ONCE));
      if (rows.length === 0) return;
      for (const row of rows) yield checkedCandidate(row, ++read, this.#path);
    }
  }

  /** Evaluations. */
  size(): number {
    this.commit();
    return fromDatabase("read", this.#path, () => countOf(this.#db));
  }

  /** Milliseconds spent on each phase by all runs of the study together. */
  milliseconds(): Record<string, number> {
    this.commit();
    const rest = "FROM candidates JOIN timings USING (id) GROUP BY phase";
    const rows = fromDatabase("read", this.#path, () => select(this.#db, ["phase", "SUM(milliseconds)"], rest));
    return Object.fromEntries(rows.map((row) => [String(row.phase), Number(row["SUM(milliseconds)"])]));
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
 * What a study was asked for, whose form was checked.
 * @param version Of the program that made it; any, where it is absent.
 * @throws {InputError} where it is no study, or of another version of the program.
 */
export function checkedSettings(db: Connection, path: string, version?: string): Settings {
  checkPages(db, path);
  const madeBy = selectValue(db, "value", "FROM study WHERE key = 'version'");
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
  return String(selectValue(db, "value", "FROM study WHERE key = 'settings'"));
}

/** @throws {InputError} where a row is not the candidate of an order, from 1, as this program writes it. */
export function checkedCandidate(
  { id, ...row }: Record<string, unknown>,
  order: number,
  path: string,
): StoredEvaluation {
  const { success, data } = candidateRow.safeParse(row);
  if (!success) throw new InputError(`"${path}": candidate ${order} is not of the form that this program writes`);
  if (id !== order)
    throw new InputError(`"${path}": the recorded history was changed: its evaluation ${order} is missing`);
  return { ...data, scores: data.scores as Scores, milliseconds: data.milliseconds ?? 0 };
}

/** Candidates of a study with their times, as they are in it, after one of an order. */
export function candidatesAfter(db: Connection, after: number, most: number): Record<string, unknown>[] {
  const columns = ["id", "genotype", "phase", "cycle", "scores", "parameters", "macs", "milliseconds"];
  // The first may have any number: that none is there before 1 is for who reads them to see.
  const from = after === 0 ? "" : "WHERE id > ?";
  const rest = `FROM candidates LEFT JOIN timings USING (id) ${from} ORDER BY id LIMIT ${most}`;
  return after === 0 ? select(db, columns, rest) : select(db, columns, rest, after);
}

export function countOf(db: Connection): number {
  return Number(selectValue(db, "COUNT(*)", "FROM candidates"));
}

/** JSON, or undefined where it is none: what was damaged is for a schema to refuse. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
