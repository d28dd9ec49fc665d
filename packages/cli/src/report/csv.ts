/** @file CSV files of results. Text in them comes from tables and settings of anyone, and a spreadsheet runs what begins as a formula. */

import { stringify } from "csv-stringify/sync";

export type Cell = string | number | null | undefined;

/**
 * What a spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection). The name of a metric to be minimised,
 * `-parameters`, calls nothing and stays.
 */
const FORMULA = /^[=+@\t\r]|^-.*[|!'"]/s;

/** Rows as CSV, the header first. Text that a spreadsheet would run begins with an apostrophe. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return stringify(rows.map((row) => row.map(withoutFormula)));
}

function withoutFormula(cell: Cell): Cell {
  return typeof cell === "string" && FORMULA.test(cell) && !Number.isFinite(Number(cell)) ? `'${cell}` : cell;
}
