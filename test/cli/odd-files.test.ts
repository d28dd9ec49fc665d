/** @file Pipes and devices in the place of files, and folders where none can be made: every command refuses them, and waits for none. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectRefusal, REPOSITORY, temporaryFolder } from "./esnas.js";

const isUnix = process.platform !== "win32";
const cwd = temporaryFolder();
writeFileSync(join(cwd, "sweep.yaml"), "preset: s0\n");
// Apart, since whoever looks at what a refused command has left reads all files.
const odd = temporaryFolder();
mkdirSync(join(odd, "run"));
if (isUnix) execFileSync("mkfifo", ["pipe", "pipe.onnx", "run/study.sqlite", "run/architecture.json"], { cwd: odd });

const TABLE = "--space nats-topology --dataset c10";

test
  .runIf(isUnix)
  .each([
    "score pipe",
    "score run",
    "score pipe.onnx",
    "describe pipe.onnx",
    "describe --model resnet18 --profile pipe",
    "latency pipe.onnx",
    "latency pipe",
    "export pipe --onnx model.onnx",
    "export --model resnet18 --weights pipe --onnx model.onnx",
    "sweep pipe",
    "analyze run",
    "search --resume run",
    `bench correlate ${TABLE} --table pipe`,
    `bench search ${TABLE} --table pipe`,
  ])("%s waits for no pipe", async (line) => {
  const args = line.split(" ").map((word) => (/^(pipe|run)\b/.test(word) ? join(odd, word) : word));
  await expectRefusal(cwd, args, / is no file$/m);
});

test
  .runIf(process.platform === "linux")
  .each([
    "search --preset s0 --out /proc/nope/x",
    "sweep sweep.yaml --out /proc/nope/x",
    "analyze --preset s0 --seeds 2 --out /proc/nope/x",
    "latency --calibrate --profile /proc/nope/x.json",
    `bench correlate ${TABLE} --out /proc/nope/x`,
    `bench search ${TABLE} --out /proc/nope/x`,
  ])("%s ends before it begins", (line) => expectRefusal(cwd, line.split(" "), /cannot make the folder "\/proc\/nope/));

test("files are read and folders made by the modules that see to it, and by nothing else", () => {
  const source = join(REPOSITORY, "packages/cli/src");
  const using = (pattern: RegExp) =>
    (readdirSync(source, { recursive: true }) as string[])
      .filter((path) => /(?<!\.test)\.ts$/.test(path) && pattern.test(readFileSync(join(source, path), "utf8")))
      .map((path) => path.replaceAll("\\", "/"))
      .sort();
  expect(using(/\bmkdirSync\(|mkdir\(/)).toEqual(["files/folders.ts"]);
  // Besides what users name: the program's own files, traces that it has just written, and parts of files that were checked.
  expect(using(/\b(readFileSync|readFile|createReadStream)\(/)).toEqual([
    "latency/timed-network.ts",
    "scoring/core-digest.ts",
    "studio/run-files.ts",
  ]);
});
