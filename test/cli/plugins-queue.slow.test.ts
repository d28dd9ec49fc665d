/** @file Plugins on a queue: workers with the same files score, others are refused and told which file is missing. */

import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from "../queue/redis.js";
import { candidatesOf, REPOSITORY, type Started, start, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);
const METRIC = "active-share.mjs";
copyFileSync(join(REPOSITORY, "examples/plugin-metric", METRIC), join(cwd, METRIC));
writeFileSync(join(cwd, "other.mjs"), 'export * from "./active-share.mjs"; // another file');

const SEARCH = "search --max-evaluations 40 --resolution 64 --max-params 300k --topology-metric active-share".split(
  " ",
);

async function told({ child }: Started, what: RegExp): Promise<void> {
  let text = "";
  await new Promise<void>((done, fail) => {
    child.stderr?.on("data", (piece: string) => {
      text += piece;
      if (what.test(text)) done();
    });
    child.on("close", () => fail(new Error(`${what} was not told: ${text}`)));
  });
}

describe.skipIf(!hasRedis)("a search with a plugin on a queue", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis(temporaryFolder());
  });
  afterAll(() => redis.stop());

  test("refuses workers without the file, telling both which it is, and is scored by those that have it", async () => {
    const queue = ["--queue", redis.url];
    const search = start(cwd, ...SEARCH, "--plugin", METRIC, "--out", "queued", ...queue);
    await told(search, /waiting for workers/);

    const needs =
      "the search needs the plugin active-share\\.mjs \\(digest [0-9a-f]{16}\\), which the worker has not loaded";
    for (const plugins of [[], ["--plugin", "other.mjs"]]) {
      const refused = await start(cwd, "worker", "--workers", "1", ...plugins, ...queue).ended;
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toMatch(new RegExp(`^esnas: this worker is refused: ${needs}$`, "m"));
    }

    const worker = start(cwd, "worker", "--workers", "2", "--plugin", METRIC, ...queue);
    const { code, stderr } = await search.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(new RegExp(`^worker \\S+ is refused: ${needs}$`, "m"));
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);

    await stdoutOf(cwd, ...SEARCH, "--plugin", METRIC, "--workers", "1", "--out", "local");
    expect(candidatesOf(join(cwd, "queued"))).toEqual(candidatesOf(join(cwd, "local")));
  });
});
