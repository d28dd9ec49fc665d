/** @file Scores by way of a queue on a real Redis: they are those of one machine, whatever becomes of workers, of Redis and of those who ask. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnxRuntime } from "@esnas/core";
import { evaluatorConformance } from "@esnas/core/testing";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, test } from "vitest";
import { parsedAddress } from "../../packages/cli/src/queue/address.js";
import { QueueService } from "../../packages/cli/src/queue/asking.js";
import { connect } from "../../packages/cli/src/queue/connection.js";
import { Serving } from "../../packages/cli/src/queue/serving.js";
import { type WorkerPool, workerPool } from "../../packages/cli/src/workers/pool.js";
import { madeByWorkers, serviceEvaluator } from "../../packages/cli/src/workers/scores.js";
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from "./redis.js";

const WORKER = new URL("../../packages/cli/dist/workers/worker.js", import.meta.url);
const PROGRAM = "0.0.0+test";
const folder = mkdtempSync(join(tmpdir(), "esnas-queue-"));
afterAll(() => rmSync(folder, { recursive: true }));

if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

describe.skipIf(!hasRedis)("on a queue", () => {
  let redis: RedisServer;
  const closing: (() => Promise<unknown> | unknown)[] = [];
  beforeAll(async () => {
    redis = await startRedis(folder);
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
    await redis.stop();
  });

  async function worker(prefix: string, slots: number, pool: WorkerPool): Promise<Serving> {
    const connection = await connect(parsedAddress(redis.url, prefix), () => {});
    const serving = await Serving.begin(connection, {
      program: PROGRAM,
      slots,
      stalledAfter: 2000,
      score: (task) => madeByWorkers(pool, task),
      note: (event, fields) => console.log(event, fields),
    });
    closing.push(
      () => connection.close(),
      () => serving.close(),
    );
    return serving;
  }

  describe("an evaluator with two workers", () => {
    let service: QueueService;
    beforeAll(async () => {
      const pool = workerPool(2, { script: WORKER });
      closing.push(() => pool.close());
      await worker("conformance", 1, pool);
      await worker("conformance", 1, pool);
      service = await QueueService.open(parsedAddress(redis.url, "conformance"), {
        program: PROGRAM,
        say: console.log,
      });
      closing.push(() => service.close());
    });
    const checks = evaluatorConformance(
      "it",
      (space, seed) => serviceEvaluator(space, service, seed),
      onnxRuntime(ort),
    );
    for (const { name, run } of checks) test(name, run);
  });
});
