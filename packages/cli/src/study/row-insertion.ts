/** @file Rows into a table of SQLite, many by one statement: one by one takes half as long again, or more. */

import type { Connection } from "../files/database.js";

export type Row = readonly (string | number)[];

/** Inserts rows in their order. */
export type Insertion = (rows: readonly Row[]) => void;

/** Rows that one statement takes. */
const ROWS = 32;

export function insertionInto(db: Connection, table: string, columns: number): Insertion {
  const row = `(${Array(columns).fill("?").join(", ")})`;
  const one = db.prepare(`INSERT INTO ${table} VALUES ${row}`);
  const many = db.prepare(`INSERT INTO ${table} VALUES ${Array(ROWS).fill(row).join(", ")}`);
  return (rows) => {
    const rest = rows.length % ROWS;
    for (let from = 0; from + ROWS <= rows.length; from += ROWS) many.run(...rows.slice(from, from + ROWS).flat());
    for (const values of rows.slice(rows.length - rest)) one.run(...values);
  };
}
