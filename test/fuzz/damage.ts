/** @file Damage to a database of SQLite: to its pages, to its values, types that a table does not admit among them, and to its schema. */

import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import Database from "libsql";

/** Changes the file at a path. */
export type Damage = (path: string) => void;

const PAGE = 4096;

/** Where, as a share of what there is. */
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Noise in one page, single bytes anywhere, and files that end too soon. */
export const pageDamage: fc.Arbitrary<Damage> = fc.oneof(
  named(fc.tuple(share, fc.uint8Array({ minLength: PAGE, maxLength: PAGE })), "page", (bytes, [where, noise]) =>
    Buffer.from(bytes)
      .fill(noise, PAGE * Math.floor((where * bytes.length) / PAGE))
      .subarray(0, bytes.length),
  ),
  named(fc.array(fc.tuple(share, fc.nat(255)), { minLength: 1, maxLength: 8 }), "bytes", changedBytes),
  // The header of the file and of its first page, where single bytes matter most.
  named(fc.tuple(fc.nat(200), fc.nat(255)), "header", (bytes, [at, value]) => bytes.fill(value, at, at + 1)),
  named(share, "truncated", (bytes, where) => bytes.subarray(0, Math.floor(where * bytes.length))),
);

function changedBytes(bytes: Buffer, changes: readonly [where: number, value: number][]): Buffer {
  for (const [where, value] of changes) bytes[Math.floor(where * bytes.length)] = value;
  return bytes;
}

function named<T>(
  arbitrary: fc.Arbitrary<T>,
  name: string,
  change: (bytes: Buffer, how: T) => Uint8Array,
): fc.Arbitrary<Damage> {
  return arbitrary.map((how) =>
    describedAs(`${name} ${fc.stringify(how).slice(0, 200)}`, (path) =>
      writeFileSync(path, change(readFileSync(path), how)),
    ),
  );
}

/** What fast-check says of a damage that does harm. */
function describedAs(text: string, damage: Damage): Damage {
  return Object.assign(damage, { [fc.toStringMethod]: () => text });
}

/** Values as SQL. */
const literal = fc.oneof(
  fc.constantFrom(
    "NULL",
    "0",
    "-1",
    "1e999",
    "-1e999",
    "1.5",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "'NaN'",
    "''",
    "'{'",
    "'[]'",
    "'null'",
    "'1e999'",
    "x''",
    "x'00'",
    "x'ff'",
    "zeroblob(100000)",
    "CAST(x'ff' AS TEXT)",
    "CAST(x'7b2261223a80' AS TEXT)",
    "CAST(x'6100' AS TEXT)",
    "CAST(x'eda080' AS TEXT)",
    `'{"__proto__": {"value": null, "reason": "x"}}'`,
    "'../../..'",
    "printf('%.*c', 100000, '[')",
    "char(27) || '[2J' || char(7) || char(10) || char(8238)",
  ),
  fc
    .uint8Array({ minLength: 1, maxLength: 20 })
    .map((bytes) => `CAST(x'${Buffer.from(bytes).toString("hex")}' AS TEXT)`),
  fc.json({ maxDepth: 2 }).map((text) => `'${text.replaceAll("\u0000", "").replaceAll("'", "''")}'`),
);

