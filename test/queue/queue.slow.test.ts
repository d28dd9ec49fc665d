/** @file Scores by way of a queue on a real Redis are those of one machine, whatever workers, Redis and strangers do. */

import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Genotype, onnxRuntime, sample, seededRandom } from "@esnas/core/internal";
import { evaluatorConformance } from "@esnas/core/testing";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import * as ort from "onnxruntime-node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parsedAddress } from "../../packages/cli/src/queue/address.js";
import { disagreement, referenceScores, referenceTask } from "../../packages/cli/src/queue/admission.js";
import { connect } from "../../packages/cli/src/queue/connection.js";
import { jobOf, queueName } from "../../packages/cli/src/queue/protocol.js";
import { QueueService } from "../../packages/cli/src/queue/queue-service.js";
import { QueueWorker, type QueueWorkerOptions, refuse } from "../../packages/cli/src/queue/queue-worker.js";
import { queueStatus } from "../../packages/cli/src/queue/status.js";
import {
  type NetworkOutcome,
  outcomesByWorkers,
  scoresByWorkers,
  serviceEvaluator,
} from "../../packages/cli/src/scoring/scoring-service.js";
import type { ScoringTask } from "../../packages/cli/src/scoring/scoring-task.js";
import { AbandonedError, workerPool } from "../../packages/cli/src/scoring/worker-pool.js";
import { temporaryFolder } from "../cli/esnas.js";
import { smallSpace as space } from "../fakes/search.js";
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from "./redis.js";

const WORKER = new URL("../../packages/cli/dist/scoring/worker.js", import.meta.url);
const DYING = new URL("../fakes/dying-worker.js", import.meta.url);
const PROGRAM = "0.0.0+test";
const NAME = queueName(PROGRAM);
const SEED = 3;
if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

const random = seededRandom(1);
const genotypes = Array.from({ length: 12 }, () => sample(space, random));
const columns = [{ metric: "entropic-score", seed: SEED }];
const taskOf = (...some: readonly Genotype[]): ScoringTask => ({
  space: { name: space.name, options: space.options },
  genotypes: some,
  columns,
});

