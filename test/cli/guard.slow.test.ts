/**
 * @file Processes that hang in native code or take too much: they end with the one that started them, by signals within seconds, and at
 * their limits, in one line.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { type Ended, esnasWith, isAlive, REPOSITORY, type Started, startWith, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
for (const name of ["loop-infinite", "loop-nonzero-relu", "random-huge", "input-huge", "run-fails-gather"]) {
  copyFileSync(join(REPOSITORY, "test/fixtures/hostile", `${name}.onnx`), join(cwd, `${name}.onnx`));
}

/** A worker process that hangs in its first task. */
const HANGING = { NODE_OPTIONS: `--import ${pathToFileURL(join(REPOSITORY, "test/fakes/hang.js")).href}` };

/** Processes that a process has started and that have not ended, each with the seconds of a processor that it has used. */
function childrenOf(parent: number | undefined): { readonly pid: number; readonly seconds: number }[] {
  const lines = execFileSync("ps", ["-e", "-o", "pid=,ppid=,time=,stat="], { encoding: "utf8" }).trim().split("\n");
  return lines.flatMap((line) => {
    const [pid, ppid, time = "", state = ""] = line.trim().split(/\s+/);
    const seconds = time.split(/[-:]/).reduce((total, part) => 60 * total + Number(part), 0);
    return Number(ppid) === parent && !state.startsWith("Z") ? [{ pid: Number(pid), seconds }] : [];
  });
}

/** Waits until something is the case. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let wait = 0; !isSo(); wait++) {
    if (wait > 600) throw new Error(`waited in vain for ${what}`);
    await pause(100);
  }
}

/** The process that runs a file which hangs, once it does: reading it takes less than a second. */
async function hung({ child }: Started): Promise<number> {
  await until("a process that hangs", () => childrenOf(child.pid).some(({ seconds }) => seconds >= 2));
  const [{ pid } = { pid: 0 }] = childrenOf(child.pid);
  return pid;
}

/** Ended with exit code 2 and a line that says why; output of the runtime's own is none. */
function expectLine({ code, stdout, stderr }: Ended, reason: RegExp): void {
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^esnas: .+\n$/) });
  expect(stderr).toMatch(reason);
}

const LATENCY = ["latency", "loop-infinite.onnx"] as const;

describe("a process that hangs in native code", () => {
  test("ends with the one that watches it, however that is ended", async () => {
    const started = startWith(cwd, {}, ...LATENCY);
    const pid = await hung(started);
    started.child.kill("SIGKILL");
    await until("its end", () => !isAlive(pid));
  });

  test("is ended some seconds after Ctrl-C", async () => {
    const started = startWith(cwd, {}, ...LATENCY);
    const pid = await hung(started);
    started.child.kill("SIGINT");
    expect(await started.ended).toMatchObject({ code: 130, stdout: "" });
    expect(isAlive(pid)).toBe(false);
  });

  test("is ended at once by a second SIGTERM", async () => {
    const started = startWith(cwd, {}, ...LATENCY);
    const pid = await hung(started);
    started.child.kill("SIGTERM");
    await pause(500);
    started.child.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ code: 130, stdout: "" });
    expect(isAlive(pid)).toBe(false);
  });
});

describe("a worker that hangs in its task", () => {
  const hanging = ({ child }: Started) =>
    new Promise<void>((done) => {
      child.stderr?.on("data", (text: string) => {
        if (text.includes("hangs")) done();
      });
    });
  const search = (folder: string) => ["search", "--preset", "s0", "--workers", "1", "--out", folder] as const;

  test("ends with a search that is killed", async () => {
    const started = startWith(cwd, HANGING, ...search("killed"));
    await hanging(started);
    const workers = childrenOf(started.child.pid);
    started.child.kill("SIGKILL");
    expect(workers).toHaveLength(1);
    await until("its end", () => !workers.some(({ pid }) => isAlive(pid)));
  });

  test("does not keep a search from its end by Ctrl-C", async () => {
    const started = startWith(cwd, HANGING, ...search("stopped"));
    await hanging(started);
    const workers = childrenOf(started.child.pid);
    started.child.kill("SIGINT");
    const { code, stderr } = await started.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/nothing is lost/);
    await until("its end", () => !workers.some(({ pid }) => isAlive(pid)));
  });
});

describe("a limit", () => {
  const inTime = { ESNAS_MAX_SECONDS: "4" };

  test("of time holds for the runs of a metric, not for the first run alone", async () => {
    const args = "score loop-nonzero-relu.onnx --metrics parameters,entropic-score".split(" ");
    const ended = await esnasWith(cwd, { ...process.env, ...inTime }, ...args);
    expectLine(ended, /"loop-nonzero-relu.onnx" cannot be run: a run takes longer than 4 s .*, scoring entropic-score/);
  });

  test("of time holds for the runs that latency measures", async () => {
    const ended = await esnasWith(cwd, { ...process.env, ...inTime }, "latency", "loop-nonzero-relu.onnx");
    expectLine(ended, /a run takes longer than 4 s .*, running "loop-nonzero-relu.onnx"/);
  });

  test("of memory ends a file that takes more", async () => {
    const env = { ...process.env, ESNAS_MAX_MEMORY: "400" };
    expectLine(await esnasWith(cwd, env, "latency", "random-huge.onnx"), /it takes more than 400 MiB of memory/);
  });

  test.each([
    ["ESNAS_MAX_MEMORY", "much", /ESNAS_MAX_MEMORY takes a positive number of MiB, was given "much"/],
    ["ESNAS_MAX_SECONDS", "0", /ESNAS_MAX_SECONDS takes a positive number of seconds, was given "0"/],
  ])("in %s that is no number is refused", async (name, value, reason) => {
    expectLine(await esnasWith(cwd, { ...process.env, [name]: value }, "describe", "input-huge.onnx"), reason);
  });
});

describe("latency of a file that cannot be run", () => {
  test.each([
    ["for its input is too large", "input-huge.onnx", /takes 30000000000 numbers an image: at most/],
    ["in the runtime's words", "run-fails-gather.onnx", /does not run it: .*Gather node/],
  ])("is refused %s", async (_, file, reason) => {
    expectLine(await esnasWith(cwd, process.env, "latency", file), reason);
  });
});
