/** @file The converted tables, as studies read them. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type BenchmarkTable, readTable } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";

/** Where `npm run study -- tables` writes tables, in the working directory. */
export const TABLES = "tables";

/** The table `NAME.csv` of a folder. */
export function convertedTable(
  name: string,
  space: string,
  dataset: string,
  { folder = TABLES, partial = false }: { readonly folder?: string; readonly partial?: boolean } = {},
): BenchmarkTable {
  const path = `${folder}/${name}.csv`;
  const bytes = readFileSync(path);
  const [columns = [], ...rows] = parse(bytes) as string[][];
  return readTable(
    {
      name: path,
      checksum: createHash("sha256").update(bytes).digest("hex"),
      columns,
      rows: rows.map((cells, i) => ({ line: i + 2, cells })),
    },
    { space, dataset, partial },
  );
}
