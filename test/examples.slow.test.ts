/** @file The programs of `examples/` do what their READMEs say, with the packages of this checkout. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe as described, exportOnnx, modelNamed, onnxRuntime } from "@esnas/core";
import * as ort from "onnxruntime-node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, temporaryFolder } from "./cli/esnas.js";
import { errorsOf, host, launch, missing } from "./studio/browser.js";

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

const VITE = join(REPOSITORY, "node_modules/vite/bin/vite.js");

describe.skipIf(missing !== undefined)("pages that Vite builds", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  /** The page of an example, built as its README says. */
  async function opened(example: string, prepare: (folder: string) => void = () => {}) {
    const folder = temporaryFolder();
    cpSync(join(REPOSITORY, "examples", example), folder, { recursive: true });
    symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
    prepare(folder);
    execFileSync(join(REPOSITORY, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder });
    execFileSync(process.execPath, [VITE, "build", "--base", "./", "--logLevel", "warn"], { cwd: folder });
    const { address, close } = await host(join(folder, "dist"));
    const page = await browser.newPage();
    const errors = errorsOf(page);
    await page.goto(address);
    return { page, errors, end: () => page.close().then(close) };
  }

  test("search in a worker: a network within the budget, as an ONNX file", async () => {
    const { page, errors, end } = await opened("search-worker");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("#status", { hasText: /^Found: / }).waitFor({ timeout: 120_000 });
    const [, parameters, macs] = /(\d+) parameters, (\d+) multi/.exec((await page.textContent("#status")) ?? "") ?? [];
    expect(Number(parameters)).toBeLessThanOrEqual(250_000);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "model.onnx" }).click();
    const file = new Uint8Array(readFileSync(await (await download).path()));
    const told = await described(file, { runtime: onnxRuntime(ort) });
    expect([told.parameters, told.macs]).toEqual([Number(parameters), Number(macs)]);
    expect(errors).toEqual([]);
    await end();
  }, 300_000);

  test("search in a worker: stops, and says in a line why nothing is found", async () => {
    const { page, errors, end } = await opened("search-worker");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("#status", { hasText: /candidates/ }).waitFor({ timeout: 120_000 });
    await page.getByRole("button", { name: "Stop" }).click();
    expect(await page.textContent("#status")).toBe("Stopped.");
    await page.getByLabel("parameters").fill("10");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("#status", { hasText: /at most 10 parameters/ }).waitFor();
    expect(errors).toEqual([]);
    await end();
  }, 300_000);

  test("a found model says the classes of a picture", async () => {
    const file = await exportOnnx(modelNamed("mobilenetv2_100").build({ resolution: 64, classes: 4 }));
    const { page, errors, end } = await opened("vite-app", (folder) => {
      mkdirSync(join(folder, "public"));
      writeFileSync(join(folder, "public/model.onnx"), file);
    });
    await page.locator("#status", { hasText: "Choose a picture." }).waitFor();
    const picture = join(REPOSITORY, "docs/studio/design.png");
    await page.getByLabel("A picture").setInputFiles(picture);
    await page.locator("#classes li").nth(3).waitFor();
    const shares = (await page.locator("#classes li").allTextContents()).map((text) =>
      Number(/^class [0-3]: ([\d.]+) %$/.exec(text)?.[1]),
    );
    expect(shares).toHaveLength(4);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(100, 0);
    expect(errors).toEqual([]);
    await end();
  }, 300_000);

  test("a found model that is not there is missed in a line", async () => {
    const { page, end } = await opened("vite-app");
    await page.locator("#status", { hasText: "there is no model" }).waitFor();
    await end();
  }, 300_000);
});
