/**
 * @file Work on a file that anyone may have written, in a process of its own: whatever a native runtime makes of it, an abort, memory
 * without end or a loop that does not stop, ends that process, and the user is told in a line.
 */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { constrainedMemory } from "node:process";
import { InputError } from "@esnas/core";
import { EXIT } from "./version.js";

/** Says to the process that it is the one that works. */
const MARK = "ESNAS_GUARDED";

/** Share of the machine's memory that a file may take. */
const SHARE_OF_MEMORY = 0.75;

/** Milliseconds between two looks at the memory. */
const LOOK_EVERY = 100;

/** Seconds in which a file has to be read and run once. */
const LONGEST_READING = 300;

/** Whether this process is the one that works. It ends with the one that watches it. */
export function isGuarded(): boolean {
  return process.env[MARK] !== undefined;
}

/** Tells the watching process that the file has been read and run once. */
export function tellThatItRuns(): void {
  process.send?.("runs");
  process.once("disconnect", () => process.exit(EXIT.stopped));
  process.channel?.unref();
}

/**
 * Runs this command line again in a process that is watched, and takes its exit code.
 * @throws {InputError} where the process has to be ended, or ends by itself in another way than by an exit.
 */
export async function guarded(path: string): Promise<void> {
  const [program = "", ...args] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    env: { ...process.env, [MARK]: "1" },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  let reason: string | undefined;
  const end = (why: string) => {
    reason ??= why;
    child.kill("SIGKILL");
  };
  const most = SHARE_OF_MEMORY * availableMemory();
  const watch = setInterval(() => {
    const bytes = memoryOf(child.pid);
    if (bytes > most) end(`it takes more than ${(most / 2 ** 30).toFixed(1)} GiB of memory`);
  }, LOOK_EVERY);
  const slow = setTimeout(
    () => end(`it was not run once within ${LONGEST_READING / 60} minutes`),
    1000 * LONGEST_READING,
  );
  child.on("message", () => clearTimeout(slow));
  // A terminal's Ctrl-C reaches both processes; other senders reach this one alone.
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGINT", pass).on("SIGTERM", pass);
  const ended = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => done({ code, signal }));
  }).finally(() => {
    clearInterval(watch);
    clearTimeout(slow);
    process.off("SIGINT", pass).off("SIGTERM", pass);
  });
  if (reason !== undefined) throw new InputError(`"${path}" cannot be run: ${reason}`);
  if (ended.signal === "SIGINT" || ended.signal === "SIGTERM") process.exitCode = EXIT.stopped;
  else if (ended.signal !== null)
    throw new InputError(`"${path}" cannot be run: it ended ONNX Runtime by ${ended.signal}`);
  else process.exitCode = ended.code ?? EXIT.defect;
}

/** Bytes of the machine, or of the container that this process is kept in. */
function availableMemory(): number {
  const constrained = constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Bytes of a process that are in memory, where the system tells: on Linux. */
function memoryOf(pid: number | undefined): number {
  try {
    const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    return 4096 * Number(pages);
  } catch {
    return 0;
  }
}
