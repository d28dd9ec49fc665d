/** @file Tables for terminals. */

import Table from "cli-table3";

/** A table without vertical lines; columns of numbers are aligned right. */
export function textTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumeric = (column: number) => rows.every((row) => /^[-\d.,\s]*[kMG]?$/.test(row[column] ?? ""));
  const table = new Table({
    head: [...columns],
    colAligns: columns.map((_, column) => (isNumeric(column) ? "right" : "left")),
    style: { head: [], border: [], compact: true },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      right: "",
      "right-mid": "",
      mid: "",
      "mid-mid": "",
      middle: " ",
    },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
