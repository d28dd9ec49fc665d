/**
 * @file Work on a file that anyone may have written, in a process of its own: whatever a native runtime makes of it, an abort, memory
 * without end or a loop that does not stop, ends that process, and the user is told in a line.
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { duration, InputError } from "@esnas/core/internal";
import { EXIT } from "../version.js";
import { Interruption } from "./interruption.js";
import { fileLimits, type Limits } from "./limits.js";
import { childEnvironment, REPORTS, type Report } from "./watched.js";

/** Milliseconds in which a run has to end once a signal has asked for it. */
const GRACE = 5000;

/**
 * Runs this command line again in a process that is watched, and takes its exit code.
 * @param paths Of the files that it is about.
 * @throws {InputError} where the process has to be ended, or ends by itself in another way than by an exit.
 */
export async function guarded(paths: readonly string[]): Promise<void> {
  const limits = fileLimits();
  const [program = "", ...args] = process.argv.slice(1);
  // At a limit of its own, far below that of the process, JavaScript's memory would end by an abort with a trace.
  const heap = `--max-old-space-size=${Math.ceil(limits.memory / 2 ** 20)}`;
  const child = spawn(process.execPath, [...process.execArgv, heap, program, ...args], {
    env: childEnvironment(limits),
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  let doing = "";
  let limit: "memory" | "time" | undefined;
  createInterface({ input: child.stdio[REPORTS] as Readable }).on("line", (line) => {
    const report = JSON.parse(line) as Report;
    if ("doing" in report) doing = `, ${report.doing}`;
    else limit = report.limit;
  });
  let force: NodeJS.Timeout | undefined;
  const kill = () => child.kill("SIGKILL");
  const interruption = new Interruption((signal) => {
    child.kill(signal);
    force = setTimeout(kill, GRACE);
  }, kill);
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => done({ code, signal }));
  }).finally(() => {
    clearTimeout(force);
    interruption.end();
  });
  const named = paths.map((path) => `"${path}"`).join(", ");
  if (limit !== undefined) throw new InputError(`${named} cannot be run: ${atLimit(limit, limits)}${doing}`);
  if (signal === null) process.exitCode = code ?? EXIT.defect;
  else if (interruption.isAsked || signal === "SIGINT" || signal === "SIGTERM") process.exitCode = EXIT.stopped;
  else throw new InputError(`${named} cannot be run: ${endedBy(signal)}${doing}`);
}

function atLimit(limit: "memory" | "time", { memory, seconds }: Limits): string {
  if (limit === "memory") return `it takes more than ${bytesInWords(memory)} of memory (ESNAS_MAX_MEMORY)`;
  return `a run takes longer than ${duration(seconds)} (ESNAS_MAX_SECONDS)`;
}

function bytesInWords(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

function endedBy(signal: NodeJS.Signals): string {
  return signal === "SIGKILL"
    ? "its process was killed, most likely because the system ran out of memory"
    : `it ended ONNX Runtime by ${signal}`;
}
