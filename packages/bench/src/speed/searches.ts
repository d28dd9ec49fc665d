/** @file Candidates a second of real searches: `esnas search` in a process of its own, with its study and all its files. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { withTemporaryFolder } from "../temporary-folder.js";
import { type Measurement, measurementOf } from "./measurement.js";

const PROGRAM = fileURLToPath(new URL("../../../cli/bin/esnas.js", import.meta.url));

interface SearchCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly phases: readonly ("topology" | "size")[];
}

/** Three cycles each, so that sizes are those that size phases end with. */
const cases: readonly SearchCase[] = [
  { name: "S0", args: ["--preset", "s0", "--max-evaluations", "7500"], phases: ["topology", "size"] },
  { name: "S2", args: ["--preset", "s2", "--max-evaluations", "900"], phases: ["topology"] },
  {
    name: "S0 at 256",
    args: ["--preset", "s0", "--max-evaluations", "450", "--topology-metric", "entropic-score(resolution=256)"],
    phases: ["topology"],
  },
];

const REPEATS = 3;
/** Milliseconds between looks at what a process has used. */
const LOOK_EVERY = 100;

const summarySchema = z.object({
  evaluations: z.record(z.string(), z.number()),
  seconds: z.record(z.string(), z.number()),
});

export interface SearchTimes extends z.output<typeof summarySchema> {
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** Most bytes that were in memory, summed over the process and its children; 0 where the system does not tell. */
  readonly peakMemory: number;
}

/** @param progress Is told what is measured. */
export async function searches(workers: readonly number[], progress: (what: string) => void): Promise<Measurement[]> {
  const rates = new Map<string, number[]>();
  const memory = new Map<string, number[]>();
  const note = (to: Map<string, number[]>, name: string, value: number) =>
    to.set(name, [...(to.get(name) ?? []), value]);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const { name, args, phases } of cases) {
      for (const count of workers) {
        const with_ = `${count} ${count === 1 ? "worker" : "workers"}`;
        progress(`search of ${name}, ${with_}, ${repeat + 1} of ${REPEATS}`);
        const { evaluations, seconds, peakMemory } = await searched(args);
        for (const phase of phases) {
          note(rates, `search: ${name}, ${phase} phase, ${with_}`, (evaluations[phase] ?? 0) / (seconds[phase] ?? 0));
        }
        if (peakMemory > 0) note(memory, `search: ${name}, peak memory, ${with_}`, peakMemory / 2 ** 20);
      }
    }
  }
  return [
    ...[...rates].map(([name, values]) => measurementOf(name, "candidates/s", values)),
    ...[...memory].map(([name, values]) => measurementOf(name, "MiB", values)),
  ];
}

/** Runs `esnas search` to its end, in a folder that is removed. */
export function searched(args: readonly string[]): Promise<SearchTimes> {
  return withTemporaryFolder(async (folder) => {
    const start = performance.now();
    const child = spawn(process.execPath, [PROGRAM, "search", ...args, "--out", join(folder, "run"), "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = () => child.kill();
    process.once("exit", kill);
    const memory = watchMemory(child);
    const [printed, said] = [collected(child.stdout), collected(child.stderr)];
    const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
    process.off("exit", kill);
    const wallSeconds = (performance.now() - start) / 1000;
    const peakMemory = memory.end();
    if (code !== 0) throw new Error(`esnas search ${args.join(" ")} ended with ${code}: ${said()}`);
    return { ...summarySchema.parse(JSON.parse(printed())), wallSeconds, peakMemory };
  });
}

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text;
}

/** Looks at the high-water marks of a process and its children while it runs; of Linux alone. */
function watchMemory({ pid }: ChildProcess): { end(): number } {
  const marks = new Map<number, number>();
  const look = (process: number) => {
    const mark = highWaterMark(process);
    if (mark === undefined) return;
    marks.set(process, mark);
    for (const child of childrenOf(process)) look(child);
  };
  const timer = setInterval(() => {
    if (pid !== undefined) look(pid);
  }, LOOK_EVERY);
  return {
    end() {
      clearInterval(timer);
      return [...marks.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}

/** Bytes; undefined where the process has ended, or the system does not tell. */
function highWaterMark(pid: number): number | undefined {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).flatMap((task) =>
      read(`${tasks}/${task}/children`)
        .split(" ")
        .flatMap((text) => Number(text) || []),
    );
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}
