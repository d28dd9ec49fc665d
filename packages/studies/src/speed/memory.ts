/** @file Memory and CPU time of a process and its children, as Linux tells them; elsewhere nothing is known. */

import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Milliseconds between looks. */
const LOOK_EVERY = 100;

export interface MemoryUsed {
  /** Bytes at the most, summed over the processes; 0 where the system does not tell. */
  readonly peak: number;
  /** Bytes of all processes together, look by look. */
  readonly course: readonly number[];
  /** CPU seconds of the children, summed up. */
  readonly childrensSeconds: number;
}

/** Looks at a process and its children while it runs. */
export function watchMemory({ pid }: ChildProcess): { end(): MemoryUsed } {
  const peaks = new Map<number, number>();
  const course: number[] = [];
  const seconds = new Map<number, number>();
  const look = (process: number): number => {
    const status = read(`/proc/${process}/status`);
    const peak = bytesOf(status, "VmHWM");
    if (peak === undefined) return 0;
    peaks.set(process, peak);
    if (process !== pid) seconds.set(process, cpuSeconds(process));
    return childrenOf(process).reduce((sum, child) => sum + look(child), bytesOf(status, "VmRSS") ?? 0);
  };
  const timer = setInterval(() => {
    const now = pid === undefined ? 0 : look(pid);
    if (now > 0) course.push(now);
  }, LOOK_EVERY);
  return {
    end() {
      clearInterval(timer);
      return { peak: total(peaks), course, childrensSeconds: total(seconds) };
    },
  };
}

function total(byProcess: ReadonlyMap<number, number>): number {
  return [...byProcess.values()].reduce((sum, value) => sum + value, 0);
}

/** Clock ticks a second of what Linux tells programs. */
const TICKS = 100;

/** Of all threads, in user and system mode so far. */
function cpuSeconds(pid: number): number {
  // The name in parentheses may hold spaces; user and system time are the fields 14 and 15.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}

/** Undefined where the process has ended, or the system does not tell. */
function bytesOf(status: string, field: string): number | undefined {
  const [, kilobytes] = new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(status) ?? [];
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
