/** @file The programs of `examples/` do what their READMEs say, with the packages of this checkout. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportOnnx } from "@esnas/core";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { REPOSITORY, temporaryFolder } from "./cli/esnas.js";

/** A folder with a program of an example, where its packages are found. */
function folderWith(example: string, program: string): string {
  const folder = temporaryFolder();
  copyFileSync(join(REPOSITORY, "examples", example, program), join(folder, program));
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function started(cwd: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return { child, ended: once(child, "close").then(([code]) => ({ code, stdout, stderr })), told: () => stderr };
}

describe("score-file", () => {
  const folder = folderWith("score-file", "score.mjs");

  test("scores an ONNX file", async () => {
    writeFileSync(join(folder, "model.onnx"), await exportOnnx("mobilenetv2_100"));
    const { code, stdout } = await started(folder, "score.mjs", "model.onnx").ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3,504,872 parameters, 300,774,272 MACs\nentropic-score: \d+\.\d+\n/);
    expect(stdout).toMatch(/\nlogsynflow: \d+/);
  });

  test.each([[[]], [["missing.onnx"]], [["score.mjs"]]])("says in a line what is wrong with %j", async (args) => {
    const { code, stdout, stderr } = await started(folder, "score.mjs", ...args).ended;
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("search-node", () => {
  test("writes the network that it finds", async () => {
    const folder = folderWith("search-node", "search.mjs");
    const { code, stdout, stderr } = await started(folder, "search.mjs").ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/\d+ candidates/);
    const [, parameters = "", macs = ""] = /^(\d+) parameters, (\d+) MACs/.exec(stdout) ?? [];
    expect(Number(parameters)).toBeLessThanOrEqual(250_000);
    expect(Number(macs)).toBeLessThanOrEqual(10_000_000);
    const session = await ort.InferenceSession.create(join(folder, "model.onnx"));
    await session.release();
    expect(readFileSync(join(folder, "model.py"), "utf8")).toContain("import torch");
    expect(JSON.parse(readFileSync(join(folder, "genotype.json"), "utf8"))).toMatchObject({ space: "hybrid" });
  });

  test.skipIf(process.platform === "win32")("stops at Ctrl-C, and writes nothing", async () => {
    const folder = folderWith("search-node", "search.mjs");
    // So many candidates that it is under way for as long as it takes to look.
    const text = readFileSync(join(folder, "search.mjs"), "utf8").replace("maxEvaluations: 600", "maxEvaluations: 1e6");
    writeFileSync(join(folder, "search.mjs"), text);
    const { child, ended, told } = started(folder, "search.mjs");
    while (!told().includes("candidates")) await new Promise((done) => setTimeout(done, 50));
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(existsSync(join(folder, "model.onnx"))).toBe(false);
  });
});
