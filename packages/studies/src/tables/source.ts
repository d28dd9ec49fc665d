/** @file Gathered public data: gzipped CSV files. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";

/** By the names of the columns. */
export type SourceRow = Readonly<Record<string, string>>;

export function readSource(path: string): SourceRow[] {
  return parse(gunzipSync(readFileSync(path)), { columns: true });
}
