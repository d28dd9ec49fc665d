/** @file Tables for terminals. */

import { printable } from "@esnas/core/internal";
import Table from "cli-table3";
import { terminalWidth, wrap } from "./wrap.js";

/** Blanks between columns. */
export const COLUMN_GAP = 3;

const NO_LINES = {
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
  middle: " ".repeat(COLUMN_GAP),
};

/**
 * A table without lines; columns of numbers are aligned right. Where the terminal is too narrow for it, each row becomes a
 * paragraph that names its columns.
 */
export function textTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  width = terminalWidth(),
): string {
  const isNumeric = (column: number) => rows.every((row) => /^[-–∞e\d.,\s]*[kMG]?$/.test(row[column] ?? ""));
  const table = new Table({
    head: columns.map(printable),
    colAligns: columns.map((_, column) => (isNumeric(column) ? "right" : "left")),
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    chars: NO_LINES,
  });
  for (const row of rows) table.push(row.map(printable));
  const lines = table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
  if (lines.every((line) => line.length <= width)) return lines.join("\n");
  return rows.map((row) => wrap(printable(paragraph(columns, row)), width)).join("\n");
}

function paragraph([, ...columns]: readonly string[], [title = "", ...cells]: readonly string[]): string {
  const named = columns.map((column, i) => `${column} ${cells[i]}`).filter((_, i) => cells[i] !== "");
  return `${title}: ${named.join("; ")}`;
}
