/**
 * @file Asks a queue for scores. What was asked for comes, whatever becomes of workers and of Redis: a job that is lost is sent again, a
 * network of which processes die goes to three of them, and the first answer is the one that counts.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { duration, type Genotype, InputError, oneLine } from "@esnas/core";
import { Queue, QueueEvents } from "bullmq";
import { AbandonedError, DEATHS, deathsOf } from "../workers/pool.js";
import { failed, type NetworkScores, type ScoringService } from "../workers/scores.js";
import type { ScoringTask } from "../workers/scoring.js";
import { type QueueAddress, shownAddress } from "./address.js";
import { batchSize, Costs } from "./batches.js";
import { connect, type QueueConnection, withoutSecrets } from "./connection.js";
import { announce, keepQueue, present, RENEWED_EVERY, refusal, takers, withdraw } from "./presence.js";
import {
  EVENTS_KEPT,
  FAILED_KEPT,
  JOB_NAME,
  jobOf,
  KEPT,
  LOST_WORKERS,
  queueName,
  resultOf,
  type ScoringResult,
} from "./protocol.js";

/** Networks that are worth asking for at once, whatever number of workers comes. */
const AT_ONCE = 512;
/** Looks in a row at which a job has to be missing to be sent again: its answer may be on the way. */
const MISSED = 2;
/** Milliseconds in which a server that is being started again is there, when a search begins or is gone on with. */
const PATIENCE = 10_000;
/** Milliseconds that an end may take where the server is out of reach. */
const ENDING = 2000;
/** Milliseconds without a score after which that is told. */
const SILENCE = 60_000;

interface Item {
  readonly genotype: Genotype;
  /** What it is a genotype of; `genotypes` are those of a task that it came with. */
  readonly task: ScoringTask;
  readonly kind: string;
  /** Processes that have died of it. */
  readonly deaths: number;
  resolve(scores: NetworkScores): void;
  reject(reason: Error): void;
}

interface Batch {
  readonly task: ScoringTask;
  readonly items: readonly Item[];
  /** Looks in a row at which Redis did not have it. */
  missed: number;
}

export interface AskingOptions {
  /** `0.1.0+3f2a9c41`: workers of the same program answer. */
  readonly program: string;
  /** Told what the user should know of the queue. */
  readonly say: (words: string) => void;
}