describe.skipIf(!hasRedis)("a queue", () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  let own: Redis;
  /** Two processes, which all tests share. */
  const pool = workerPool(2, { script: WORKER, deaths: 1 });
  const closing: (() => unknown)[] = [];
  let prefixes = 0;
  const freshPrefix = () => `test${prefixes++}`;

  beforeAll(async () => {
    redis = await startRedis(folder);
    own = new Redis({ port: redis.port, host: "127.0.0.1", maxRetriesPerRequest: null });
    own.on("error", () => {});
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  afterAll(async () => {
    await pool.close();
    own.disconnect();
    await redis.stop();
  });

  type Score = QueueWorkerOptions["score"];
  const byPool: Score = (task) => outcomesByWorkers(pool, task);

  async function worker(prefix: string, score: Score = byPool, program = PROGRAM): Promise<QueueWorker> {
    const connection = await connect(parsedAddress(redis.url, prefix), () => {});
    closing.push(() => connection.close());
    const serving = await QueueWorker.begin(connection, {
      program,
      slots: 1,
      stalledAfter: 1000,
      score,
      note: () => {},
    });
    closing.push(() => serving.close());
    return serving;
  }

  async function service(prefix: string, said: string[] = [], program = PROGRAM): Promise<QueueService> {
    const opened = await QueueService.open(parsedAddress(redis.url, prefix), {
      program,
      say: (words) => said.push(words),
    });
    closing.push(() => opened.close());
    return opened;
  }

  const expected = () => scoresByWorkers(pool, taskOf(...genotypes));

  /** Waits until something holds. */
  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let wait = 0; !(await holds()); wait++) {
      if (wait === 600) throw new Error("it does not come about");
      await pause(50);
    }
  }

  describe("with two workers", () => {
    let asked: QueueService;
    const open: (() => unknown)[] = [];
    beforeAll(async () => {
      await worker("conformance");
      await worker("conformance");
      asked = await service("conformance");
      open.push(...closing.splice(0));
    });
    afterAll(async () => {
      for (const close of open.toReversed()) await close();
    });
    const checks = evaluatorConformance("it", (of, seed) => serviceEvaluator(of, asked, seed), onnxRuntime(ort));
    for (const { name, run } of checks) test(name, run);
  });

  test("without workers says what it waits for, and goes on when one comes", async () => {
    const prefix = freshPrefix();
    const asked = await service(prefix);
    const scores = asked.score(taskOf(...genotypes));
    await until(() => asked.waitsFor() !== undefined);
    expect(asked.waitsFor()).toMatch(
      /^waiting for workers: none on "test\d+" at redis:\/\/127\.0\.0\.1:\d+ for \d+ s$/,
    );
    await worker(prefix);
    expect(await scores).toEqual(await expected());
    expect(asked.waitsFor()).toBeUndefined();
  });

  test("of which a worker leaves in the middle gives its jobs to those that stay", async () => {
    const prefix = freshPrefix();
    const leaving = await worker(prefix);
    await worker(prefix);
    const asked = await service(prefix);
    const scores = asked.score(taskOf(...genotypes));
    await until(() => leaving.counts.scored > 0);
    await leaving.close();
    expect(await scores).toEqual(await expected());
  });

  test("that loses all that it holds is told again", async () => {
    const prefix = freshPrefix();
    const asked = await service(prefix);
    const scores = asked.score(taskOf(...genotypes));
    await until(async () => (await own.llen(`${prefix}:${NAME}:wait`)) > 0);
    await own.flushall();
    await worker(prefix);
    expect(await scores).toEqual(await expected());
  });

  test("that is killed and comes back with its data loses nothing, and the user is told", async () => {
    const prefix = freshPrefix();
    const said: string[] = [];
    await worker(prefix);
    const asked = await service(prefix, said);
    const scores = asked.score(taskOf(...genotypes));
    await redis.kill();
    await until(() => asked.waitsFor()?.includes("out of reach") ?? false);
    await redis.restart();
    expect(await scores).toEqual(await expected());
    expect(said).toEqual([expect.stringMatching(/^lost .*trying/), expect.stringMatching(/is back$/)]);
  });

  test("gives a network of which processes die, or that takes too long, to three, and records the reason", async () => {
    const prefix = freshPrefix();
    const dying = workerPool(1, { script: DYING, deaths: 1 });
    closing.push(() => dying.close());
    const [first, second, third, ...others] = genotypes;
    const faults = [
      [first, "kill", 9],
      [second, "hang", 9],
      [third, "abort", 2],
    ].map(([genotype, end, times]) => [JSON.stringify(genotype), { end, times }]);
    const deaths = mkdtempSync(join(folder, "deaths-"));
    process.env.DYING_WORKER = JSON.stringify({ folder: deaths, faults: Object.fromEntries(faults) });
    await worker(prefix, (task) => outcomesByWorkers(dying, task, 5000));
    const asked = await service(prefix);
    const scores = await asked.score(taskOf(...genotypes));
    delete process.env.DYING_WORKER;
    const reasons = ["3 workers died of it, the last by SIGKILL", "3 workers died of it, the last by the limit of 5 s"];
    const all = await expected();
    expect(others.length).toBeGreaterThan(0);
    expect(scores).toEqual([
      ...reasons.map((reason) => ({ scores: [{ value: null, reason }], hasFailed: true })),
      ...all.slice(2),
    ]);
  });

  test("gives up a network with which three workers are lost", async () => {
    const prefix = freshPrefix();
    const lost: Redis[] = [];
    // A worker that takes a job, and is never heard of again.
    const lose = async () => {
      const connection = new Redis({ port: redis.port, host: "127.0.0.1", maxRetriesPerRequest: null });
      connection.on("error", () => {});
      lost.push(connection);
      const taker = new Worker(NAME, null, {
        connection,
        prefix,
        lockDuration: 300,
        stalledInterval: 200,
        maxStalledCount: 2,
        skipLockRenewal: true,
      });
      taker.on("error", () => {});
      await taker.startStalledCheckTimer();
      await until(async () => (await taker.getNextJob("token", { block: false })) !== undefined);
      await taker.close(true);
    };
    const asked = await service(prefix);
    const scores = asked.score(taskOf(genotypes[0] ?? []));
    for (let times = 0; times < 3; times++) await lose();
    await worker(prefix);
    const reason = "3 workers were lost with it";
    expect(await scores).toEqual([{ scores: [{ value: null, reason }], hasFailed: true }]);
    for (const connection of lost) connection.disconnect();
  });

  test("tells what a worker sends twice once", async () => {
    const prefix = freshPrefix();
    await worker(prefix);
    const asked = await service(prefix);
    const events = `${prefix}:${NAME}:events`;
    const [first = [], ...others] = genotypes;
    const all = await expected();
    expect(await asked.score(taskOf(first))).toEqual(all.slice(0, 1));
    for (const entry of await own.xrange(events, "-", "+")) await own.xadd(events, "*", ...entry[1]);
    expect(await asked.score(taskOf(...others))).toEqual(all.slice(1));
  });

  test.each<[string, (job: ReturnType<typeof jobOf>) => unknown, RegExp]>([
    ["nothing", () => ({}), /version/],
    ["an unknown space", (job) => ({ ...job, space: { name: "nowhere", options: {} } }), /unknown space/],
    ["an unknown metric", (job) => ({ ...job, columns: [{ metric: "nonsense", seed: 0 }] }), /unknown metric/],
    ["a genotype of another space", (job) => ({ ...job, genotypes: [[1, 2, 3]] }), /genotype/],
    ["a value that no gene has", (job) => ({ ...job, genotypes: [job.genotypes[0]?.with(0, 99)] }), /genotype/],
    ["too many genotypes", (job) => ({ ...job, genotypes: Array(300).fill(job.genotypes[0]) }), /genotypes/],
    ["another version", (job) => ({ ...job, version: 0 }), /version/],
  ])("refuses a job with %s, and its worker goes on", async (_, alter, reason) => {
    const prefix = freshPrefix();
    const made: ScoringTask[] = [];
    const serving = await worker(prefix, async (task) => {
      made.push(task);
      return task.genotypes.map((): NetworkOutcome => ({ scores: [1] }));
    });
    const queue = new Queue(NAME, { connection: own, prefix });
    await queue.add("score", alter(jobOf(taskOf(...genotypes), "stranger")));
    await until(() => serving.counts.failed === 1);
    const [failure] = await queue.getFailed();
    expect(failure?.failedReason).toMatch(reason);
    expect(made).toEqual([]);
    await queue.add("score", jobOf(taskOf(...genotypes), "stranger"));
    await until(() => serving.counts.scored === genotypes.length);
    expect(made).toHaveLength(1);
  });

  test("keeps two prefixes on one server apart", async () => {
    const [prefix, other] = [freshPrefix(), freshPrefix()];
    const elsewhere = await worker(other);
    await worker(prefix);
    const asked = await service(prefix);
    expect(await asked.score(taskOf(...genotypes))).toEqual(await expected());
    expect(elsewhere.counts.jobs).toBe(0);
  });

  test("refuses a worker of another version, and both sides are told", async () => {
    const prefix = freshPrefix();
    const said: string[] = [];
    await service(prefix, said);
    const foreign = worker(prefix, byPool, "9.9.9+other");
    await expect(foreign).rejects.toThrow(
      /refused: it runs esnas 9\.9\.9\+other, and the searches on "\w+" run 0\.0\.0\+test/,
    );
    await until(() => said.length > 0);
    expect(said).toEqual([expect.stringMatching(/^worker \S+ is refused: it runs esnas 9\.9\.9\+other/)]);
  });

  test("tells searches of a worker whose scores are not those of others", async () => {
    const prefix = freshPrefix();
    const made = referenceScores.map((scores): NetworkOutcome => ({ scores: scores.map((score) => score * 1.001) }));
    const reason = disagreement(made) ?? "";
    expect(reason).toMatch(/gives entropic-score 9\.43\d+ of a reference network, others 9\.42526/);
    const connection = await connect(parsedAddress(redis.url, prefix), () => {});
    closing.push(() => connection.close());
    await refuse(connection, { program: PROGRAM }, reason);
    const said: string[] = [];
    await service(prefix, said);
    expect(said).toEqual([expect.stringContaining(reason)]);
  });

  test("is seen from outside: workers, searches, what waits and what failed", async () => {
    const prefix = freshPrefix();
    const asked = await service(prefix);
    asked.score(taskOf(...genotypes)).catch(() => {});
    await until(async () => (await own.llen(`${prefix}:${NAME}:wait`)) > 0);
    const connection = await connect(parsedAddress(redis.url, prefix), () => {});
    closing.push(() => connection.close());
    const before = await queueStatus(connection, PROGRAM);
    expect(before).toMatchObject({
      workers: [],
      searches: [{ program: PROGRAM }],
      queues: [{ name: NAME, active: 0 }],
    });
    expect(before.queues[0]?.waiting).toBeGreaterThan(0);
    const serving = await worker(prefix);
    await until(() => serving.counts.scored === genotypes.length);
    await until(async () => (await queueStatus(connection, PROGRAM)).workers[0]?.scored === genotypes.length);
    const after = await queueStatus(connection, PROGRAM);
    expect(after.workers).toMatchObject([{ id: serving.id, slots: 1, taking: true, failed: 0 }]);
    expect(after.queues).toMatchObject([{ waiting: 0, active: 0, failed: 0 }]);
  });

  test("is shown, paused and resumed by what knows BullMQ, under the names that docs/cluster.md gives", async () => {
    const prefix = freshPrefix();
    const dashboard = new Queue("scores-0.0.0-test", { connection: own, prefix, skipVersionCheck: true });
    const asked = await service(prefix);
    await dashboard.pause();
    const scores = asked.score(taskOf(...genotypes));
    await until(async () => (await dashboard.getWaitingCount()) === genotypes.length);
    const [waiting] = await dashboard.getWaiting();
    expect(waiting).toMatchObject({ name: "score", data: { space: { name: space.name }, columns } });
    const serving = await worker(prefix);
    await until(async () =>
      (await dashboard.getWorkers()).some(({ rawname }) => rawname?.endsWith(`:w:${serving.id}`)),
    );
    await pause(500);
    expect(serving.counts.jobs).toBe(0);
    await dashboard.resume();
    expect(await scores).toEqual(await expected());
    await until(async () => (await dashboard.getJobCountByTypes("wait", "active", "completed")) === 0);
    await dashboard.add("score", {});
    await until(async () => (await dashboard.getFailedCount()) === 1);
    const [failure] = await dashboard.getFailed();
    expect(failure?.failedReason).toMatch(/version/);
    await failure?.retry();
    await until(() => serving.counts.failed === 2);
    await dashboard.clean(0, 10, "failed");
    expect(await dashboard.getFailedCount()).toBe(0);
  });

  test("is left empty by a search that is stopped, and what stays expires", async () => {
    const prefix = freshPrefix();
    const asked = await service(prefix);
    const scores = asked.score(taskOf(...genotypes));
    const refused = expect(scores).rejects.toThrow(AbandonedError);
    await until(async () => (await own.llen(`${prefix}:${NAME}:wait`)) > 0);
    await asked.abandon();
    await refused;
    expect(await own.llen(`${prefix}:${NAME}:wait`)).toBe(0);
    await asked.close();
    const keys = await own.keys(`${prefix}:*`);
    const times = await Promise.all(keys.map((key) => own.ttl(key)));
    expect(keys.filter((_, i) => times[i] === -1)).toEqual([]);
  });
});

describe("admission", () => {
  const pool = workerPool(1, { script: WORKER });
  afterAll(() => pool.close());

  test("has the scores of its reference networks on this machine", async () => {
    const made = await outcomesByWorkers(pool, referenceTask());
    expect(made).toEqual(referenceScores.map((scores) => ({ scores })));
    expect(disagreement(made)).toBeUndefined();
  });

  test("allows one in the last digit, and no more", () => {
    const altered = (by: number) =>
      referenceScores.map(
        (scores): NetworkOutcome => ({ scores: scores.map((score, i) => (i === 0 ? score + by : score)) }),
      );
    expect(disagreement(altered(1e-5))).toBeUndefined();
    expect(disagreement(altered(-1e-5))).toBeUndefined();
    expect(disagreement(altered(2e-5))).toMatch(/entropic-score/);
    expect(disagreement([{ end: "by SIGILL", reason: "" }])).toMatch(/died of a reference network, by SIGILL/);
    expect(disagreement([])).toMatch(/no scores/);
  });
});
