/** @file A queue on a real Redis that others meddle with, and that runs full: scores come all the same, or the search ends in one line. */

import { setTimeout as pause } from "node:timers/promises";
import { type Genotype, sample, seededRandom } from "@esnas/core/internal";
import { Queue, UnrecoverableError, Worker } from "bullmq";
import fc from "fast-check";
import { Redis } from "ioredis";
import { describe, expect, type TestContext, test } from "vitest";
import { parsedAddress } from "../../packages/cli/src/queue/address.js";
import { connect } from "../../packages/cli/src/queue/connection.js";
import { GivenUpError } from "../../packages/cli/src/queue/pending.js";
import { LOST_WORKERS, MOST_FAILURES, queueName } from "../../packages/cli/src/queue/protocol.js";
import { QueueService } from "../../packages/cli/src/queue/queue-service.js";
import { QueueWorker, type QueueWorkerOptions } from "../../packages/cli/src/queue/queue-worker.js";
import { refusalOf } from "../../packages/cli/src/queue/redis-trouble.js";
import type { ScoringTask } from "../../packages/cli/src/scoring/scoring-task.js";
import { temporaryFolder } from "../cli/esnas.js";
import { smallSpace as space } from "../fakes/search.js";
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from "./redis.js";

const PROGRAM = "0.0.0+test";
const PREFIX = "trouble";
const NAME = queueName(PROGRAM);
const QUEUE = `${PREFIX}:${NAME}`;
if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

const random = seededRandom(1);
const genotypes = Array.from({ length: 6 }, () => sample(space, random));
const taskOf = (...some: readonly Genotype[]): ScoringTask => ({
  space: { name: space.name, options: space.options },
  genotypes: some,
  columns: [{ metric: "entropic-score", seed: 0 }],
});
const scoreOf = (genotype: Genotype) => Number(genotype[0]) + genotypes.indexOf(genotype) / 10;
const byIndex: QueueWorkerOptions["score"] = async (task) =>
  task.genotypes.map((genotype) => ({
    scores: [scoreOf(genotypes.find((known) => known.join() === genotype.join()) ?? [])],
  }));
const expected = genotypes.map((genotype) => ({ scores: [scoreOf(genotype)], hasFailed: false }));

/** A Redis of a test's own, who works on it, and who asks; closed when the test has ended. */
async function queueFor({ onTestFinished }: TestContext) {
  const redis: RedisServer = await startRedis(temporaryFolder());
  const closing: (() => unknown)[] = [() => redis.stop()];
  onTestFinished(async () => {
    for (const close of closing.toReversed()) await close();
  });
  const another = () => {
    const connection = new Redis({ port: redis.port, host: "127.0.0.1", maxRetriesPerRequest: null });
    connection.on("error", () => {});
    closing.push(() => connection.disconnect());
    return connection;
  };
  const own = another();
  const said: string[] = [];
  const asked = await QueueService.open(parsedAddress(redis.url, PREFIX), {
    program: PROGRAM,
    say: (words) => said.push(words),
  });
  closing.push(() => asked.close());
  return {
    server: redis.url,
    own,
    asked,
    said,
    waiting: () => own.llen(`${QUEUE}:wait`),
    setMemory: (bytes: number) => own.config("SET", "maxmemory", bytes),
    async worker(score: QueueWorkerOptions["score"] = byIndex): Promise<QueueWorker> {
      const connection = await connect(parsedAddress(redis.url, PREFIX), () => {});
      closing.push(() => connection.close());
      const options = { program: PROGRAM, slots: 2, stalledAfter: 1000, score, note: () => {} };
      const serving = await QueueWorker.begin(connection, options);
      closing.push(() => serving.close());
      return serving;
    },
    /** A worker that does with jobs what it likes. */
    stranger(work: () => Promise<unknown>): Worker {
      const made = new Worker(NAME, work, { connection: another(), prefix: PREFIX, skipVersionCheck: true });
      made.on("error", () => {});
      closing.push(() => made.close(true));
      return made;
    },
    /** A worker that takes a job, and is never heard of again. */
    async losingWorker(): Promise<void> {
      const taker = new Worker(NAME, null, {
        connection: another(),
        prefix: PREFIX,
        lockDuration: 300,
        stalledInterval: 200,
        maxStalledCount: LOST_WORKERS,
        skipLockRenewal: true,
      });
      taker.on("error", () => {});
      await taker.startStalledCheckTimer();
      await until(async () => (await taker.getNextJob("token", { block: false })) !== undefined);
      await taker.close(true);
    },
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let wait = 0; !(await holds()); wait++) {
    if (wait === 1200) throw new Error("it does not come about");
    await pause(50);
  }
}

const first = genotypes.slice(0, 1);

