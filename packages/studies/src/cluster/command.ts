/**
 * @file `npm run bench -- cluster`: what a queue costs, and how far it goes: real workers on this machine, and simulated ones, which wait as
 * long as real ones score. Into `results/cluster*.csv`, and plots in `docs/cluster/`.
 */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { hybridSpace, sample, seededRandom } from "@esnas/core/internal";
import { parsedAddress } from "esnas/dist/queue/address.js";
import { QueueService } from "esnas/dist/queue/queue-service.js";
import { programName } from "esnas/dist/scoring/program.js";
import { scoringBy } from "esnas/dist/scoring/scoring-service.js";
import { workerPool } from "esnas/dist/scoring/worker-pool.js";
import { printTable, type Row, writeResults } from "../common/results.js";
import { lineChart } from "../growth/chart.js";
import { progress } from "../speed/output.js";
import { type Stoppable, throughput } from "./load.js";
import { memoryService } from "./memory-service.js";
import { withRedis } from "./redis.js";

const PLOTS = fileURLToPath(new URL("../../../../docs/cluster/", import.meta.url));
const PROGRAM = "0.0.0+studies";
/** Processes that simulated workers are spread over. */
const PROCESSES = 4;
/** Milliseconds of one measurement. */
const MEASURED = 4000;
/** Milliseconds of a candidate: at 64 pixels, and of a large model at full resolution. */
const COSTS = [25, 400];
const SEARCHES = [1, 32];
const WORKERS = [1, 4, 16, 64, 256];
const REAL = [1, 2];
/** Candidates by which the cost of the queue alone is measured, in batches. */
const BATCHED = 4000;

export async function cluster(): Promise<void> {
  await withRedis(async (url) => {
    const overheads = await overhead(url);
    printTable(overheads);
    writeResults("cluster-overhead", overheads);
    const real = await realWorkers(url);
    printTable(real);
    writeResults("cluster-real", real);
    const rows = await simulations(url);
    printTable(rows);
    writeResults("cluster", rows);
    await plots(rows);
  });
}

async function withService<T>(
  url: string,
  prefix: string,
  program: string,
  workers: number,
  action: (service: QueueService) => Promise<T>,
): Promise<T> {
  const service = await QueueService.open(parsedAddress(url, prefix), { program, say: progress });
  try {
    while (service.workers() < workers) await pause(100);
    return await action(service);
  } finally {
    await service.close();
  }
}

/** Simulated workers, in a few processes. */
async function withWorkers<T>(
  url: string,
  prefix: string,
  workers: number,
  milliseconds: number,
  action: () => Promise<T>,
): Promise<T> {
  const script = fileURLToPath(new URL("./simulated-workers.js", import.meta.url));
  const processes = Math.min(PROCESSES, workers);
  const children = Array.from({ length: processes }, () =>
    fork(script, [url, prefix, PROGRAM, String(workers / processes), String(milliseconds)]),
  );
  try {
    await Promise.all(children.map((child) => new Promise((done) => child.once("message", done))));
    return await action();
  } finally {
    await Promise.all(children.map(ended));
  }
}

function ended(child: ChildProcess): Promise<unknown> {
  const end = new Promise((done) => child.once("exit", done));
  child.kill();
  return end;
}

/** Of scores that cost nothing: what a candidate costs by way of the queue. */
async function overhead(url: string): Promise<Row[]> {
  const space = hybridSpace();
  const random = seededRandom(0);
  const genotypes = Array.from({ length: BATCHED }, () => sample(space, random));
  const taskOf = (some: typeof genotypes) => ({
    space: { name: space.name, options: space.options },
    genotypes: some,
    columns: [{ metric: "entropic-score", seed: 0 }],
  });
  const rows: Row[] = [];
  await withWorkers(url, "overhead", 1, 0, () =>
    withService(url, "overhead", PROGRAM, 1, async (service) => {
      for (const atOnce of [1, 8, 64, 512]) {
        await service.score(taskOf(genotypes.slice(0, 50)));
        const count = Math.min(BATCHED, 250 * atOnce);
        const begin = performance.now();
        const cpu = process.cpuUsage();
        const next = genotypes.slice(0, count).values();
        const ask = async () => {
          for (const genotype of next) await service.score(taskOf([genotype]));
        };
        await Promise.all(Array.from({ length: atOnce }, ask));
        const { user, system } = process.cpuUsage(cpu);
        rows.push({
          "candidates at once": atOnce,
          candidates: count,
          "ms a candidate": (performance.now() - begin) / count,
          "CPU ms a candidate, of who asks": (user + system) / 1000 / count,
        });
      }
    }),
  );
  return rows;
}

