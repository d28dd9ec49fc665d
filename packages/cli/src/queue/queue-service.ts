/**
 * @file Asks a queue for scores. What was asked for comes, whatever becomes of workers and of Redis: a job that is lost, fails, or is
 * answered in another form is sent again, a network of which processes die goes to three of them, and the first answer is the one that
 * counts. What Redis loses by itself counts against no network. A job that fails again and again ends the search.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { duration, oneLine } from "@esnas/core";
import { Queue, QueueEvents } from "bullmq";
import { failed, type NetworkScores, type ScoringService } from "../scoring/scoring-service.js";
import type { ScoringTask } from "../scoring/scoring-task.js";
import { AbandonedError, DEATHS, deathsOf } from "../scoring/worker-pool.js";
import { type QueueAddress, shownAddress } from "./address.js";
import { batchSize, Costs } from "./batch-size.js";
import { connect, type QueueConnection, withoutSecrets } from "./connection.js";
import { type JobState, renewJobs } from "./job-state.js";
import { type Batch, batchOf, GivenUpError, type Item } from "./pending.js";
import { announce, keepQueue, present, RENEWED_EVERY, refusal, takers, withdraw } from "./presence.js";
import {
  EVENTS_KEPT,
  FAILED_KEPT,
  JOB_NAME,
  jobOf,
  LOST_WORKERS,
  MOST_FAILURES,
  queueName,
  resultOf,
  workerOf,
} from "./protocol.js";
import { refusalOf, Trouble } from "./redis-trouble.js";

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
/** Characters of why a job failed. */
const LONGEST_REASON = 300;

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
  /** What is sent again at the next look: at once, it would go to who has just failed with it. */
  readonly #later: Item[] = [];
  readonly #trouble: Trouble;
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
    this.#trouble = new Trouble(shownAddress(connection.address), options.say);
    const { prefix } = connection.address;
    const name = queueName(options.program);
    const shared = { prefix, skipVersionCheck: true };
    const streams = { events: { maxLen: EVENTS_KEPT } };
    this.#queue = new Queue(name, { ...shared, connection: connection.redis, streams });
    this.#events = new QueueEvents(name, { ...shared, connection: connection.another(), lastEventId: lastEvent });
    for (const event of ["close", "ready"]) connection.redis.on(event, () => this.#trouble.wasLost());
    this.#queue.on("error", (error) => this.#tell(error));
    this.#events.on("error", (error) => this.#tell(error));
    this.#events.on("completed", ({ jobId, returnvalue }) => this.#completed(jobId, returnvalue));
    this.#events.on("failed", ({ jobId, failedReason }) => this.#jobFailed(jobId, failedReason));
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
    if (this.#trouble.refusal !== undefined) return `${shownAddress(address)} takes no jobs: ${this.#trouble.refusal}`;
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
          this.#put({ genotype, task, kind, deaths: 0, failures: 0, resolve, reject });
        }),
    );
    return await Promise.all(scores);
  }

  /** Takes what waits out of the queue; whoever waits for a score is told. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    const ids = [...this.#sent.keys()];
    const sent = [...this.#sent.values()].map(({ items }) => items);
    const items = [...sent, ...this.#unsent.values(), this.#later.splice(0)].flat();
    this.#sent.clear();
    this.#unsent.clear();
    for (const item of items) this.#end(() => item.reject(new AbandonedError("the search was stopped")));
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
    // A network of which a process has died, or with which a job failed, goes alone.
    const isAlone = ({ deaths, failures }: Item) => deaths + failures > 0;
    const alone = items.filter(isAlone).map((item) => [item]);
    const others = items.filter((item) => !isAlone(item));
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
    if (result === undefined) {
      const worker = workerOf(value);
      const who = worker === undefined ? "a worker that does not say who it is" : `worker ${worker}`;
      this.#sayOnce(`${who} gives answers that are none of esnas ${this.#options.program}; they are asked for again`);
      this.#retry(batch, `${who} gives answers that are none`);
      return;
    }
    const [first] = batch.items;
    if (first !== undefined) this.#costs.note(first.kind, result.milliseconds, batch.items.length);
    this.#lastScore = performance.now();
    this.#scored += result.networks.filter((network) => "scores" in network).length;
    batch.items.forEach((item, i) => {
      const network = result.networks[i];
      if (network === undefined) return;
      if ("end" in network) this.#diedOf(item, network.end);
      else this.#end(() => item.resolve({ scores: network.scores, hasFailed: false }));
    });
  }

  /** A job that BullMQ gives up, or somebody else does. */
  #jobFailed(id: string, reason: string): void {
    const batch = this.#take(id);
    if (batch === undefined) return;
    const words = oneLine(withoutSecrets(reason, this.#connection.address)).slice(0, LONGEST_REASON);
    const [item, another] = batch.items;
    if (refusalOf(reason) !== undefined) {
      for (const item of batch.items) this.#later.push(item);
    } else if (!/stalled|started more than/.test(reason)) {
      this.#sayOnce(`a job failed and is sent again: ${words}`);
      this.#retry(batch, `its job failed: ${words}`);
    } else if (this.#trouble.hasBeenSince(batch.sent)) {
      for (const item of batch.items) this.#later.push(item);
    } else if (item !== undefined && another === undefined) {
      this.#giveUp(item, `${LOST_WORKERS + 1} workers were lost with it`);
    } else {
      void this.#send(batch.items.map((each) => batchOf([each])));
    }
  }

  #retry({ items }: Batch, reason: string): void {
    for (const item of items) {
      const failures = item.failures + 1;
      if (failures < MOST_FAILURES) this.#later.push({ ...item, failures });
      else this.#end(() => item.reject(new GivenUpError(reason)));
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
      this.#trouble.obeys();
      await this.#seeWorkers();
      await this.#sendAgain();
      for (const item of this.#later.splice(0)) this.#put(item);
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
    const states = await this.#renew(ids);
    const lost: Batch[] = [];
    for (const [i, id] of ids.entries()) {
      const [batch, state] = [this.#sent.get(id), states[i]];
      if (batch === undefined || state === undefined) continue;
      batch.missed = state === "there" ? 0 : batch.missed + 1;
      if (state === "there" || batch.missed < MISSED) continue;
      if (state === "gone") {
        this.#sent.delete(id);
        lost.push(batchOf(batch.items));
      } else this.#jobFailed(id, state.failed);
    }
    if (lost.length > 0) await this.#send(lost);
  }

  #renew(ids: readonly string[]): Promise<JobState[]> {
    const keys = ids.map((id) => this.#queue.toKey(id));
    return renewJobs(this.#connection.redis, keys);
  }

  /** What goes wrong with Redis, beside its being out of reach, which the connection tells of. */
  #tell(error: unknown): void {
    const { message, code } = error as NodeJS.ErrnoException;
    const refusal = refusalOf(message);
    const isOutOfReach = code !== undefined || /connection is closed|^connect |reconnect/i.test(message);
    if (refusal !== undefined) this.#trouble.refuses(refusal);
    else if (!isOutOfReach) this.#sayOnce(`the queue: ${withoutSecrets(message, this.#connection.address)}`);
  }

  #sayOnce(words: string): void {
    if (this.#said.has(words)) return;
    this.#said.add(words);
    this.#options.say(words);
  }
}
