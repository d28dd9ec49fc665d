/** @file The studio's server against requests, clients and folders that no browser and no search makes. */

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsSchema } from "@esnas/core/internal";
import fc from "fast-check";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownText, withOwnFile } from "../../packages/cli/src/studio/run-files.js";
import { ServedRuns } from "../../packages/cli/src/studio/served-runs.js";
import { type RunningServer, serveStudio } from "../../packages/cli/src/studio/server.js";
import { Study } from "../../packages/cli/src/study/study.js";
import { temporaryFolder } from "../cli/esnas.js";
import { type Answer, abortedRequests, ask, exchange, hasProc, openFilesOf } from "./requests.js";

const SIZE = 3_000_000;
const BYTES = Buffer.alloc(SIZE, "0123456789");

const folder = temporaryFolder();
const page = join(folder, "page");
const runs = join(folder, "runs");
let server: RunningServer;

beforeAll(async () => {
  mkdirSync(join(page, "assets"), { recursive: true });
  mkdirSync(runs);
  writeFileSync(join(page, "index.html"), "<p>the page</p>");
  writeFileSync(join(page, "assets", "large.wasm"), BYTES);
  writeFileSync(join(page, "assets", "gone.js"), "export {};");
  writeFileSync(join(folder, "secret.txt"), "secret");
  server = await serveStudio(new ServedRuns([runs]), 0, page);
});

afterAll(() => server.close());

const textOf = ({ body }: Answer) => body.toString();
const jsonOf = (answer: Answer) => JSON.parse(textOf(answer));
const get = (path: string, headers: Record<string, string> = {}) => ask(server.address, path, { headers });
const large = (headers: Record<string, string> = {}) => get("/assets/large.wasm", headers);

/** A folder with a study of a seed, and one candidate in it. */
function makeRun(at: string, seed: number): void {
  mkdirSync(at, { recursive: true });
  const none = { topologyMetric: "entropic-score", sizeMetric: "entropic-score", spaceOptions: {}, constraints: {} };
  const limits = { topologyBudget: "slack", cycles: 1, maxEvaluations: 10, preset: null, algorithm: "joint" };
  const settings = settingsSchema.parse({ space: "hybrid", ...none, ...limits, seed });
  Study.create(join(at, "study.sqlite"), settings, "0.0.0");
  const db = new Database(join(at, "study.sqlite"));
  db.exec(`INSERT INTO candidates VALUES (1, 'joint', 1, '{"of seed":${seed}}', '{}', 1, 1)`);
  db.close();
}

const listed = async () =>
  jsonOf(await get("/api/runs")).runs as { id: string; name: string; settings: { seed: number } }[];
const seeds = async () => (await listed()).map(({ settings: { seed } }) => seed);

