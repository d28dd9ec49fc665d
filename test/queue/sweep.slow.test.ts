/** @file A sweep by way of a queue: stopped while there is no worker, gone on with by one, with the histories of one machine. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { candidatesOf, esnas, resultOf, start, stdoutOf, temporaryFolder } from "../cli/esnas.js";
import { hasRedis, NO_REDIS, startRedis } from "./redis.js";

if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

describe.skipIf(!hasRedis)("a sweep by way of a queue", () => {
  test("waits for workers, stops at once, and ends by them with the histories of one machine", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "sweep.yaml"), "max-evaluations: 12\nseeds: 2\nalgorithm: random\n");
    mkdirSync(join(cwd, "redis"));
    const redis = await startRedis(join(cwd, "redis"));
    const queue = ["--queue", redis.url];
    try {
      const first = start(cwd, "sweep", "sweep.yaml", ...queue, "--out", "queued", "--random", "0");
      while (!existsSync(join(cwd, "queued", "runs", "s0", "seed1"))) await pause(20);
      first.child.kill("SIGINT");
      expect(await first.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("--resume queued") });
      const worker = start(cwd, "worker", ...queue, "--workers", "1");
      await stdoutOf(cwd, "sweep", "--resume", "queued", ...queue, "--random", "0");
      worker.child.kill("SIGTERM");
      await worker.ended;
    } finally {
      await redis.stop();
    }
    await stdoutOf(cwd, "sweep", "sweep.yaml", "--out", "alone", "--random", "0");
    for (const run of ["seed0", "seed1"].map((seed) => join("runs", "s0", seed))) {
      expect(candidatesOf(join(cwd, "queued", run))).toEqual(candidatesOf(join(cwd, "alone", run)));
      expect(resultOf(join(cwd, "queued", run))).toEqual(resultOf(join(cwd, "alone", run)));
    }
  });

  test("makes no folder where the server is out of reach", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "sweep.yaml"), "seeds: 2\n");
    const { code, stderr } = await esnas(cwd, "sweep", "sweep.yaml", "--queue", "redis://127.0.0.1:1");
    expect({ code, made: existsSync(join(cwd, "sweeps")) }).toEqual({ code: 2, made: false });
    expect(stderr).toMatch(/redis:\/\/127\.0\.0\.1:1/);
  });
});
