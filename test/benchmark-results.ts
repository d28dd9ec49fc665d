/** @file What the tests of the committed results of `esnas bench` share: the tables, where they are there, and the commands made again. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { objectiveOf } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { argumentsOf, type BenchmarkResult, benchmarkResults } from "../packages/studies/src/benchmark/catalogue.js";
import { convertTables } from "../packages/studies/src/tables/convert.js";
import { REPOSITORY, stdoutOf, temporaryFolder } from "./cli/esnas.js";

const DATA = join(REPOSITORY, "../shared/data");
export const isThere = ["tss_nats201", "nb101_full", "anb_mnasnet_imagenet", "nasbench_macro_cifar10"].every((file) =>
  existsSync(join(DATA, `${file}.csv.gz`)),
);
export const suffix = isThere ? "" : " (skipped: the tables are not there)";
/** Milliseconds that a command may take beside others. */
export const SLOW = 300_000;

type Row = Readonly<Record<string, string>>;

function rowsOf(path: string): Row[] {
  return parse(readFileSync(path), { columns: true });
}

export function committed(name: string): Row[] {
  return rowsOf(join(REPOSITORY, "results", `${name}.csv`));
}

export const results = Object.entries(benchmarkResults);

export function isStatic(metric: string): boolean {
  return objectiveOf(metric).metrics.every((term) => !("observe" in term));
}

/** What a command makes, with other arguments at its end, by the file of its result. */
export type Made = (result: BenchmarkResult, name: string, file: string, ...more: readonly string[]) => Promise<Row[]>;

/** Makes results in a folder of its own, with the tables in it. */
export function resultsMadeAgain(): Made {
  const cwd = temporaryFolder();
  if (isThere) convertTables({ from: DATA, out: join(cwd, "tables") });
  return async (result, name, file, ...more) => {
    await stdoutOf(cwd, ...argumentsOf(result), ...more, "--out", name, "--scores", "scores.sqlite");
    return rowsOf(join(cwd, name, file));
  };
}
