/** @file Takes jobs from a queue and has them scored, until it is closed. */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { InputError } from "@esnas/core/internal";
import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { NetworkOutcome } from "../scoring/scoring-service.js";
import type { ScoringTask } from "../scoring/scoring-task.js";
import { checkedJob } from "./checked-job.js";
import { type QueueConnection, withoutSecrets } from "./connection.js";
import {
  announce,
  type Identity,
  identityOf,
  isForeign,
  keepQueue,
  pluginDifference,
  present,
  RENEWED_EVERY,
  withdraw,
} from "./presence.js";
import { FAILED_KEPT, LOST_WORKERS, queueName, type ScoringResult, type WorkerRecord } from "./protocol.js";
import { Rate } from "./rate.js";

/** Milliseconds for which searches and `esnas status` are told of a worker that was refused. */
const REFUSAL_TOLD = 60_000;
/** Milliseconds for which an end waits for a server that is out of reach. */
const FAREWELL = 5000;

/** The jobs of the same program are taken. */
export interface QueueWorkerOptions extends Identity {
  /** Networks at once. */
  readonly slots: number;
  /** Milliseconds after which a job goes to another worker when this one is not heard of. */
  readonly stalledAfter: number;
  /** What becomes of the networks of a task. */
  readonly score: (task: ScoringTask) => Promise<readonly NetworkOutcome[]>;
  readonly note: (event: string, fields?: Readonly<Record<string, string | number>>) => void;
}

