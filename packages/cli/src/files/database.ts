/**
 * @file Databases that anyone may have written. SQLite itself bears whatever is in its pages. Two things it does not bear, and they are
 * kept away from it here: libsql ends the process where a text is not UTF-8, and SQLite removes a file that a journal names. All databases
 * are opened here, and all text that is read of them is read by `select`.
 */

import { isUtf8 } from "node:buffer";
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { InputError } from "@esnas/core/internal";
import Database from "libsql";
import { z } from "zod";

export type Connection = InstanceType<typeof Database>;

/** What a database of one kind has to be. */
export interface DatabaseForm {
  /** `study` */
  readonly what: string;
  /** In the header of the file. */
  readonly applicationId: number;
  /** Of the tables, in the header of the file. */
  readonly schemaVersion: number;
  /** SQL that makes the tables. */
  readonly tables: string;
}

/** A file cannot be opened as a database, or holds what libsql would not bear. */
class UnreadableError extends Error {}

/** Whether an error tells of a file or its disk, and not of a defect of the program. */
export function isOfDatabase(error: unknown): error is Error {
  return (
    error instanceof Database.SqliteError ||
    error instanceof UnreadableError ||
    (error instanceof Error && "syscall" in error)
  );
}

/** Does something with a database, which may be no database and may lie on a full disk. */
export function fromDatabase<T>(verb: "read" | "write", path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof z.ZodError)
      throw new InputError(`"${path}" holds what is not of the form that this program writes`);
    if (isOfDatabase(error)) throw new InputError(`cannot ${verb} "${path}" as an SQLite database: ${error.message}`);
    throw error;
  }
}

/**
 * Opens a database, or makes an empty one.
 * @param path Absolute.
 * @throws {InputError} where a journal beside it names another file, which SQLite would remove.
 */
export function openDatabase(path: string): Connection {
  for (const file of ["", "-journal", "-wal", "-shm"].map((suffix) => path + suffix)) {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) {
      throw new UnreadableError(`unable to open it: "${basename(file)}" is no file`);
    }
  }
  if (namesAnotherFile(`${path}-journal`)) {
    throw new InputError(`"${path}-journal" is a journal of several databases, which esnas does not write: remove it`);
  }
  return new Database(path);
}

/** The last bytes of a journal that names another file (https://sqlite.org/fileformat2.html, section 3). */
const NAMES_ANOTHER = Buffer.from("d9d505f920a163d7", "hex");

function namesAnotherFile(journal: string): boolean {
  if (!existsSync(journal) || !statSync(journal).isFile()) return false;
  const descriptor = openSync(journal, "r");
  try {
    const last = Buffer.alloc(NAMES_ANOTHER.length);
    readSync(descriptor, last, 0, last.length, Math.max(0, fstatSync(descriptor).size - last.length));
    return last.equals(NAMES_ANOTHER);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the tables of a new database, within a transaction of the caller's. */
export function createTables(db: Connection, { applicationId, schemaVersion, tables }: DatabaseForm): void {
  db.pragma(`application_id = ${applicationId}`);
  db.pragma(`user_version = ${schemaVersion}`);
  db.exec(tables);
}

/** Whether nothing was ever put into the database. */
export function isEmpty(db: Connection): boolean {
  return selectValue(db, "COUNT(*)", "FROM sqlite_schema") === 0 && applicationIdOf(db) === 0;
}

/**
 * Checks that a database is one of this program's: a view in place of a table could go on for ever.
 * @throws {InputError} where it is not.
 */
export function checkForm(db: Connection, path: string, form: DatabaseForm): void {
  if (applicationIdOf(db) !== form.applicationId) throw new InputError(`"${path}" is no ${form.what} of esnas`);
  const version = selectValue(db, "user_version", "FROM pragma_user_version");
  if (version !== form.schemaVersion) {
    throw new InputError(
      `"${path}" has tables of version ${version}; this program reads version ${form.schemaVersion}`,
    );
  }
  if (schemaOf(db) !== expectedSchema(form.tables)) {
    throw new InputError(`"${path}" has other tables than this program writes`);
  }
}

/** @throws {InputError} where pages or rows do not hold together. */
export function checkPages(db: Connection, path: string): void {
  // It takes its time, and is asked once. Names in what it says may be no text.
  const check = db.prepare("SELECT CAST(quick_check AS BLOB) FROM pragma_quick_check(1)").raw().get() as [Buffer];
  const problem = check[0].toString();
  if (problem !== "ok") throw new InputError(`"${path}" is corrupt: ${problem}`);
}

function applicationIdOf(db: Connection): unknown {
  return selectValue(db, "application_id", "FROM pragma_application_id");
}

/** What is in the schema, without comments and in the spacing of nobody. */
function schemaOf(db: Connection): string {
  const encoding = selectValue(db, "encoding", "FROM pragma_encoding");
  const rows = select(db, ["type", "name", "tbl_name", "sql"], "FROM sqlite_schema ORDER BY name");
  const plain = rows.map((row) => ({
    ...row,
    sql: String(row.sql).replaceAll(/--.*/g, "").replaceAll(/\s+/g, " "),
  }));
  return JSON.stringify([encoding, plain]);
}

const expected = new Map<string, string>();

function expectedSchema(tables: string): string {
  const known = expected.get(tables);
  if (known !== undefined) return known;
  const db = new Database(":memory:");
  db.exec(tables);
  const schema = schemaOf(db);
  db.close();
  expected.set(tables, schema);
  return schema;
}

/** The first value of the first row of what is selected; undefined where there is none. */
export function selectValue(db: Connection, column: string, rest: string, ...values: readonly unknown[]): unknown {
  return select(db, [column], rest, ...values)[0]?.[column];
}

/**
 * Rows with their columns by name, or by expression. All text of them is looked at as bytes before any is taken as text.
 * @param columns Names and expressions of SQL.
 * @param rest Of the statement: `FROM candidates WHERE id = ?`.
 * @throws where a text is not UTF-8, or goes on after a zero, where libsql would cut it.
 */
export function select(
  db: Connection,
  columns: readonly string[],
  rest: string,
  ...values: readonly unknown[]
): Record<string, unknown>[] {
  const named = columns.map((column) => `${column} AS "${column}"`).join(", ");
  const all = `concat_ws(' ', ${columns.map((column) => `"${column}"`).join(", ")})`;
  const look = db.prepare(`SELECT CAST(group_concat(${all}) AS BLOB) FROM (SELECT ${named} ${rest})`).raw();
  const [bytes] = look.get(...values) as [Uint8Array | null];
  if (bytes === null) return [];
  if (!isUtf8(bytes) || bytes.includes(0)) throw new UnreadableError(`${columns.join(", ")}: a text is not UTF-8`);
  return db.prepare(`SELECT ${named} ${rest}`).all(...values) as Record<string, unknown>[];
}
