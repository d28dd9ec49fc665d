/**
 * @file A study: the history of one search in an SQLite file that the sqlite3 command line opens. One row an evaluation, in
 * order; times live in a table of their own, so that two runs of one seed have equal candidates.
 *
 * Promises: a row is there whole or not at all, also after SIGKILL; rows are appended in order and never changed; rows that
 * were appended less than `COMMIT_EVERY` ago may be lost with the process, and only those at the end.
 */

import { type Evaluation, InputError, type RecordedEvaluation, type Scores } from "@esnas/core";
import Database from "libsql";
import { z } from "zod";
import { type Settings, settingsSchema } from "./settings.js";

/** `ESNS`, in the header of the file. */
const APPLICATION_ID = 0x45534e53;
/** Of the tables. */
const SCHEMA_VERSION = 1;
/** Milliseconds between commits. */
const COMMIT_EVERY = 200;

const TABLES = `
  CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE candidates (
    id INTEGER PRIMARY KEY,      -- order of asking, from 1
    phase TEXT NOT NULL,         -- topology, size, joint, random
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

const candidateRow = z.object({ genotype: z.string(), phase: z.string(), scores: z.string() });

/** An evaluation with what is stored beside it. */
export interface CandidateRow {
  readonly evaluation: Evaluation;
  /** JSON text. */
  readonly genotype: string;
  readonly parameters: number;
  readonly macs: number;
  readonly milliseconds: number;
}

type Connection = InstanceType<typeof Database>;

export class Study {
  readonly settings: Settings;
  readonly #path: string;
  readonly #db: Connection;
  readonly #insertCandidate: { run(...values: unknown[]): unknown };
  readonly #insertTiming: { run(...values: unknown[]): unknown };
  #begun = 0;

  private constructor(path: string, db: Connection, settings: Settings) {
    this.settings = settings;
    this.#path = path;
    this.#db = db;
    this.#insertCandidate = db.prepare("INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#insertTiming = db.prepare("INSERT INTO timings VALUES (?, ?)");
  }

  /** Makes the file of a new study, which must not exist. */
  static create(path: string, settings: Settings, version: string): Study {
    const db = new Database(path);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
    tune(db);
    db.exec(TABLES);
    const insert = db.prepare("INSERT INTO study VALUES (?, ?)");
    insert.run("settings", JSON.stringify(settings));
    insert.run("version", version);
    return new Study(path, db, settings);
  }

  /**
   * Opens the file of an earlier run of this version of the program.
   * @throws {InputError} where it is no study, corrupt, or of another version.
   */
  static open(path: string, version: string): Study {
    const db = readable(path, () => {
      const opened = new Database(path, { fileMustExist: true });
      const [check] = opened.prepare("PRAGMA quick_check(1)").raw().all() as unknown[][];
      if (check?.[0] !== "ok") throw new InputError(`"${path}" is corrupt: ${check?.[0]}`);
      return opened;
    });
    const pragma = (name: string) => (db.prepare(`PRAGMA ${name}`).raw().get() as unknown[])[0];
    if (pragma("application_id") !== APPLICATION_ID) throw new InputError(`"${path}" is no study of esnas`);
    if (pragma("user_version") !== SCHEMA_VERSION) {
      throw new InputError(
        `"${path}" has tables of version ${pragma("user_version")}; this program reads version ${SCHEMA_VERSION}`,
      );
    }
    const value = (key: string) =>
      readable(path, () => {
        const [found] = db.prepare("SELECT value FROM study WHERE key = ?").raw().all(key) as unknown[][];
        return String(found?.[0] ?? "");
      });
    const madeBy = value("version");
    if (madeBy !== version) {
      throw new InputError(
        `"${path}" was made by esnas ${madeBy}; a run is resumed by the version that began it, this is ${version}`,
      );
    }
    const settings = settingsSchema.safeParse(parsed(value("settings")));
    if (!settings.success)
      throw new InputError(`"${path}" has settings that are not of the form that this program writes`);
    tune(db);
    return new Study(path, db, settings.data);
  }

  /** All evaluations in order. */
  recorded(): RecordedEvaluation[] {
    const rows = readable(this.#path, () =>
      this.#db.prepare("SELECT genotype, phase, scores FROM candidates ORDER BY id").all(),
    );
    return rows.map((row, i) => {
      const { genotype, phase, scores } = candidateRow.parse(row);
      const checked = scoresSchema.safeParse(parsed(scores));
      if (!checked.success)
        throw new InputError(
          `"${this.#path}": the scores of candidate ${i + 1} are not of the form that this program writes`,
        );
      return { genotype, phase, scores: checked.data as Scores };
    });
  }

  /** Milliseconds spent on each phase by all runs of the study together. */
  milliseconds(): Record<string, number> {
    this.commit();
    const rows = this.#db
      .prepare("SELECT phase, SUM(milliseconds) FROM candidates JOIN timings USING (id) GROUP BY phase")
      .raw()
      .all() as [string, number][];
    return Object.fromEntries(rows);
  }

  /**
   * Appends an evaluation.
   * @param order From 0.
   * @throws {InputError} where another process has written it meanwhile.
   */
  append(order: number, { evaluation, genotype, parameters, macs, milliseconds }: CandidateRow): void {
    const { candidate, scores } = evaluation;
    if (!this.#db.inTransaction) {
      this.#db.exec("BEGIN IMMEDIATE");
      this.#begun = performance.now();
    }
    try {
      this.#insertCandidate.run(
        order + 1,
        candidate.phase,
        candidate.cycle,
        genotype,
        JSON.stringify(scores),
        parameters,
        macs,
      );
      this.#insertTiming.run(order + 1, milliseconds);
    } catch (error) {
      if (!String((error as { code?: unknown }).code).startsWith("SQLITE_CONSTRAINT")) throw error;
      throw new InputError(`another process writes to "${this.#path}"`);
    }
    if (performance.now() - this.#begun > COMMIT_EVERY) this.commit();
  }

  commit(): void {
    if (this.#db.inTransaction) this.#db.exec("COMMIT");
  }

  /** Leaves one file behind: the log is merged into it. */
  close(): void {
    this.commit();
    this.#db.pragma("journal_mode = DELETE");
    this.#db.close();
  }
}

/** A log that readers do not wait for, flushed when SQLite sees fit: whole after a killed process. */
function tune(db: Connection): void {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.pragma("busy_timeout = 2000");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads from a database that may be anything. */
function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`"${path}" cannot be read as an SQLite database: ${(error as Error).message}`);
  }
}