// They mostly wait.
describe.skipIf(!hasRedis).concurrent("a queue", () => {
  test("whose jobs somebody fails on purpose has them done all the same, and the user is told", async (context) => {
    const { expect } = context;
    const { asked, said, own, waiting, worker } = await queueFor(context);
    const scores = asked.score(taskOf(...genotypes));
    await until(async () => (await waiting()) === genotypes.length);
    const dashboard = new Queue(NAME, { connection: own, prefix: PREFIX, skipVersionCheck: true });
    const failing = new Worker(NAME, null, { connection: own, prefix: PREFIX, skipVersionCheck: true });
    for (let i = 0; i < genotypes.length; i++) {
      const job = await failing.getNextJob("token", { block: false });
      await job?.moveToFailed(new UnrecoverableError("on\npurpose"), "token", false);
    }
    expect(await dashboard.getFailedCount()).toBe(genotypes.length);
    await worker();
    expect(await scores).toEqual(expected);
    expect(said).toEqual(["a job failed and is sent again: on purpose"]);
  });

  test("whose jobs always fail ends in one line, after a few tries", async (context) => {
    const { expect } = context;
    const { asked, stranger } = await queueFor(context);
    let tries = 0;
    stranger(async () => {
      tries++;
      throw new Error("on\npurpose");
    });
    const scores = asked.score(taskOf(...genotypes));
    await expect(scores).rejects.toThrow(GivenUpError);
    await expect(scores).rejects.toThrow(
      /^the queue gave no scores of a network in 5 tries \(its job failed: on purpose\); what is scored is kept: .* --resume$/,
    );
    expect(tries).toBeGreaterThanOrEqual(MOST_FAILURES);
  });

  test("sends again what failed without a word of it", async (context) => {
    const { expect } = context;
    const { asked, own, waiting, worker } = await queueFor(context);
    const scores = asked.score(taskOf(...first));
    await until(async () => (await waiting()) === 1);
    const [id] = await own.lrange(`${QUEUE}:wait`, 0, -1);
    await own.del(`${QUEUE}:wait`);
    await own.hset(`${QUEUE}:${id}`, { finishedOn: 1, failedReason: "long ago" });
    await until(async () => (await waiting()) === 1);
    await worker();
    expect(await scores).toEqual(expected.slice(0, 1));
  });

  const unnamed = "a worker that does not say who it is";
  test.for<[string, unknown, string]>([
    ["nothing", undefined, unnamed],
    ["a text", "nonsense", unnamed],
    ["too few networks", { worker: "odd-1", milliseconds: 1, networks: [] }, "worker odd-1"],
    ["another field", { worker: "odd-2", milliseconds: 1, networks: [{ scores: [1] }], more: 1 }, "worker odd-2"],
    ["scores that are texts", { worker: "odd-3", milliseconds: 1, networks: [{ scores: ["1"] }] }, "worker odd-3"],
    ["a name that is none", { worker: "\u001b[31m", networks: 1 }, unnamed],
  ])("that answers with %s is asked again, and its worker is named", async ([, answer, who], context) => {
    const { expect } = context;
    const { asked, said, stranger, worker } = await queueFor(context);
    const odd = stranger(async () => answer);
    const scores = asked.score(taskOf(...first));
    await until(() => said.length > 0);
    await odd.close();
    await worker();
    expect(await scores).toEqual(expected.slice(0, 1));
    expect(said).toEqual([`${who} gives answers that are none of esnas ${PROGRAM}; they are asked for again`]);
  });

  test("that always answers with something else ends in one line that names the worker", async (context) => {
    const { expect } = context;
    const { asked, stranger } = await queueFor(context);
    stranger(async () => ({ worker: "odd", networks: "none" }));
    await expect(asked.score(taskOf(...genotypes))).rejects.toThrow(
      /^the queue gave no scores of a network in 5 tries \(worker odd gives answers that are none\)/,
    );
  });

  test("that is full is waited for, and the user is told", async (context) => {
    const { expect } = context;
    const { asked, said, server, setMemory, worker } = await queueFor(context);
    const serving = await worker();
    expect(await asked.score(taskOf(...first))).toEqual(expected.slice(0, 1));
    await setMemory(1);
    const scores = asked.score(taskOf(...genotypes));
    await until(() => asked.waitsFor()?.endsWith("takes no jobs: its memory is full") ?? false);
    await pause(4000);
    expect(serving.counts.scored).toBe(1);
    await setMemory(0);
    expect(await scores).toEqual(expected);
    expect(said).toEqual([
      `${server} takes no jobs: its memory is full; trying until it does`,
      `${server} takes jobs again`,
    ]);
  });

  test("that is full when a search begins is waited for, for seconds, and by workers for ever", async (context) => {
    const { expect } = context;
    const { server, setMemory } = await queueFor(context);
    await setMemory(1);
    const told: string[] = [];
    const address = parsedAddress(server, PREFIX);
    await expect(connect(address, () => {}, 1000)).rejects.toThrow(`${server} takes no jobs: its memory is full`);
    const patient = connect(address, (words) => told.push(words), Number.POSITIVE_INFINITY);
    await until(() => told.length > 0);
    await setMemory(0);
    (await patient).close();
    expect(told).toEqual([`${server} takes no jobs: its memory is full; trying until it is there`]);
  });

  test("that was full while workers lost a network blames them, and not the network", async (context) => {
    const { expect } = context;
    const { asked, said, waiting, setMemory, worker, losingWorker } = await queueFor(context);
    const scores = asked.score(taskOf(...first));
    await until(async () => (await waiting()) === 1);
    await setMemory(1);
    await until(() => said.length === 1);
    await setMemory(0);
    for (let times = 0; times < 3; times++) await losingWorker();
    await worker();
    expect(await scores).toEqual(expected.slice(0, 1));
  });
});

test("a refusal of Redis is told from other messages by its code alone", () => {
  expect(refusalOf("OOM command not allowed when used memory > 'maxmemory'.")).toBe("its memory is full");
  expect(refusalOf("ReplyError: READONLY You can't write against a read only replica.")).toMatch(/only read/);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(refusalOf(`x${text}`)).toBeUndefined();
      expect(refusalOf(`constructor ${text}`)).toBeUndefined();
    }),
  );
});