describe("a file of the page", () => {
  test("is sent whole, with a type and a tag, and not again where the reader has it", async () => {
    const { code, headers, body } = await large();
    expect({ code, type: headers["content-type"] }).toEqual({ code: 200, type: "application/wasm" });
    expect(body.equals(BYTES)).toBe(true);
    expect(await large({ "if-none-match": String(headers.etag) })).toMatchObject({ code: 304, body: Buffer.alloc(0) });
    expect(await ask(server.address, "/", { method: "HEAD" })).toMatchObject({ code: 200, body: Buffer.alloc(0) });
  });

  test.each([
    ["bytes=10-15", "012345"],
    [`bytes=${SIZE - 3}-`, "789"],
    [`bytes=${SIZE - 2}-${SIZE + 100}`, "89"],
    ["bytes=-4", "6789"],
  ])("is sent in part for %s", async (range, text) => {
    const answer = await large({ range });
    expect(answer.code).toBe(206);
    expect(textOf(answer)).toBe(text);
  });

  test.each(["bytes=10-5", `bytes=${SIZE}-`, "bytes=-0", `bytes=${SIZE}-10`, "bytes=99999999999999999999-"])(
    "has no bytes for %s: 416, and its length",
    async (range) => {
      const { code, headers } = await large({ range });
      expect({ code, range: headers["content-range"] }).toEqual({ code: 416, range: `bytes */${SIZE}` });
    },
  );

  test("is sent whole, in part or not at all for any range, and the length is what the answer says", async () => {
    const number = fc.oneof(fc.integer({ min: -5, max: SIZE + 5 }), fc.constantFrom("", "x", "1e3", "0x1", "-"));
    const range = fc
      .array(fc.tuple(number, number), { minLength: 1, maxLength: 3 })
      .map((parts) => `bytes=${parts.map(([first, last]) => `${first}-${last}`).join(",")}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(range, fc.stringMatching(/^[!-~]{0,40}$/)), async (text) => {
        const { code, headers, body } = await large({ range: text });
        expect([200, 206, 416]).toContain(code);
        expect(body).toHaveLength(Number(headers["content-length"]));
      }),
      { numRuns: 60 },
    );
  });

  test("is not found once it is removed, and the server goes on", async () => {
    expect((await get("/assets/gone.js")).code).toBe(200);
    rmSync(join(page, "assets", "gone.js"));
    expect((await get("/assets/gone.js")).code).toBe(404);
    expect((await get("/assets")).code).toBe(404);
    expect((await get("/")).code).toBe(200);
  });
});

describe("an address", () => {
  test.each<[string, number]>([
    ["/%zz", 400],
    ["/%00", 400],
    ["/assets/%00large.wasm", 400],
    ["/%ff%fe", 400],
    [`/${"a".repeat(300)}`, 404],
    [`/${"a/".repeat(3000)}`, 404],
    ["/..%2fsecret.txt", 404],
    ["/assets/..%2f..%2fsecret.txt", 404],
    ["/assets/..%5c..%5csecret.txt", 404],
    ["//secret.txt", 404],
    ["/.hidden", 404],
    ["/api/runs/%00", 404],
    ["/api/runs/0123456789abcdef?after=%00", 400],
    [`/${"a".repeat(20_000)}`, 431],
  ])("that is %j gets %i", async (path, code) => {
    const answer = await get(path);
    expect(answer.code).toBe(code);
    expect(textOf(answer)).not.toContain("secret");
  });

  test("of any bytes gets an answer or an end, and the server goes on", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isRequest) => {
        const text = isRequest ? `GET /${Buffer.from(bytes).toString("latin1")} HTTP/1.1\r\n\r\n` : bytes;
        const answer = await exchange(server.address, Buffer.concat([Buffer.from(text), Buffer.from("\r\n\r\n")]));
        expect(answer).toMatch(/^HTTP\/1\.1 4|^$/);
      }),
      { numRuns: 60 },
    );
    expect((await get("/")).code).toBe(200);
  });
});

test.skipIf(!hasProc)("clients that leave during a download leave no descriptor behind", async () => {
  await large();
  const before = openFilesOf(process.pid).length;
  await abortedRequests(server.address, "/assets/large.wasm", 500);
  await abortedRequests(server.address, "/api/runs", 100);
  // What was begun for the last ones is soon over.
  for (let wait = 0; openFilesOf(process.pid).length > before && wait < 200; wait++) await get("/");
  expect(openFilesOf(process.pid).length).toBeLessThanOrEqual(before + 2);
  expect((await large()).code).toBe(200);
});

describe("a run", () => {
  const at = (...path: string[]) => join(runs, ...path);
  const outside = join(folder, "outside");
  const fresh = () => {
    rmSync(runs, { recursive: true });
    mkdirSync(runs);
  };
  beforeAll(() => makeRun(outside, 99));

  test("whose folder was removed and made again with another study is another run", async () => {
    fresh();
    makeRun(at("one"), 1);
    const [before] = await listed();
    expect(jsonOf(await get(`/api/runs/${before?.id}`)).rows).toMatchObject([{ genotype: '{"of seed":1}' }]);
    rmSync(at("one"), { recursive: true });
    expect(await listed()).toEqual([]);
    expect((await get(`/api/runs/${before?.id}`)).code).toBe(500);
    makeRun(at("one"), 2);
    expect((await get(`/api/runs/${before?.id}`)).code).toBe(404);
    const [after] = await listed();
    expect(after).toMatchObject({ name: "one", settings: { seed: 2 } });
    expect(jsonOf(await get(`/api/runs/${after?.id}`)).rows).toMatchObject([{ genotype: '{"of seed":2}' }]);
  });

  test("is not one where its study is a link, a pipe, or a folder, and the others are listed", async () => {
    fresh();
    makeRun(at("seen"), 3);
    for (const name of ["link", "pipe", "folder"]) mkdirSync(at(name));
    symlinkSync(join(outside, "study.sqlite"), at("link", "study.sqlite"));
    spawnSync("mkfifo", [at("pipe", "study.sqlite")]);
    mkdirSync(at("folder", "study.sqlite"));
    symlinkSync(outside, at("elsewhere"));
    symlinkSync(at("seen"), at("again"));
    expect(await seeds()).toEqual([3]);
  });

  test.each(["study.sqlite-wal", "study.sqlite-shm", "study.sqlite-journal"])(
    "whose %s is a link is not read by way of it",
    async (name) => {
      fresh();
      makeRun(at("one"), 4);
      const target = join(folder, `target-${name}`);
      writeFileSync(target, BYTES.subarray(0, 100_000));
      symlinkSync(target, at("one", name));
      const [run] = await listed();
      if (run !== undefined) await get(`/api/runs/${run.id}`);
      expect(spawnSync("cmp", [target, "-"], { input: BYTES.subarray(0, 100_000) }).status).toBe(0);
    },
  );

  test("has not ended where its summary is a link, and no result where its architecture is one, or a pipe", async () => {
    fresh();
    makeRun(at("one"), 5);
    const [run] = await listed();
    const rows = async () => jsonOf(await get(`/api/runs/${run?.id}`));
    symlinkSync(join(folder, "secret.txt"), at("one", "summary.json"));
    expect(await rows()).toMatchObject({ isFinished: false, count: 1 });
    rmSync(at("one", "summary.json"));
    writeFileSync(at("one", "summary.json"), "{}");
    symlinkSync(join(folder, "secret.txt"), at("one", "architecture.json"));
    expect(await rows()).toEqual({ isFinished: true, count: 1, models: [], rows: [expect.anything()] });
    rmSync(at("one", "architecture.json"));
    spawnSync("mkfifo", [at("one", "architecture.json")]);
    expect(await rows()).toEqual({ isFinished: true, count: 1, models: [], rows: [expect.anything()] });
  });

  test("that is replaced by a link after it was listed is not read", async () => {
    fresh();
    makeRun(at("one"), 6);
    const [run] = await listed();
    renameSync(at("one"), at("other"));
    symlinkSync(outside, at("one"));
    expect((await get(`/api/runs/${run?.id}`)).code).toBe(500);
    expect(await seeds()).toEqual([6]);
    const own = join(runs, "other");
    const swap = () => {
      renameSync(join(own, "study.sqlite"), join(own, "kept"));
      symlinkSync(join(outside, "study.sqlite"), join(own, "study.sqlite"));
    };
    expect(() => withOwnFile(own, "study.sqlite", swap)).toThrow(/follows no links/);
  });

  test("gives nothing of a file that a link to is put in its place again and again", async () => {
    fresh();
    const own = at("one");
    mkdirSync(own);
    writeFileSync(join(own, "own"), "own");
    writeFileSync(join(own, "architecture.json"), "own");
    const script = `
      const { linkSync, renameSync, symlinkSync } = require("node:fs");
      for (;;) {
        symlinkSync(${JSON.stringify(join(folder, "secret.txt"))}, "next");
        renameSync("next", "architecture.json");
        linkSync("own", "next");
        renameSync("next", "architecture.json");
      }`;
    const swapping = spawn(process.execPath, ["-e", script], { cwd: own });
    try {
      const seen = new Set<string>();
      for (let time = 0; time < 20_000 || seen.size < 2; time++) {
        try {
          seen.add(ownText(own, "architecture.json", 1000));
        } catch {
          seen.add("refused");
        }
      }
      expect([...seen].toSorted()).toEqual(["own", "refused"]);
    } finally {
      swapping.kill("SIGKILL");
    }
  });

  test("with rows that are none of a search's is refused in one line", async () => {
    fresh();
    makeRun(at("one"), 7);
    const db = new Database(at("one", "study.sqlite"));
    db.exec(`UPDATE candidates SET scores = '{"entropic-score": "high"}'`);
    db.close();
    const [run] = await listed();
    expect(jsonOf(await get(`/api/runs/${run?.id}`))).toEqual({
      error: expect.stringMatching(/^".*study\.sqlite": candidate 1 is not of the form that this program writes$/),
    });
  });
});