/** A queue as a service; it holds connections until it is closed. */
export class QueueService implements ScoringService {
  readonly atOnce = AT_ONCE;
  readonly #id = `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  readonly #since = Date.now();
  readonly #connection: QueueConnection;
  readonly #options: AskingOptions;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #costs = new Costs();
  /** What has not been sent, by kind. */
  readonly #unsent = new Map<string, Item[]>();
  /** What has been sent, by the id of the job. */
  readonly #sent = new Map<string, Batch>();
  readonly #said = new Set<string>();
  #jobs = 0;
  #open = 0;
  #scored = 0;
  #failed = 0;
  #slots = 0;
  #slotsSince = performance.now();
  #lastScore = performance.now();
  #isFlushing = false;
  #isAbandoned = false;
  #isLooking = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(connection: QueueConnection, options: AskingOptions, lastEvent: string) {
    this.#connection = connection;
    this.#options = options;
    const { prefix } = connection.address;
    const name = queueName(options.program);
    const shared = { prefix, skipVersionCheck: true };
    const streams = { events: { maxLen: EVENTS_KEPT } };
    this.#queue = new Queue(name, { ...shared, connection: connection.redis, streams });
    this.#events = new QueueEvents(name, { ...shared, connection: connection.another(), lastEventId: lastEvent });
    this.#queue.on("error", (error) => this.#tell(error));
    this.#events.on("error", (error) => this.#tell(error));
    this.#events.on("completed", ({ jobId, returnvalue }) => this.#completed(jobId, returnvalue));
    this.#events.on("failed", ({ jobId, failedReason }) => this.#given(jobId, failedReason));
    this.#timer = setInterval(() => void this.#look(), RENEWED_EVERY);
  }

  /** @throws {InputError} where the server cannot be reached or used. */
  static async open(address: QueueAddress, options: AskingOptions): Promise<QueueService> {
    const connection = await connect(address, options.say, PATIENCE);
    if (connection.warning !== undefined) options.say(connection.warning);
    const events = `${address.prefix}:${queueName(options.program)}:events`;
    const [last] = await connection.redis.xrevrange(events, "+", "-", "COUNT", 1);
    const service = new QueueService(connection, options, last?.[0] ?? "0-0");
    await service.#look();
    return service;
  }

  readonly workers = (): number => this.#slots;

  /** What it waits for, in words; undefined while scores come. */
  waitsFor(): string | undefined {
    const { address } = this.#connection;
    const lost = this.#connection.lostFor();
    if (lost !== undefined) return `${shownAddress(address)} is out of reach for ${duration(lost / 1000)}`;
    if (this.#open === 0) return undefined;
    const now = performance.now();
    if (this.#slots === 0) {
      return `waiting for workers: none on "${address.prefix}" at ${shownAddress(address)} for ${duration((now - this.#slotsSince) / 1000)}`;
    }
    const silence = now - this.#lastScore;
    return silence < SILENCE ? undefined : `no score for ${duration(silence / 1000)}`;
  }

  async score(task: ScoringTask): Promise<readonly NetworkScores[]> {
    if (this.#isAbandoned) throw new AbandonedError("the queue is not asked any more");
    const { genotypes, ...others } = task;
    const kind = JSON.stringify(others);
    // Silence counts from when something is waited for.
    if (this.#open === 0) this.#lastScore = performance.now();
    const scores = genotypes.map(
      (genotype) =>
        new Promise<NetworkScores>((resolve, reject) => {
          this.#open++;
          this.#put({ genotype, task, kind, deaths: 0, resolve, reject });
        }),
    );
    return await Promise.all(scores);
  }

  /** Takes what waits out of the queue; whoever waits for a score is told. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    const ids = [...this.#sent.keys()];
    const items = [...this.#sent.values(), ...[...this.#unsent.values()].map((unsent) => ({ items: unsent }))];
    this.#sent.clear();
    this.#unsent.clear();
    for (const item of items.flatMap((batch) => batch.items)) {
      this.#end(() => item.reject(new AbandonedError("the search was stopped")));
    }
    // One that a worker has begun with is left to it.
    await this.#atMost(Promise.allSettled(ids.map((id) => this.#queue.remove(id))));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { redis, address } = this.#connection;
    await this.abandon();
    await this.#atMost(keepQueue(redis, address.prefix, this.#options.program));
    await this.#atMost(withdraw(redis, address.prefix, "asker", this.#id));
    await this.#atMost(Promise.allSettled([this.#events.close(), this.#queue.close()]));
    this.#connection.close();
  }

  /** Commands wait for a server that is out of reach; an end does not. */
  async #atMost(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((done) => {
      timer = setTimeout(done, ENDING);
    });
    await Promise.race([work.catch(() => {}), late]).finally(() => clearTimeout(timer));
  }

  #put(item: Item): void {
    const unsent = this.#unsent.get(item.kind);
    if (unsent === undefined) this.#unsent.set(item.kind, [item]);
    else unsent.push(item);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // What is asked for at once goes together.
    setImmediate(() => {
      this.#isFlushing = false;
      const kinds = [...this.#unsent];
      this.#unsent.clear();
      void this.#send(kinds.flatMap(([kind, items]) => this.#batches(kind, items)));
    });
  }

  #batches(kind: string, items: readonly Item[]): Batch[] {
    // A network of which a process has died goes alone.
    const alone = items.filter(({ deaths }) => deaths > 0).map((item) => [item]);
    const others = items.filter(({ deaths }) => deaths === 0);
    const size = batchSize(this.#costs.of(kind), this.#open, this.#slots);
    const together = Array.from({ length: Math.ceil(others.length / size) }, (_, i) =>
      others.slice(i * size, (i + 1) * size),
    );
    return [...alone, ...together].map(batchOf);
  }

  async #send(batches: readonly Batch[]): Promise<void> {
    const jobs: Parameters<Queue["addBulk"]>[0] = [];
    for (const batch of batches) {
      try {
        const data = jobOf(batch.task, this.#id);
        const jobId = `${this.#id}-${this.#jobs++}`;
        this.#sent.set(jobId, batch);
        const opts = { jobId, attempts: DEATHS, removeOnComplete: true, removeOnFail: FAILED_KEPT };
        jobs.push({ name: JOB_NAME, data, opts });
      } catch (error) {
        this.#rejectAll(batch, error);
      }
    }
    if (jobs.length === 0) return;
    try {
      await this.#queue.addBulk(jobs);
      await this.#renew(jobs.map(({ opts }) => opts?.jobId ?? ""));
    } catch (error) {
      // What is not there is sent again at one of the next looks.
      this.#tell(error);
    }
  }

  #completed(id: string, value: unknown): void {
    const batch = this.#take(id);
    if (batch === undefined) return;
    const result = resultOf(value, batch.task);
    const made: ScoringResult["networks"] = result?.networks ?? batch.items.map(() => ({ end: "with no result" }));
    if (result !== undefined) {
      const [first] = batch.items;
      if (first !== undefined) this.#costs.note(first.kind, result.milliseconds, batch.items.length);
      this.#lastScore = performance.now();
      this.#scored += result.networks.filter((network) => "scores" in network).length;
    }
    batch.items.forEach((item, i) => {
      const network = made[i];
      if (network === undefined) return;
      if ("end" in network) this.#diedOf(item, network.end);
      else this.#end(() => item.resolve({ scores: network.scores, hasFailed: false }));
    });
  }

  /** A job that BullMQ gives up. */
  #given(id: string, reason: string): void {
    const batch = this.#take(id);
    if (batch === undefined) return;
    if (!/stalled|started more than/.test(reason)) {
      this.#rejectAll(batch, new Error(oneLine(reason)));
    } else if (batch.items.length === 1) {
      const [item] = batch.items;
      if (item !== undefined) this.#giveUp(item, `${LOST_WORKERS + 1} workers were lost with it`);
    } else {
      void this.#send(batch.items.map((item) => batchOf([item])));
    }
  }

  #diedOf(item: Item, end: string): void {
    const deaths = item.deaths + 1;
    if (deaths < DEATHS) this.#put({ ...item, deaths });
    else this.#giveUp(item, deathsOf(deaths, end));
  }

  #giveUp(item: Item, reason: string): void {
    this.#failed++;
    this.#end(() => item.resolve(failed(item.task, reason)));
  }

  #rejectAll({ items }: Batch, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const item of items) this.#end(() => item.reject(reason));
  }

  #end(tell: () => void): void {
    this.#open--;
    tell();
  }

  /** What was sent as a job, the first time that it is asked for. */
  #take(id: string): Batch | undefined {
    const batch = this.#sent.get(id);
    this.#sent.delete(id);
    return batch;
  }

  /** Renews what is ours in Redis, sees who is there, and sends again what is lost. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#connection.lostFor() !== undefined) return;
    this.#isLooking = true;
    try {
      const { redis, address } = this.#connection;
      const { program } = this.#options;
      const record = { id: this.#id, program, since: this.#since };
      const [waiting, scored, failures] = [this.#open, this.#scored, this.#failed];
      await announce(redis, address.prefix, "asker", { ...record, waiting, scored, failed: failures });
      await keepQueue(redis, address.prefix, program);
      await this.#seeWorkers();
      await this.#sendAgain();
    } catch (error) {
      this.#tell(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #seeWorkers(): Promise<void> {
    const { redis, address } = this.#connection;
    const { program } = this.#options;
    const workers = await present(redis, address.prefix, "worker");
    const slots = takers(workers, program).reduce((sum, worker) => sum + worker.slots, 0);
    if ((slots === 0) !== (this.#slots === 0)) this.#slotsSince = performance.now();
    this.#slots = slots;
    for (const worker of workers) {
      const reason = refusal(worker, program);
      if (reason !== undefined) this.#sayOnce(`worker ${worker.id} is refused: ${reason}`);
    }
  }

  async #sendAgain(): Promise<void> {
    const ids = [...this.#sent.keys()];
    const isThere = await this.#renew(ids);
    const lost: Batch[] = [];
    ids.forEach((id, i) => {
      const batch = this.#sent.get(id);
      if (batch === undefined) return;
      batch.missed = isThere[i] ? 0 : batch.missed + 1;
      if (batch.missed < MISSED) return;
      this.#sent.delete(id);
      lost.push({ ...batch, missed: 0 });
    });
    if (lost.length > 0) await this.#send(lost);
  }

  /** Jobs expire where nobody renews them; says which of them there are. */
  async #renew(ids: readonly string[]): Promise<boolean[]> {
    if (ids.length === 0) return [];
    const pipeline = this.#connection.redis.pipeline();
    for (const id of ids) pipeline.expire(this.#queue.toKey(id), KEPT);
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([error, answer]) => {
      if (error !== null) throw error;
      return answer === 1;
    });
  }

  /** What goes wrong with Redis, beside its being out of reach, which the connection tells of. */
  #tell(error: unknown): void {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code !== undefined || /connection is closed|^connect |reconnect/i.test(message)) return;
    this.#sayOnce(`the queue: ${withoutSecrets(message, this.#connection.address)}`);
  }

  #sayOnce(words: string): void {
    if (this.#said.has(words)) return;
    this.#said.add(words);
    this.#options.say(words);
  }
}

function batchOf(items: readonly Item[]): Batch {
  const [first] = items;
  if (first === undefined) throw new InputError("a batch has at least one candidate");
  return { task: { ...first.task, genotypes: items.map(({ genotype }) => genotype) }, items, missed: 0 };
}
