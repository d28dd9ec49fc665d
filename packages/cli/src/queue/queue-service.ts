/**
 * @file Asks a queue for scores. What was asked for comes, whatever becomes of workers and of Redis: a job that is lost, fails, or is
 * answered in another form is sent again, a network of which processes die goes to three of them, and the first answer is the one that
 * counts. What Redis loses by itself counts against no network. A job that fails again and again ends the search.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { duration, oneLine } from "@esnas/core/internal";
import { failed, type NetworkScores, type ScoringService } from "../scoring/scoring-service.js";
import type { ScoringTask } from "../scoring/scoring-task.js";
import { AbandonedError, DEATHS, deathsOf } from "../scoring/worker-pool.js";
import { type QueueAddress, shownAddress } from "./address.js";
import { batchSize, Costs } from "./batch-size.js";
import { connect, type QueueConnection, withoutSecrets } from "./connection.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { type Batch, batchOf, GivenUpError, type PendingNetwork } from "./pending.js";
import { announce, type Identity, identityOf, keepQueue, RENEWED_EVERY, withdraw } from "./presence.js";
import { LOST_WORKERS, MOST_FAILURES, resultOf, workerOf } from "./protocol.js";
import { refusalOf } from "./redis-trouble.js";
import { lastEventOf, SentJobs } from "./sent-jobs.js";
import { VisibleWorkers } from "./visible-workers.js";

/** Networks that are worth asking for at once, whatever number of workers comes. */
const AT_ONCE = 512;
/** Milliseconds in which a server that is being started again is there, when a search begins or is gone on with. */
const PATIENCE = 10_000;
/** Milliseconds that an end may take where the server is out of reach. */
const ENDING = 2000;
/** Milliseconds without a score after which that is told. */
const SILENCE = 60_000;
/** Characters of why a job failed. */
const LONGEST_REASON = 300;

/** Workers of the same program answer. */
export interface QueueServiceOptions extends Identity {
  /** Told what the user should know of the queue. */
  readonly say: (words: string) => void;
}

