/** @file Memory of a process and its children, as Linux tells it; elsewhere nothing is known. */

import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Milliseconds between looks. */
const LOOK_EVERY = 100;

export interface MemoryUsed {
  /** Bytes at the most, summed over the processes; 0 where the system does not tell. */
  readonly peak: number;
  /** Bytes of all processes together, look by look. */
  readonly course: readonly number[];
}

/** Looks at a process and its children while it runs. */
export function watchMemory({ pid }: ChildProcess): { end(): MemoryUsed } {
  const peaks = new Map<number, number>();
  const course: number[] = [];
  const look = (process: number): number => {
    const status = read(`/proc/${process}/status`);
    const peak = bytesOf(status, "VmHWM");
    if (peak === undefined) return 0;
    peaks.set(process, peak);
    return childrenOf(process).reduce((sum, child) => sum + look(child), bytesOf(status, "VmRSS") ?? 0);
  };
  const timer = setInterval(() => {
    const now = pid === undefined ? 0 : look(pid);
    if (now > 0) course.push(now);
  }, LOOK_EVERY);
  return {
    end() {
      clearInterval(timer);
      return { peak: [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0), course };
    },
  };
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
