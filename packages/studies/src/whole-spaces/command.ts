/**
 * @file How long it takes to score whole spaces: LogSynflow of all cells of NATS-Bench's topology space and of NAS-Bench-101, the
 * Entropic Score of all of the former, on worker threads.
 */

import { existsSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { type Genotype, InputError, nasbench101Space, natsTopologySpace, type Space } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { printTable, type Row } from "../common/results.js";

/** What a thread scores, one cell after the other. */
export interface WholeSpacesTask {
  readonly space: string;
  readonly metric: string;
  /** In the space's notation. */
  readonly cells: readonly string[];
}

function written(space: Space, genotype: Genotype): string {
  if (space.notation === undefined) throw new Error(`the space "${space.name}" has no notation`);
  return space.notation.write(genotype);
}

/** Every combination of the values of the genes. */
function allOf(space: Space): readonly string[] {
  const genotypes = space.genes.reduce<readonly Genotype[]>(
    (heads, { values }) => heads.flatMap((head) => values.map((value) => [...head, value])),
    [[]],
  );
  return genotypes.map((genotype) => written(space, genotype));
}

/** The architectures of a table (docs/tables.md). */
function cellsOfTable(path: string): readonly string[] {
  const rows: readonly { readonly architecture?: string }[] = parse(readFileSync(path), { columns: true });
  const cells = rows.flatMap(({ architecture }) => architecture ?? []);
  if (cells.length === 0) throw new InputError(`${path} has no column "architecture"`);
  return cells;
}

/** Seconds from the first thread's start to the last one's end, and of the scoring alone in the thread that took longest. */
async function timeOf(task: WholeSpacesTask, threads: number) {
  const start = performance.now();
  const seconds = await Promise.all(
    Array.from({ length: threads }, (_, thread) => {
      const cells = task.cells.filter((_cell, i) => i % threads === thread);
      return secondsOfThread({ ...task, cells });
    }),
  );
  return { withStart: (performance.now() - start) / 1000, scoring: Math.max(...seconds) };
}

function secondsOfThread(workerData: WholeSpacesTask): Promise<number> {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.on("message", resolve).on("error", reject);
  });
}

async function rowOf(task: WholeSpacesTask, threads: number): Promise<Row> {
  const before = process.cpuUsage();
  const { withStart, scoring } = await timeOf(task, threads);
  const { user, system } = process.cpuUsage(before);
  return {
    space: task.space,
    metric: task.metric,
    cells: task.cells.length,
    "CPU ms a cell": (user + system) / 1000 / task.cells.length,
    s: scoring,
    "s, start of threads included": withStart,
  };
}

/** Times that what takes seconds is timed. */
const RUNS = 5;

async function medianRowOf(task: WholeSpacesTask, threads: number): Promise<Row> {
  const rows: Row[] = [];
  for (let run = 0; run < RUNS; run++) rows.push(await rowOf(task, threads));
  const [median] = rows.toSorted((a, b) => Number(a.s) - Number(b.s)).slice(RUNS >> 1);
  if (median === undefined) throw new Error("it is timed at least once");
  return median;
}

export async function wholeSpaces(options: { readonly threads: string; readonly table: string }): Promise<void> {
  const threads = Number(options.threads);
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new InputError(`--threads takes a whole number from 1, was given "${options.threads}"`);
  }
  const topology = natsTopologySpace();
  const cells = allOf(topology);
  const rows = [await medianRowOf({ space: topology.name, metric: "logsynflow", cells }, threads)];
  if (existsSync(options.table)) {
    const all = cellsOfTable(options.table);
    rows.push(await rowOf({ space: nasbench101Space().name, metric: "logsynflow", cells: all }, threads));
  } else {
    process.stderr.write(`nasbench101 is left out: there is no table "${options.table}" (docs/tables.md)\n`);
  }
  rows.push(await rowOf({ space: topology.name, metric: "entropic-score", cells }, threads));
  printTable(rows);
}
