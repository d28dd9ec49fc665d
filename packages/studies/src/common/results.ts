/** @file Results of studies: a table on stdout, and a CSV in `results/` that is committed beside the command that made it. */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { stringify } from "csv-stringify/sync";

export type Row = Readonly<Record<string, string | number>>;

const FOLDER = fileURLToPath(new URL("../../../../results/", import.meta.url));

/** Four significant digits are what a reader of a table takes in. */
function shown(value: string | number | undefined): string {
  return typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(4)))
    : String(value ?? "");
}

export function printTable(rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const table = new Table({ head: columns, style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => columns.map((column) => shown(row[column]))));
  process.stdout.write(`${table.toString()}\n`);
}

/** The path of `results/NAME.csv`, in a folder that is there. */
export function resultsFile(name: string): string {
  mkdirSync(FOLDER, { recursive: true });
  return `${FOLDER}${name}.csv`;
}

/** Writes `results/NAME.csv`. */
export function writeResults(name: string, rows: readonly Row[]): void {
  writeFileSync(resultsFile(name), stringify([...rows], { header: true }));
  process.stdout.write(`results/${name}.csv: ${rows.length} rows\n`);
}
