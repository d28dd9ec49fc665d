/**
 * @file Makes the searches that are to be looked at: each a process of `esnas search` with a run folder of its own, several at
 * once. What has ended is not made again, what was stopped goes on.
 */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, type Settings, searchArguments } from "@esnas/core/internal";

import { childEnvironment } from "../process/watched.js";
import { EXIT } from "../version.js";
import { differingSetting, inspectRun } from "./finished-runs.js";

export interface SearchesOptions {
  /** Processes at once. */
  readonly workers: number;
  /** Told of the last line that a search has printed; after each of them has ended, too. */
  readonly onProgress: (done: number, seed: number, line: string) => void;
  /** Kills what runs, gently: it can be gone on with. */
  readonly stopped: AbortSignal;
}

/** The folder of the run of a seed within that of an analysis. */
export function runFolderOf(folder: string, seed: number): string {
  return join(folder, "runs", `seed${seed}`);
}

/**
 * What is left to be done: the command line of every search that has not ended.
 * @throws {InputError} where a folder holds a run of other settings.
 */
function missing(searches: readonly Settings[], folder: string): { seed: number; words: string[] }[] {
  return searches.flatMap((settings) => {
    const { seed } = settings;
    const run = runFolderOf(folder, seed);
    if (!existsSync(run)) return [{ seed, words: [...searchArguments(settings), "--out", run] }];
    const { settings: earlier, isFinished } = inspectRun(run);
    const differing = earlier.seed === seed ? differingSetting(settings, earlier) : "seed";
    if (differing !== undefined) {
      throw new InputError(`"${run}" is a run of another ${differing}; choose another --out`);
    }
    return isFinished ? [] : [{ seed, words: ["--resume", run] }];
  });
}

/**
 * Makes all searches that are missing.
 * @returns Whether all have ended; false where they were stopped.
 * @throws {InputError} where a search cannot be made.
 */
export async function makeSearches(
  searches: readonly Settings[],
  folder: string,
  { workers, onProgress, stopped }: SearchesOptions,
): Promise<boolean> {
  const left = missing(searches, folder);
  let done = searches.length - left.length;
  const worker = async () => {
    for (let next = left.shift(); next !== undefined && !stopped.aborted; next = left.shift()) {
      const { seed, words } = next;
      await searchInProcess(words, stopped, (line) => onProgress(done, seed, line));
      if (!stopped.aborted) onProgress(++done, seed, "ended");
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return done === searches.length;
}

function searchInProcess(
  words: readonly string[],
  stopped: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const program = process.argv[1] ?? "";
  // A group of its own: Ctrl-C reaches it through this process alone, once.
  const child = spawn(process.execPath, [program, "search", ...words, "--workers", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    windowsHide: true,
    env: childEnvironment(),
  });
  const stop = () => child.kill("SIGINT");
  stopped.addEventListener("abort", stop);
  let last = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    last = text.trim().split("\n").at(-1) ?? last;
    onLine(last);
  });
  return new Promise<void>((end, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => {
      stopped.removeEventListener("abort", stop);
      // A process that has just begun does not listen yet.
      const isStopped = stopped.aborted && (code === EXIT.stopped || signal === "SIGINT");
      if (code === EXIT.done || isStopped) end();
      else if (code === EXIT.badInput) fail(new InputError(last.replace(/^esnas: /, "")));
      else fail(new Error(`esnas search ${words.join(" ")} ended with ${code}: ${last}`));
    });
  });
}
