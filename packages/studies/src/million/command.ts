/**
 * @file `npm run study -- million`: a search of a million candidates, whose scores cost nothing, with the study, the files and the
 * reports of any search; killed in the middle and gone on with. What it takes, in time, memory and on the disk, as `results/million.csv`.
 */

import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { InputError } from "@esnas/core/internal";
import { STUDY_FILE } from "esnas/dist/study/study.js";
import { printTable, type Row, writeResults } from "../common/results.js";
import { withTemporaryFolder } from "../common/temporary-folder.js";
import { progress } from "../speed/output.js";
import { called } from "../speed/program.js";
import type { Mark } from "./search.js";

const SEARCH = fileURLToPath(new URL("./search.js", import.meta.url));
/** Marks of a search. */
const MARKS = 20;
const MIB = 2 ** 20;

export async function million(options: { readonly evaluations: string }): Promise<void> {
  const evaluations = Number(options.evaluations);
  if (!Number.isSafeInteger(evaluations) || evaluations < 1000) {
    throw new InputError(`--evaluations takes a whole number from 1000, was given "${options.evaluations}"`);
  }
  const rows = await withTemporaryFolder(async (folder) => {
    const run = join(folder, "run");
    const half = evaluations / 2;
    const made = await marksOf(run, evaluations, (mark) => mark.candidates < half);
    const resumed = await marksOf(run, evaluations, () => true);
    return [...made.map(rowOf("recorded")), ...resumed.map(rowOf("resumed")), await analysed(folder, run)];
  });
  printTable(rows);
  writeResults("million", rows);
}

/** Runs the search until it has ended, or is no longer to go on: then it is killed. */
async function marksOf(run: string, evaluations: number, goesOn: (mark: Mark) => boolean): Promise<Mark[]> {
  const args = ["--expose-gc", SEARCH, run, String(evaluations), String(Math.floor(evaluations / MARKS))];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<number | null>((done, fail) => child.on("error", fail).on("close", done));
  const marks: Mark[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const mark = JSON.parse(line) as Mark;
    marks.push(mark);
    progress(`${mark.candidates} candidates, ${Math.round(mark.resident / MIB)} MiB`);
    if (!goesOn(mark)) kill();
  }
  const code = await ended;
  process.off("exit", kill);
  if (code !== 0 && code !== null) throw new Error(`the search ended with ${code}`);
  return marks;
}

function rowOf(what: string): (mark: Mark) => Row {
  return ({ candidates, seconds, resident, live, stored }) => ({
    what,
    candidates,
    seconds: round(seconds),
    "resident, MiB": round(resident / MIB),
    "live, MiB": round(live / MIB),
    "study, MiB": round(stored / MIB),
  });
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

/** `esnas analyze` of the run that has ended. */
async function analysed(folder: string, run: string): Promise<Row> {
  const args = ["analyze", run, "--random", "10", "--out", join(folder, "analysis"), "--json"];
  const { milliseconds, memory } = await called(args);
  return {
    what: "analysed",
    candidates: "",
    seconds: round(milliseconds / 1000),
    "resident, MiB": round(memory.peak / MIB),
    "live, MiB": "",
    "study, MiB": round(statSync(join(run, STUDY_FILE)).size / MIB),
  };
}