/** The same search by processes of this machine, and by as many workers of a queue on it. */
async function realWorkers(url: string): Promise<Row[]> {
  const load = { searches: 1, milliseconds: 3 * MEASURED, isRecorded: false };
  const rows: Row[] = [];
  for (const workers of REAL) {
    const pool = workerPool(workers);
    const local = { ...scoringBy(pool), abandon: async () => {} };
    const here = await throughput(local, load);
    await pool.close();
    const prefix = `real${workers}`;
    const children = Array.from({ length: workers }, () => esnasWorker(url, prefix));
    try {
      const program = programName();
      const queued = await withService(url, prefix, program, workers, (service) => throughput(service, load));
      rows.push({ workers, "a second, processes": here, "a second, queue": queued, share: queued / here });
    } finally {
      await Promise.all(children.map(ended));
    }
  }
  return rows;
}

function esnasWorker(url: string, prefix: string): ChildProcess {
  const program = join(dirname(createRequire(import.meta.url).resolve("esnas/package.json")), "bin/esnas.js");
  const args = [program, "worker", "--queue", url, "--prefix", prefix, "--workers", "1"];
  return spawn(process.execPath, args, { stdio: "ignore" });
}

async function simulations(url: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const milliseconds of COSTS) {
    for (const workers of WORKERS) {
      const prefix = `simulated${milliseconds}x${workers}`;
      await withWorkers(url, prefix, workers, milliseconds, async () => {
        for (const searches of SEARCHES) {
          progress(`${workers} workers, ${milliseconds} ms a candidate, ${searches} searches`);
          const rate = (service: Stoppable, isRecorded: boolean) =>
            throughput(service, { searches, milliseconds: MEASURED, isRecorded });
          const byQueue = (isRecorded: boolean) =>
            withService(url, prefix, PROGRAM, workers, (service) => rate(service, isRecorded));
          const full = (1000 * workers) / milliseconds;
          const memory = (await rate(memoryService(workers, milliseconds), false)) / full;
          const queue = (await byQueue(false)) / full;
          const recorded = (await byQueue(true)) / full;
          rows.push({
            "ms a candidate": milliseconds,
            workers,
            searches,
            "candidates a second": recorded * full,
            "share of full use": recorded,
            "lost to asking ahead": 1 - memory,
            "lost to the queue": memory - queue,
            "lost to the database": queue - recorded,
          });
        }
      });
    }
  }
  return rows;
}

async function plots(rows: readonly Row[]): Promise<void> {
  mkdirSync(PLOTS, { recursive: true });
  const titles = {
    "share of full use": "Share of simulated workers' time that is used",
    "lost to asking ahead": "Share that is lost to asking 8 candidates ahead",
    "lost to the queue": "Share that is lost to the queue",
    "lost to the database": "Share that is lost to the database",
  } as const;
  for (const [column, title] of Object.entries(titles)) {
    const lines = rows.map((row) => {
      const share = Number(row[column]);
      const series = `${row.searches} ${row.searches === 1 ? "search" : "searches"}, ${row["ms a candidate"]} ms a candidate`;
      return { series, x: Number(row.workers), min: share, median: share, max: share };
    });
    const chart = await lineChart({ title, x: "workers", y: "share", lines, hasLogarithmicX: true });
    writeFileSync(join(PLOTS, `${column.replaceAll(" ", "-")}.svg`), chart);
  }
}
