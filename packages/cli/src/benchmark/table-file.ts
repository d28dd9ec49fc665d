/** @file Reads a table of a benchmark from a CSV file, gzipped or not. Its form: docs/tables.md. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  type BenchmarkTable,
  grouped,
  InputError,
  readTable,
  type SourceRow,
  type TableRequest,
  type TableSource,
} from "@esnas/core/internal";
import { CsvError, parse } from "csv-parse/sync";
import { readInput } from "../files/input-file.js";

/** Bytes that a table may have, packed or not. */
const MOST_BYTES = 2 ** 29;
/** Characters of a line. */
const LONGEST_LINE = 2 ** 20;
const MOST_COLUMNS = 1000;
/** The largest table that is known has half a million rows and twenty columns. */
const MOST_ROWS = 2e6;
const MOST_CELLS = 5e7;

const FORM = 'a CSV file with the columns "architecture" and one a dataset, accuracies in % (docs/tables.md)';

/** Where the table of a space is looked for when no file is given. */
export function defaultTablePath(space: string): string {
  const path = join("tables", `${space}.csv`);
  return !existsSync(path) && existsSync(`${path}.gz`) ? `${path}.gz` : path;
}

/**
 * The table in a file, by default that of the space under `tables/`.
 * @throws {InputError} where there is none, or none that is whole and of the form.
 */
export function readTableFile(file: string | undefined, request: TableRequest): BenchmarkTable {
  const path = file ?? defaultTablePath(request.space);
  if (!existsSync(path)) {
    const asked = file === undefined ? ", where it is looked for without --table" : "";
    throw new InputError(`there is no table "${path}"${asked}: expected ${FORM}`);
  }
  return readTable(csvSource(path), request);
}

function csvSource(path: string): TableSource {
  const bytes = unpacked(
    path,
    readInput(path, MOST_BYTES, `is no table: it has more than ${MOST_BYTES / 2 ** 20} MiB`),
  );
  const lines: number[] = [];
  const [columns, ...rows] = parsed(path, bytes, (line) => lines.push(line));
  if (columns === undefined) throw new InputError(`"${path}" is empty: expected ${FORM}`);
  return {
    name: path,
    checksum: createHash("sha256").update(bytes).digest("hex"),
    columns,
    rows: rows.map((cells, i): SourceRow => ({ line: lines[i + 1] ?? 0, cells })),
  };
}

function unpacked(path: string, bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw new InputError(
      `"${path}" cannot be unpacked (${(error as Error).message}): it is truncated, or no gzip file`,
    );
  }
}

function parsed(path: string, bytes: Buffer, onLine: (line: number) => void): string[][] {
  let rows = 0;
  let cells = 0;
  const checkSize = (columns: number) => {
    cells += columns;
    checkAmount(path, columns, MOST_COLUMNS, "columns");
    checkAmount(path, ++rows, MOST_ROWS, "rows");
    checkAmount(path, cells, MOST_CELLS, "cells");
  };
  try {
    return parse(bytes, {
      bom: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_LINE,
      on_record: (record: string[], { lines }) => {
        checkSize(record.length);
        onLine(lines);
        return record;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`"${path}" is no whole CSV file: ${error.message}`);
  }
}

function checkAmount(path: string, n: number, most: number, what: string): void {
  if (n > most) throw new InputError(`"${path}" is no table of networks: it has more than ${grouped(most)} ${what}`);
}