/** One value anywhere becomes another one, or the half of what it was; or a row is not there, or there under another number. */
export function valueDamage(tables: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<Damage> {
  const places = Object.entries(tables).flatMap(([table, columns]) => columns.map((column) => ({ table, column })));
  return fc
    .tuple(fc.constantFrom(...places), share, fc.oneof(literal, fc.constant("half"), fc.constant("gone")))
    .map(([{ table, column }, where, value]) => {
      const change =
        value === "gone"
          ? `DELETE FROM ${table}`
          : `UPDATE ${table} SET ${column} = ${value === "half" ? `substr(${column}, 1, length(${column}) / 2)` : value}`;
      return describedAs(`${change.slice(0, 200)} at ${where}`, (path) => withoutRules(path, table, change, where));
    });
}

/** Changes a row of a table that takes any value meanwhile. What not even such a table takes is left out. */
function withoutRules(path: string, table: string, change: string, where: number): void {
  const before = schemaRows(path);
  changeSchema(path, (schema) =>
    schema
      .replace(/STRICT,?/, "")
      .replace(/\) *WITHOUT/, ") WITHOUT")
      .replaceAll("NOT NULL", ""),
  );
  const db = new Database(path);
  try {
    db.exec("PRAGMA foreign_keys = OFF");
    const { n } = db.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get() as { n: number };
    const key = (
      db.prepare(`SELECT group_concat(name) AS k FROM pragma_table_info('${table}') WHERE pk`).get() as { k: string }
    ).k;
    db.exec(`${change} WHERE (${key}) IN (SELECT ${key} FROM ${table} LIMIT 1 OFFSET ${Math.floor(where * n)})`);
  } catch (error) {
    if (!/mismatch|constraint|malformed/.test((error as Error).message)) throw error;
  } finally {
    db.close();
  }
  changeSchema(path, (_, name) => before.get(name) ?? "");
}

function schemaRows(path: string): ReadonlyMap<string, string> {
  const db = new Database(path);
  const rows = db.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").all() as {
    name: string;
    sql: string;
  }[];
  db.close();
  return new Map(rows.map(({ name, sql }) => [name, sql]));
}

function changeSchema(path: string, change: (sql: string, name: string) => string): void {
  const rows = schemaRows(path);
  const db = new Database(path);
  db.exec("PRAGMA writable_schema = ON");
  const update = db.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = ?");
  for (const [name, sql] of rows) update.run(change(sql, name), name);
  db.close();
}

const ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT";

/** Tables that are called otherwise, or are none; names that are no text. */
export function schemaDamage(tables: readonly string[]): fc.Arbitrary<Damage> {
  const column = (table: string, sql: string) => `UPDATE sqlite_schema SET ${sql} WHERE name = '${table}'`;
  return fc
    .tuple(
      fc.constantFrom(...tables),
      fc.constantFrom<(table: string) => string>(
        (table) => column(table, "name = CAST(x'ff' AS TEXT)"),
        (table) => column(table, "tbl_name = CAST(x'fffe' AS TEXT)"),
        (table) => column(table, "sql = CAST(x'ff00' AS TEXT)"),
        (table) => column(table, "sql = replace(sql, 'TEXT', CAST(x'ff' AS TEXT))"),
        (table) => column(table, "sql = replace(sql, '(', CAST(x'28ff2c' AS TEXT))"),
        (table) => column(table, "sql = NULL"),
        (table) => column(table, "type = CAST(x'ff' AS TEXT)"),
        (table) => column(table, "rootpage = 1"),
        (table) => column(table, "rootpage = -1"),
        (table) => column(table, "rootpage = 2147483647"),
        (table) => `ALTER TABLE ${table} RENAME TO other; CREATE VIEW ${table} AS ${ENDLESS} i AS id, * FROM n, other`,
        (table) => `DROP TABLE ${table}; CREATE VIEW ${table} AS SELECT * FROM ${table}`,
        (table) => `DROP TABLE ${table}; CREATE VIRTUAL TABLE ${table} USING fts5(x)`,
        (table) => `CREATE TRIGGER t AFTER INSERT ON ${table} BEGIN DELETE FROM ${table}; END`,
        (table) => `CREATE INDEX i ON ${table} (1)`,
        (table) => `ALTER TABLE ${table} ADD COLUMN x TEXT`,
        (table) => `DROP TABLE ${table}`,
        () => "PRAGMA user_version = -1",
        () => "PRAGMA application_id = 0",
        () => "ANALYZE",
      ),
    )
    .map(([table, sqlFor]) => {
      const sql = sqlFor(table);
      return describedAs(sql, (path) => {
        const db = new Database(path);
        try {
          db.exec("PRAGMA foreign_keys = OFF; PRAGMA writable_schema = ON");
          for (const statement of sql.split(/;(?! *END)/)) db.exec(statement);
        } finally {
          db.close();
        }
      });
    });
}
