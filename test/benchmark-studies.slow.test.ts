/** @file Committed results of the studies behind docs/benchmarks.md are what the studies make: some of their rows, whole. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { closedFormOf, trained } from "../packages/studies/src/closed-form.js";
import type { Row } from "../packages/studies/src/common/results.js";
import { movesOf } from "../packages/studies/src/entropic-forms.js";
import { halvesOf, rowOf } from "../packages/studies/src/hybrid-halves.js";
import { convertTables } from "../packages/studies/src/tables/convert.js";
import { convertedTable } from "../packages/studies/src/tables/read.js";
import { REPOSITORY, temporaryFolder } from "./cli/esnas.js";

const DATA = join(REPOSITORY, "../shared/data");
const isThere = ["hybrid_fashion", "hybrid_sizes_fashion"].every((file) => existsSync(join(DATA, `${file}.csv.gz`)));
const suffix = isThere ? "" : " (skipped: the tables are not there)";
/** Milliseconds that some hundred runs may take beside others. */
const SLOW = 120_000;

const folder = temporaryFolder();
if (isThere) convertTables({ from: DATA, out: folder });

function committed(name: string): Record<string, string>[] {
  return parse(readFileSync(join(REPOSITORY, "results", `${name}.csv`)), { columns: true });
}

/** Numbers to what the docs show of them: kernels of another processor differ in last digits, and with them some ranks. */
function expectRow(row: Row, expected: Readonly<Record<string, string>> | undefined): void {
  for (const [column, value] of Object.entries(row)) {
    const there = expected?.[column];
    if (typeof value === "number") expect(Number(there), column).toBeCloseTo(value, 3);
    else expect(there, column).toBe(value);
  }
}

const hybrids = [
  ["hybrid-fashion", "hybrid-fashion (topologies)"],
  ["hybrid-sizes-fashion", "hybrid-sizes-fashion (sizes)"],
] as const;

describe("the results of npm run study", () => {
  test.skipIf(!isThere).each(hybrids)(
    `have in hybrid-halves what metrics predict of %s${suffix}`,
    async (name) => {
      const metrics = [
        "entropic-score",
        "entropic-score(of=l2,aggregation=progressivity)",
        "meco",
        "logsynflow",
        "parameters",
        "rank(parameters,entropic-score-analytic(site=convolution,of=l2))",
      ];
      const rows = committed("hybrid-halves").filter(({ table }) => table === name);
      for (const halves of await halvesOf(convertedTable(name, "hybrid", "fashion", { folder }), metrics)) {
        expectRow(
          rowOf(halves),
          rows.find(({ metric }) => metric === halves.id),
        );
      }
    },
    SLOW,
  );

  test.skipIf(!isThere).each(hybrids)(
    `have in closed-form how much of the score of %s sizes explain${suffix}`,
    async (name, shown) => {
      const networks = trained(shown, convertedTable(name, "hybrid", "fashion", { folder }));
      for (const form of ["site=pre", "site=post"]) {
        const expected = committed("closed-form").find((row) => row.networks === shown && row.form === form);
        expectRow(await closedFormOf(networks, form), expected);
      }
    },
    SLOW,
  );

  test(
    "have in entropic-forms how much metrics move with topology and with size",
    async () => {
      const metrics = ["entropic-score", "entropic-score(over=positions)", "logsynflow", "parameters"];
      const rows = committed("entropic-forms");
      for (const row of await movesOf(metrics)) {
        expectRow(
          row,
          rows.find(({ metric }) => metric === row.metric),
        );
      }
    },
    SLOW,
  );
});
