/**
 * @file A thread that watches over its own process. Native code keeps the main thread for as long as it likes, and no timer, message
 * or signal handler runs there meanwhile. The thread ends the process together with its parent, and a guarded one at its limits.
 */

import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { REPORTS, type Report, type Watch } from "./watched.js";

/** Milliseconds between two looks: memory can grow by some 100 MiB in the shorter one. */
const EVERY = 250;
const EVERY_GUARDED = 50;

/** Milliseconds that count at most between two looks: a process that was stopped by Ctrl-Z has not been working. */
const LONGEST_LOOK = 1000;

const { parent, guard } = workerData as Watch;

function hasParentEnded(): boolean {
  // Windows keeps the number of a parent that has ended; elsewhere an orphan gets another parent at once.
  if (process.platform !== "win32") return process.ppid !== parent;
  try {
    process.kill(parent, 0);
    return false;
  } catch {
    return true;
  }
}

function end(report?: Report): void {
  try {
    if (report !== undefined) writeSync(REPORTS, `${JSON.stringify(report)}\n`);
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}

let beats = 0;
let looked = performance.now();
let waited = 0;

function look(): void {
  if (hasParentEnded()) end();
  if (guard === undefined) return;
  if (process.memoryUsage.rss() > guard.limits.memory) end({ limit: "memory" });
  const now = performance.now();
  const heard = Atomics.load(guard.beats, 0);
  waited = heard === beats ? waited + Math.min(now - looked, LONGEST_LOOK) : 0;
  [beats, looked] = [heard, now];
  if (waited > 1000 * guard.limits.seconds) end({ limit: "time" });
}

setInterval(look, guard === undefined ? EVERY : EVERY_GUARDED);
