/** @file What `docs/export.md` says of exported models on the web is true: its snippet in Node, its page in Chromium. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import { encode, graphOf, hybridSpace, parameterValues, sample, seededRandom } from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, startProgram } from "./cli/esnas.js";

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

const space = hybridSpace();
const model = (input: readonly [number, number, number]) => {
  const architecture = hybridSpace({ input: [...input] }).build(sample(space, seededRandom(11)));
  return encode(graphOf(architecture), { values: (parameter) => parameterValues(0, parameter) });
};

async function logitsOf(bytes: Uint8Array, data: Float32Array, [height, width]: readonly [number, number]) {
  const session = await ort.InferenceSession.create(bytes);
  const input = new ort.Tensor("float32", data, [1, 3, height, width]);
  const { data: logits } = Object.values(await session.run({ input }))[0] ?? {};
  await session.release();
  return logits as Float32Array;
}

/** Within the repository, so that the snippet finds its import. */
const cache = join(REPOSITORY, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "web-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the snippet of docs/export.md", () => {
  test("runs in Node, and finds the class that onnxruntime-node finds", async () => {
    const docs = readFileSync(join(REPOSITORY, "docs/export.md"), "utf8");
    const [, snippet] = /```js\n(import \* as ort.*?)```/s.exec(docs) ?? [];
    const bytes = model([3, 256, 256]);
    writeFileSync(join(folder, "model.onnx"), bytes);
    writeFileSync(join(folder, "snippet.mjs"), snippet ?? "");
    const { code, stdout, stderr } = await startProgram(process.execPath, ["snippet.mjs"], folder).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, best, classes, logit] = /^class (\d+) of (\d+), logit (\S+)\n$/.exec(stdout) ?? [];
    const expected = await logitsOf(bytes, new Float32Array(3 * 256 * 256).fill(0.5), [256, 256]);
    expect(Number(classes)).toBe(1000);
    expect(Number(best)).toBe(expected.indexOf(Math.max(...expected)));
    expect(Number(logit)).toBeCloseTo(Math.max(...expected), 3);
  });
});

/** A bitmap of 24 bits, bottom row first: https://en.wikipedia.org/wiki/BMP_file_format */
function bitmap(width: number, height: number, pixel: (x: number, y: number) => readonly number[]): Buffer {
  const stride = Math.ceil((3 * width) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height);
  file.write("BM");
  for (const [at, value] of [
    [2, file.length],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
  ] as const) {
    file.writeUInt32LE(value, at);
  }
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) file.set(pixel(x, y).toReversed(), 54 + (height - 1 - y) * stride + 3 * x);
  }
  return file;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Files of the repository, as any static server gives them. */
const server = createServer(({ url = "/" }, response) => {
  const file = resolve(REPOSITORY, `.${new URL(url, "http://localhost").pathname}`);
  if (!file.startsWith(REPOSITORY) || !existsSync(file) || extname(file) === "") {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
  response.end(readFileSync(file));
});

describe.skipIf(!existsSync(CHROMIUM))(`the page docs/web (skipped without ${CHROMIUM})`, () => {
  let browser: Browser;

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  test("classifies an image in Chromium as onnxruntime-node does", async () => {
    const [height, width] = [64, 96];
    const bytes = model([3, height, width]);
    const colour = (x: number, y: number) => [(x * 5) % 256, (y * 3) % 256, (x * y) % 256];
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/docs/web/index.html`);
    await page.setInputFiles("#model", { name: "model.onnx", mimeType: "", buffer: Buffer.from(bytes) });
    await page.waitForSelector("#image:enabled");
    const image = { name: "image.bmp", mimeType: "image/bmp", buffer: bitmap(width, height, colour) };
    await page.setInputFiles("#image", image);
    await page.waitForSelector("#classes:not([hidden])");
    const rows = await page.locator("#classes tbody tr").allInnerTexts();
    expect(await page.locator("#status").textContent()).toMatch(/^1000 classes in \d+ ms at 64 x 96\.$/);
    expect(errors).toEqual([]);

    const area = width * height;
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    const pixels = Float32Array.from({ length: 3 * area }, (_, i) => {
      const [channel, at] = [Math.floor(i / area), i % area];
      const value = colour(at % width, Math.floor(at / width))[channel] ?? 0;
      return (value / 255 - (mean?.[channel] ?? 0)) / (std?.[channel] ?? 1);
    });
    const expected = await logitsOf(bytes, pixels, [height, width]);
    const best = [...expected.keys()].sort((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0)).slice(0, 5);
    expect(rows.map((row) => Number(row.split("\t")[0]))).toEqual(best);
    expect(Number(rows[0]?.split("\t")[2])).toBeCloseTo(expected[best[0] ?? 0] ?? 0, 2);
    await page.close();
  });
});
