/** @file Runs that are stopped, killed, and gone on with: the history and the files are those of the uninterrupted run. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "@esnas/core/internal";
import { beforeAll, describe, expect, test } from "vitest";
import {
  candidatesOf,
  contentsOf,
  type Ended,
  esnas,
  isAlive,
  query,
  REPOSITORY,
  RUN_FILES,
  resultOf,
  start,
  startProgram,
  stdoutOf,
  temporaryFolder,
} from "./esnas.js";

const cwd = temporaryFolder();
const FLAGS = "search --max-evaluations 150 --seed 4".split(" ");
const uninterrupted = join(cwd, "uninterrupted");
/** How long the uninterrupted run took. */
let milliseconds = 0;

beforeAll(async () => {
  const begin = performance.now();
  await stdoutOf(cwd, ...FLAGS, "--out", "uninterrupted");
  milliseconds = performance.now() - begin;
});

/** No process has it: the largest that Linux gives is 2 ** 22. */
const NO_PROCESS = 2 ** 30;

function expectUninterrupted(run: string): void {
  expect(readdirSync(join(cwd, run)).sort()).toEqual(RUN_FILES);
  expect(candidatesOf(join(cwd, run))).toEqual(candidatesOf(uninterrupted));
  expect(resultOf(join(cwd, run))).toEqual(resultOf(uninterrupted));
}

/** Waits until a search has been writing to its study. */
async function written(run: string): Promise<void> {
  while (!existsSync(join(cwd, run, "study.sqlite-wal"))) await pause(5);
}