/** A queue as a service; it holds connections until it is closed. */
export class QueueService implements ScoringService {
  readonly atOnce = AT_ONCE;
  readonly #id = `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  readonly #since = Date.now();
  readonly #connection: QueueConnection;
  readonly #program: string;
  readonly #identity: ReturnType<typeof identityOf>;
  readonly #notices: Notices;
  readonly #workers: VisibleWorkers;
  readonly #costs = new Costs();
  readonly #outbox: Outbox;
  readonly #sent: SentJobs;
  /** What is sent again at the next look: at once, it would go to who has just failed with it. */
  readonly #later: PendingNetwork[] = [];
  #open = 0;
  #scored = 0;
  #failed = 0;
  #lastScore = performance.now();
  #isAbandoned = false;
  #isLooking = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(connection: QueueConnection, { program, plugins, say }: QueueServiceOptions, lastEvent: string) {
    const notices = new Notices(connection.address, say);
    this.#connection = connection;
    this.#program = program;
    this.#identity = identityOf({ program, plugins });
    this.#notices = notices;
    this.#workers = new VisibleWorkers(connection, this.#identity, notices);
    this.#outbox = new Outbox({
      batchSize: (kind) => batchSize(this.#costs.of(kind), this.#open, this.#workers.slots),
      send: (batches) => void this.#sent.send(batches),
    });
    this.#sent = new SentJobs(connection, {
      asker: this.#id,
      program,
      lastEvent,
      notices,
      onCompleted: (batch, answer) => this.#completed(batch, answer),
      onFailed: (batch, reason) => this.#jobFailed(batch, reason),
      onRefused: (batch, error) => this.#rejectAll(batch, error),
    });
    for (const event of ["close", "ready"]) connection.redis.on(event, () => notices.trouble.wasLost());
    this.#timer = setInterval(() => void this.#look(), RENEWED_EVERY);
  }

  /** @throws {InputError} where the server cannot be reached or used. */
  static async open(address: QueueAddress, options: QueueServiceOptions): Promise<QueueService> {
    const connection = await connect(address, options.say, PATIENCE);
    if (connection.warning !== undefined) options.say(connection.warning);
    const service = new QueueService(connection, options, await lastEventOf(connection, options.program));
    await service.#look();
    return service;
  }

  readonly workers = (): number => this.#workers.slots;

  /** What it waits for, in words; undefined while scores come. */
  waitsFor(): string | undefined {
    const { address } = this.#connection;
    const lost = this.#connection.lostFor();
    if (lost !== undefined) return `${shownAddress(address)} is out of reach for ${duration(lost / 1000)}`;
    const { refusal } = this.#notices.trouble;
    if (refusal !== undefined) return `${shownAddress(address)} takes no jobs: ${refusal}`;
    if (this.#open === 0) return undefined;
    const absent = this.#workers.absentFor();
    if (absent !== undefined) {
      return `waiting for workers: none on "${address.prefix}" at ${shownAddress(address)} for ${duration(absent / 1000)}`;
    }
    const silence = performance.now() - this.#lastScore;
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
          this.#outbox.put({ genotype, task, kind, deaths: 0, failures: 0, resolve, reject });
        }),
    );
    return await Promise.all(scores);
  }

  /** Takes what waits out of the queue; whoever waits for a score is told. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    const { networks, removal } = this.#sent.abandon();
    for (const network of [...networks, ...this.#outbox.takeAll(), ...this.#later.splice(0)]) {
      this.#settle(() => network.reject(new AbandonedError("the search was stopped")));
    }
    await atMost(ENDING, removal);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { redis, address } = this.#connection;
    await this.abandon();
    await atMost(ENDING, keepQueue(redis, address.prefix, this.#program));
    await atMost(ENDING, withdraw(redis, address.prefix, "asker", this.#id));
    await atMost(ENDING, this.#sent.close());
    this.#connection.close();
  }

  #completed(batch: Batch, answer: unknown): void {
    const result = resultOf(answer, batch.task);
    if (result === undefined) {
      const worker = workerOf(answer);
      const who = worker === undefined ? "a worker that does not say who it is" : `worker ${worker}`;
      this.#notices.once(`${who} gives answers that are none of esnas ${this.#program}; they are asked for again`);
      this.#retry(batch, `${who} gives answers that are none`);
      return;
    }
    const [first] = batch.networks;
    if (first !== undefined) this.#costs.note(first.kind, result.milliseconds, batch.networks.length);
    this.#lastScore = performance.now();
    this.#scored += result.networks.filter((network) => "scores" in network).length;
    batch.networks.forEach((network, i) => {
      const made = result.networks[i];
      if (made === undefined) return;
      if ("end" in made) this.#diedOf(network, made.end);
      else this.#settle(() => network.resolve({ scores: made.scores, hasFailed: false }));
    });
  }

  #jobFailed(batch: Batch, reason: string): void {
    const { networks } = batch;
    const words = oneLine(withoutSecrets(reason, this.#connection.address)).slice(0, LONGEST_REASON);
    const [network, another] = networks;
    if (refusalOf(reason) !== undefined) {
      for (const each of networks) this.#later.push(each);
    } else if (!/stalled|started more than/.test(reason)) {
      this.#notices.once(`a job failed and is sent again: ${words}`);
      this.#retry(batch, `its job failed: ${words}`);
    } else if (this.#notices.trouble.hasBeenSince(batch.sent)) {
      for (const each of networks) this.#later.push(each);
    } else if (network !== undefined && another === undefined) {
      this.#giveUp(network, `${LOST_WORKERS + 1} workers were lost with it`);
    } else {
      void this.#sent.send(networks.map((each) => batchOf([each])));
    }
  }

  #retry({ networks }: Batch, reason: string): void {
    for (const network of networks) {
      const failures = network.failures + 1;
      if (failures < MOST_FAILURES) this.#later.push({ ...network, failures });
      else this.#settle(() => network.reject(new GivenUpError(reason)));
    }
  }

  #diedOf(network: PendingNetwork, end: string): void {
    const deaths = network.deaths + 1;
    if (deaths < DEATHS) this.#outbox.put({ ...network, deaths });
    else this.#giveUp(network, deathsOf(deaths, end));
  }

  #giveUp(network: PendingNetwork, reason: string): void {
    this.#failed++;
    this.#settle(() => network.resolve(failed(network.task, reason)));
  }

  #rejectAll({ networks }: Batch, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const network of networks) this.#settle(() => network.reject(reason));
  }

  #settle(tell: () => void): void {
    this.#open--;
    tell();
  }

  /** Renews what is ours in Redis, sees who is there, and sends again what is lost. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#connection.lostFor() !== undefined) return;
    this.#isLooking = true;
    try {
      const { redis, address } = this.#connection;
      const record = { id: this.#id, ...this.#identity, since: this.#since };
      const [waiting, scored, failures] = [this.#open, this.#scored, this.#failed];
      await announce(redis, address.prefix, "asker", { ...record, waiting, scored, failed: failures });
      await keepQueue(redis, address.prefix, this.#program);
      this.#notices.trouble.obeys();
      await this.#workers.look();
      await this.#sent.look();
      for (const network of this.#later.splice(0)) this.#outbox.put(network);
    } catch (error) {
      this.#notices.error(error);
    } finally {
      this.#isLooking = false;
    }
  }
}

/** Commands wait for a server that is out of reach; an end does not. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((done) => {
    timer = setTimeout(done, milliseconds);
  });
  await Promise.race([work.catch(() => {}), late]).finally(() => clearTimeout(timer));
}
