/**
 * @file Processes that the program starts end with it, however it ends and whatever they do. Each of them calls `endWithParent`; a
 * guarded one also says what it does, so that its limits hold for each step.
 */

import { writeFileSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Limits } from "./limits.js";

/** Environment variables for a child: its parent, and the limits of one that is guarded. */
const PARENT = "ESNAS_PARENT";
const GUARDED = "ESNAS_GUARDED";

/** File descriptor on which a guarded process reports, a JSON object a line. */
export const REPORTS = 3;

/** What a guarded process does now, or the limit at which it ends. */
export type Report = { readonly doing: string } | { readonly limit: "memory" | "time" };

/** What the watching thread is given. */
export interface Watch {
  readonly parent: number;
  readonly guard?: { readonly limits: Limits; readonly beats: Int32Array };
}

/** Counts the steps of a guarded process, in memory that the watching thread sees. */
const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Environment of a process that ends with this one; with limits, of one that is guarded. */
export function childEnvironment(limits?: Limits): NodeJS.ProcessEnv {
  return { ...process.env, [PARENT]: String(process.pid), ...(limits && { [GUARDED]: JSON.stringify(limits) }) };
}

/** Whether another process watches this one, which may then do as it likes with a file of anyone's. */
export function isGuarded(): boolean {
  return process.env[GUARDED] !== undefined;
}

/** From now on this process ends with the one that started it, if that is the program too. */
export function endWithParent(): void {
  const { [PARENT]: parent, [GUARDED]: limits } = process.env;
  if (parent === undefined) return;
  if (limits !== undefined) preferInShortage();
  const watch: Watch = {
    parent: Number(parent),
    ...(limits !== undefined && { guard: { limits: JSON.parse(limits) as Limits, beats } }),
  };
  new Worker(new URL("./watch-thread.js", import.meta.url), { workerData: watch }).unref();
}

/** Says that a step begins: the time limit is counted anew. Costs next to nothing. */
export function beat(): void {
  Atomics.add(beats, 0, 1);
}

/** Says what a guarded process does from now on: `scoring naswot`. The watching process tells the user if it has to be ended. */
export function doing(what: string): void {
  beat();
  const report: Report = { doing: what };
  if (isGuarded()) writeSync(REPORTS, `${JSON.stringify(report)}\n`);
}

/** Where the system runs out of memory before the limit, Linux is to end this process and no other. */
function preferInShortage(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Other systems, and containers, have no such file, or none that may be written.
  }
}