describe("a run killed at any moment", () => {
  const random = seededRandom(11);
  // One in each tenth of the run.
  const moments = Array.from({ length: 10 }, (_, i) => (100 * i + random.below(100)) / 1000);

  test.each(moments)("(after %f of its time) ends as the uninterrupted one when it is resumed", async (moment) => {
    const run = `killed-${moment}`;
    const { child, ended } = start(cwd, ...FLAGS, "--out", run);
    await pause(moment * milliseconds);
    child.kill("SIGKILL");
    await ended;
    const begun = existsSync(join(cwd, run));
    await stdoutOf(cwd, ...(begun ? ["search", "--resume", run] : [...FLAGS, "--out", run]));
    expectUninterrupted(run);
    expect(readdirSync(cwd).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("twice in a row is resumed as well, and counts the evaluations of all its parts", async () => {
    for (const args of [
      [...FLAGS, "--out", "twice"],
      ["search", "--resume", "twice"],
    ]) {
      const { child, ended } = start(cwd, ...args);
      await written("twice");
      await pause(300);
      child.kill("SIGKILL");
      await ended;
    }
    await stdoutOf(cwd, "search", "--resume", "twice");
    expectUninterrupted("twice");
    expect(query(join(cwd, "twice"), "SELECT id FROM timings")).toHaveLength(candidatesOf(uninterrupted).length);
  });
});

/** The processes that a process has started and that have not ended. */
function childrenOf(pid: number | undefined): number[] {
  const lines = execFileSync("ps", ["-e", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([child, parent, state]) =>
    Number(parent) === pid && !state?.startsWith("Z") ? [Number(child)] : [],
  );
}

describe("workers", () => {
  test("that are killed are replaced, and the run ends as the uninterrupted one", async () => {
    const { child, ended } = start(cwd, ...FLAGS, "--out", "workers killed", "--workers", "2");
    await written("workers killed");
    const workers = childrenOf(child.pid);
    expect(workers.length).toBeGreaterThan(0);
    for (const worker of workers) process.kill(worker, "SIGKILL");
    expect(await ended).toMatchObject({ code: 0 });
    expectUninterrupted("workers killed");
  });

  test("end with a run that is killed, which is resumed by another number of them", async () => {
    const { child, ended } = start(cwd, ...FLAGS, "--out", "other workers", "--workers", "1");
    await written("other workers");
    const workers = childrenOf(child.pid);
    expect(workers).toHaveLength(1);
    child.kill("SIGKILL");
    await ended;
    for (let wait = 0; wait < 200 && workers.some(isAlive); wait++) await pause(50);
    expect(workers.filter(isAlive)).toEqual([]);
    await stdoutOf(cwd, "search", "--resume", "other workers", "--workers", "3");
    expectUninterrupted("other workers");
  });
});

describe("what a killed process leaves", () => {
  test("beside the folder of a run is removed by the next start of it, and nothing of anybody else", async () => {
    const place = temporaryFolder();
    const names = [
      `.run.${NO_PROCESS}.partial`,
      `.run.${process.pid}.partial`,
      `.run2.${NO_PROCESS}.partial`,
      ".run.old.partial",
    ];
    for (const name of names) {
      mkdirSync(join(place, name));
      writeFileSync(join(place, name, "study.sqlite"), "half");
    }
    await stdoutOf(place, ..."search --max-evaluations 6 --out run".split(" "));
    expect(readdirSync(place).sort()).toEqual([...names.slice(1), "run"].sort());
  });
});

describe("a run stopped by Ctrl-C", () => {
  let stopped: Ended;
  let workers: number[];
  let history: Record<string, unknown>[];
  beforeAll(async () => {
    const { child, ended } = start(cwd, ...FLAGS, "--out", "it is stopped", "--json");
    await written("it is stopped");
    await pause(200);
    workers = childrenOf(child.pid);
    child.kill("SIGINT");
    stopped = await ended;
    history = candidatesOf(join(cwd, "it is stopped"));
  });

  test("ends with exit code 130, nothing on standard output, and a line that says how to go on", () => {
    expect(stopped).toMatchObject({ code: 130, stdout: "" });
    expect(stopped.stderr).toMatch(/^go on with: esnas search --resume 'it is stopped'$/m);
  });

  test("leaves no workers", () => {
    expect(workers.length).toBeGreaterThan(0);
    expect(workers.filter(isAlive)).toEqual([]);
  });

  test("leaves a whole study with the beginning of the history, and nothing else", () => {
    expect(readdirSync(join(cwd, "it is stopped"))).toEqual(["study.sqlite"]);
    expect(history.length).toBeGreaterThan(0);
    expect(history).toEqual(candidatesOf(uninterrupted).slice(0, history.length));
  });

  test("ends as the uninterrupted one when it is resumed", async () => {
    const { evaluations } = JSON.parse(await stdoutOf(cwd, "search", "--resume", "it is stopped", "--json"));
    expect(evaluations.topology + evaluations.size).toBe(candidatesOf(uninterrupted).length);
    expectUninterrupted("it is stopped");
  });
});

describe("a finished run", () => {
  test("that is resumed has its files written again and debris removed, and its study left as it is", async () => {
    await stdoutOf(cwd, ..."search --max-evaluations 12 --out finished".split(" "));
    const before = contentsOf(join(cwd, "finished"));
    rmSync(join(cwd, "finished", "model.onnx"));
    writeFileSync(join(cwd, "finished", "figure.svg"), "scribble");
    writeFileSync(join(cwd, "finished", `.model.onnx.${NO_PROCESS}.partial`), "half");
    writeFileSync(join(cwd, "finished", "study.sqlite-lock"), "");
    await stdoutOf(cwd, "search", "--resume", "finished");
    expect(contentsOf(join(cwd, "finished"))).toEqual(before);
  });
});

describe("a run that another process is working on", () => {
  test("cannot be resumed; the other process does not notice", async () => {
    const { child, ended } = start(cwd, ..."search --out shared".split(" "));
    await written("shared");
    const second = await esnas(cwd, "search", "--resume", "shared");
    expect(second).toMatchObject({ code: 2, stdout: "" });
    expect(second.stderr).toMatch(/^esnas: another process is working on ".*"\n$/);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130 });
    const ids = candidatesOf(join(cwd, "shared")).map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, i) => i + 1));
  });

  test("can be read meanwhile", async () => {
    const { child, ended } = start(cwd, ..."search --out watched".split(" "));
    await written("watched");
    await pause(400);
    const reading =
      'console.log(new (require("libsql"))(process.argv[1]).prepare("SELECT * FROM candidates").all().length)';
    const watcher = startProgram(process.execPath, ["-e", reading, join(cwd, "watched/study.sqlite")], REPOSITORY);
    expect(await watcher.ended).toEqual({ code: 0, stdout: expect.stringMatching(/^[1-9]\d*\n$/), stderr: "" });
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130 });
    expect(readdirSync(join(cwd, "watched"))).toEqual(["study.sqlite"]);
  });
});
