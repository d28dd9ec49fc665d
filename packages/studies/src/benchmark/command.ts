/**
 * @file Runs `esnas bench` as a user would, and keeps its statistics, or what its searches have found, in `results/`. Scores are in
 * `bench/scores.sqlite`: what is stopped goes on when it is called again.
 */

import { spawn } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, shellWord } from "@esnas/core/internal";
import { resultsFile } from "../common/results.js";
import { argumentsOf, benchmarkResults } from "./catalogue.js";

const PROGRAM = fileURLToPath(new URL("../../../cli/bin/esnas.js", import.meta.url));

/** The file of a result's folder that is kept. */
const kept = { correlate: "statistics.csv", picks: "statistics.csv", search: "searches.csv" } as const;

/** Makes the files of these names one after another; prints the commands where none is named. */
export async function benchmark(names: readonly string[]): Promise<void> {
  const known = Object.keys(benchmarkResults);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InputError(`unknown result "${unknown}". Known: ${known.join(", ")}`);
  if (names.length === 0) {
    for (const [name, result] of Object.entries(benchmarkResults)) {
      process.stdout.write(`${name}\n  npx esnas ${argumentsOf(result).map(shellWord).join(" ")}\n`);
    }
    return;
  }
  for (const name of names) {
    const result = benchmarkResults[name];
    if (result === undefined) continue;
    const folder = join("bench", name);
    await esnas([...argumentsOf(result), "--out", folder]);
    copyFileSync(join(folder, kept[result.command]), resultsFile(name));
  }
}

async function esnas(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: "inherit" });
  const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0) throw new Error(`esnas ${args.join(" ")} ended with ${code}`);
}