/** `host-123-0a1b2c`: of a worker; several may be in one process. */
export function workerId(): string {
  return `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
}

/** A worker of a queue. */
export class QueueWorker {
  readonly #connection: QueueConnection;
  readonly #options: QueueWorkerOptions;
  readonly #id = workerId();
  readonly #since = Date.now();
  readonly #rate = new Rate();
  readonly #worker: Worker;
  readonly #timer: NodeJS.Timeout;
  readonly #counts = { scored: 0, died: 0, failed: 0, active: 0, jobs: 0, milliseconds: 0 };
  #isLooking = false;
  #isForeign = false;
  #broken: (error: InputError) => void = () => {};
  /** Rejected where this machine cannot score. */
  readonly broken: Promise<never>;

  private constructor(connection: QueueConnection, options: QueueWorkerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.broken = new Promise((_, fail) => {
      this.#broken = fail;
    });
    this.broken.catch(() => {});
    this.#worker = new Worker(queueName(options.program), (job) => this.#work(job), {
      connection: connection.redis,
      prefix: connection.address.prefix,
      name: this.#id,
      concurrency: options.slots,
      lockDuration: options.stalledAfter,
      stalledInterval: Math.ceil(options.stalledAfter / 2),
      maxStalledCount: LOST_WORKERS,
      removeOnComplete: { count: 0 },
      removeOnFail: FAILED_KEPT,
      runRetryDelay: 500,
      skipVersionCheck: true,
    });
    this.#worker.on("error", (error) => this.#tell(error));
    this.#worker.on("stalled", (job) => options.note("a job of a worker that was lost goes to another", { job }));
    this.#timer = setInterval(() => void this.#look(), RENEWED_EVERY);
  }

  /**
   * Takes jobs from now on.
   * @throws {InputError} where all searches on the queue are of another program.
   */
  static async begin(connection: QueueConnection, options: QueueWorkerOptions): Promise<QueueWorker> {
    const { redis, address } = connection;
    const askers = await present(redis, address.prefix, "asker");
    if (isForeign(askers, options.program)) {
      const reason = reasonOf(options, askers, address.prefix);
      await refuse(connection, options, reason);
      throw new InputError(`this worker is refused: ${reason}`);
    }
    const serving = new QueueWorker(connection, options);
    await serving.#look();
    return serving;
  }

  get id(): string {
    return this.#id;
  }

  /** What it has done, and does. */
  get counts(): Readonly<{
    scored: number;
    died: number;
    failed: number;
    active: number;
    jobs: number;
    milliseconds: number;
  }> {
    return this.#counts;
  }

  get isConnected(): boolean {
    return this.#connection.lostFor() === undefined;
  }

  record(): WorkerRecord {
    const { slots } = this.#options;
    const { scored, died, failed, active } = this.#counts;
    const rate = this.#rate.perSecond();
    return {
      id: this.#id,
      ...identityOf(this.#options),
      since: this.#since,
      slots,
      scored,
      died,
      failed,
      rate,
      active,
    };
  }

  /** Ends what it has begun with, and takes nothing more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { redis, address } = this.#connection;
    await this.#unlessLost(this.#worker.close());
    await this.#unlessLost(withdraw(redis, address.prefix, "worker", this.#id));
  }

  /** Waits for work to end, but not for a server that stays out of reach. */
  async #unlessLost(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const lost = new Promise<void>((done) => {
      timer = setInterval(() => {
        if ((this.#connection.lostFor() ?? 0) > FAREWELL) done();
      }, 100);
    });
    await Promise.race([work.catch(() => {}), lost]).finally(() => clearInterval(timer));
  }

  async #work(job: Job): Promise<ScoringResult> {
    const task = checkedJob(job.data);
    if (typeof task === "string") return this.#fail(job, new UnrecoverableError(task));
    const begin = performance.now();
    this.#counts.active++;
    try {
      const made = await this.#options.score(task);
      const milliseconds = performance.now() - begin;
      const networks = made.map((network) => ("scores" in network ? { scores: [...network.scores] } : ended(network)));
      this.#count(networks, milliseconds);
      return { worker: this.#id, milliseconds, networks };
    } catch (error) {
      if (!(error instanceof InputError)) {
        const message = error instanceof Error ? error.message : String(error);
        return this.#fail(job, new UnrecoverableError(message));
      }
      // Nothing can be scored here: others have to.
      await this.#worker.pause(true);
      this.#broken(error);
      throw error;
    } finally {
      this.#counts.active--;
    }
  }

  #count(networks: ScoringResult["networks"], milliseconds: number): void {
    const died = networks.filter((network) => "end" in network).length;
    this.#counts.jobs++;
    this.#counts.milliseconds += milliseconds;
    this.#counts.died += died;
    this.#counts.scored += networks.length - died;
    this.#rate.note(networks.length - died);
    if (died > 0) this.#options.note("processes died of networks", { networks: died });
  }

  #fail(job: Job, error: Error): never {
    this.#counts.failed++;
    this.#options.note("a job cannot be done", { job: job.id ?? "", reason: error.message });
    throw error;
  }

  async #look(): Promise<void> {
    if (this.#isLooking || !this.isConnected) return;
    this.#isLooking = true;
    try {
      const { redis, address } = this.#connection;
      const { program, note } = this.#options;
      await announce(redis, address.prefix, "worker", this.record());
      await keepQueue(redis, address.prefix, program);
      const wasForeign = this.#isForeign;
      const askers = await present(redis, address.prefix, "asker");
      this.#isForeign = isForeign(askers, program);
      if (this.#isForeign && !wasForeign) {
        note("the searches on this prefix get nothing", { reason: reasonOf(this.#options, askers, address.prefix) });
      }
    } catch (error) {
      this.#tell(error);
    } finally {
      this.#isLooking = false;
    }
  }

  #tell(error: unknown): void {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code !== undefined || /connection is closed|^connect |reconnect/i.test(message)) return;
    this.#options.note("the queue complains", { reason: withoutSecrets(message, this.#connection.address) });
  }
}

function ended({ end }: { readonly end: string }): { end: string } {
  return { end };
}

/** Why a worker can score for none of the searches that are there. */
function reasonOf(worker: Identity, askers: readonly Identity[], prefix: string): string {
  for (const asker of askers) {
    const reason = pluginDifference(worker, asker);
    if (reason !== undefined) return reason;
  }
  const others = [...new Set(askers.map(({ program }) => program))].join(", ");
  return `it runs esnas ${worker.program}, and the searches on "${prefix}" run ${others}`;
}

/** Leaves word of a worker that takes no jobs. */
export async function refuse({ redis, address }: QueueConnection, identity: Identity, reason: string): Promise<void> {
  const none = { slots: 0, scored: 0, died: 0, failed: 0, rate: 0, active: 0 };
  const record = {
    id: workerId(),
    ...identityOf(identity),
    since: Date.now(),
    ...none,
    refused: reason.slice(0, 1000),
  };
  await announce(redis, address.prefix, "worker", record, REFUSAL_TOLD);
}
