/** @file `esnas studio` as a program: what it serves, to whom, and how it ends. The page itself is looked at in `test/studio`. */

import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf } from "../studio/browser.js";
import {
  alterStudy,
  candidatesOf,
  esnas,
  expectRefusal,
  REPOSITORY,
  type Started,
  start,
  temporaryFolder,
} from "./esnas.js";

const isBuilt = existsSync(join(REPOSITORY, "packages/cli/page/index.html"));

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly text: string;
}

/** Asks without tidying up paths and hosts, as `fetch` would. */
function ask(address: string, path: string, host?: string, method = "GET"): Promise<Answer> {
  const { hostname, port, host: own } = new URL(address);
  return new Promise((done, fail) => {
    const asked = request({ hostname, port, path, method, headers: { host: host ?? own } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        done({ code: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text }),
      );
    });
    asked.on("error", fail).end();
  });
}

describe.skipIf(!isBuilt)("esnas studio (skipped without npm run build:studio)", () => {
  const folder = temporaryFolder();
  let studio: Started;
  let address: string;

  const made = () => candidatesOf(join(folder, "runs/one"));
  const runs = async () => JSON.parse((await ask(address, "/api/runs")).text).runs as Record<string, unknown>[];

  beforeAll(async () => {
    mkdirSync(join(folder, "runs"));
    mkdirSync(join(folder, "elsewhere"));
    for (const place of ["runs/one", "elsewhere/two"]) {
      expect((await esnas(folder, "search", "--max-evaluations", "12", "--out", place)).code).toBe(0);
    }
    symlinkSync(join(folder, "elsewhere/two"), join(folder, "runs/link"));
    studio = start(folder, "studio", "--port", "0");
    address = await addressOf(studio);
  });

  afterAll(async () => {
    studio.child.kill("SIGKILL");
    await studio.ended;
  });

  test("gives the page, which may run WebAssembly and evaluate no text", async () => {
    const { code, type, text } = await ask(address, "/");
    expect({ code, type }).toEqual({ code: 200, type: "text/html; charset=utf-8" });
    expect(text).toContain("wasm-unsafe-eval");
    expect(text).not.toContain("'unsafe-eval'");
    expect(text).not.toContain("unsafe-inline");
  });

  test("lists the runs of the folder, and none that a link leads out to", async () => {
    expect(await runs()).toMatchObject([{ name: "one", count: made().length, isFinished: true }]);
  });

  test("gives candidates in order, from where it is asked", async () => {
    const [run] = await runs();
    const { text } = await ask(address, `/api/runs/${run?.id}?after=2`);
    const { count, rows, models } = JSON.parse(text);
    expect(count).toBe(made().length);
    expect(rows.map(({ genotype }: { genotype: string }) => genotype)).toEqual(
      made()
        .slice(2)
        .map(({ genotype }) => genotype),
    );
    expect(rows[0]).toMatchObject({ cycle: 1, parameters: expect.any(Number), scores: expect.any(Object) });
    expect(models).toMatchObject([{ genotype: { space: "hybrid" }, scores: expect.any(Object) }]);
  });

  test("finds a run that appears later", async () => {
    renameSync(join(folder, "elsewhere/two"), join(folder, "runs/two"));
    expect((await runs()).map(({ name }) => name)).toEqual(["one", "two"]);
  });

  test("lists a run whose study is damaged as unreadable, beside the others", async () => {
    const damaged = join(folder, "runs/damaged");
    cpSync(join(folder, "runs/one"), damaged, { recursive: true });
    alterStudy(
      damaged,
      "UPDATE study SET value = CAST(x'ff' AS TEXT); UPDATE candidates SET phase = CAST(x'ff' AS TEXT)",
    );
    const { runs: listed, unreadable } = JSON.parse((await ask(address, "/api/runs")).text);
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(["one", "two"]);
    expect(unreadable).toEqual([{ name: "damaged", problem: expect.stringMatching(/UTF-8/) }]);
    rmSync(damaged, { recursive: true });
    expect(JSON.parse((await ask(address, "/api/runs")).text).unreadable).toEqual([]);
  });

  test.each([
    "/api/runs/0000000000000000",
    "/api/runs/../../x",
    "/api/",
    "/nothing",
    "/../package.json",
    "/%2e%2e/%2e%2e/package.json",
    "/assets/..%2f..%2fpackage.json",
  ])("has nothing at %s", async (path) => {
    expect((await ask(address, path)).code).toBe(404);
  });

  test.each(["evil.example", "127.0.0.1.evil.example", "127.0.0.1:1", "localhost"])(
    "does not answer to the host %j",
    async (host) => {
      expect((await ask(address, "/api/runs", host)).code).toBe(403);
      expect((await ask(address, "/", host)).code).toBe(403);
    },
  );

  test("is only read", async () => {
    expect((await ask(address, "/api/runs", undefined, "POST")).code).toBe(405);
  });

  test.each(["after=-1", "after=x", "most=0", "most=1e9"])("refuses the query %s", async (query) => {
    const [run] = await runs();
    expect((await ask(address, `/api/runs/${run?.id}?${query}`)).code).toBe(400);
  });

  test("refuses a port that is taken, in words", async () => {
    const port = new URL(address).port;
    await expectRefusal(folder, ["studio", "--port", port], /port \d+: it is taken; give another one with --port/);
  });

  test("refuses folders that are not there", async () => {
    await expectRefusal(folder, ["studio", "nowhere"], /cannot open the folder "nowhere"/);
  });

  test("ends well with Ctrl-C", async () => {
    studio.child.kill("SIGINT");
    const { code, stderr } = await studio.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "the studio runs until Ctrl-C\n" });
  });
});
