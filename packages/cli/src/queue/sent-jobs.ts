/**
 * @file Jobs that were sent to a queue, until each has ended. One that Redis has lost is sent again; one that has ended, well or not, is
 * told of once, whoever did it and however often.
 */

import { Queue, QueueEvents } from "bullmq";
import { DEATHS } from "../scoring/worker-pool.js";
import type { QueueConnection } from "./connection.js";
import { type JobState, renewJobs } from "./job-state.js";
import type { Notices } from "./notices.js";
import { type Batch, batchOf, type PendingNetwork } from "./pending.js";
import { EVENTS_KEPT, FAILED_KEPT, JOB_NAME, jobOf, queueName } from "./protocol.js";

/** Looks in a row at which a job has to be missing to be sent again: its answer may be on the way. */
const MISSED = 2;

export interface SentJobsOptions {
  /** Id of who asks. */
  readonly asker: string;
  readonly program: string;
  /** The last event of the queue before the first job. */
  readonly lastEvent: string;
  readonly notices: Notices;
  readonly onCompleted: (batch: Batch, answer: unknown) => void;
  /** Told of a job that BullMQ gives up, or somebody else does. */
  readonly onFailed: (batch: Batch, reason: string) => void;
  /** Told of a batch that is not of the form that goes through a queue. */
  readonly onRefused: (batch: Batch, error: unknown) => void;
}

/** The last event of a program's queue, from which on its events are heard. */
export async function lastEventOf({ redis, address }: QueueConnection, program: string): Promise<string> {
  const events = `${address.prefix}:${queueName(program)}:events`;
  const [last] = await redis.xrevrange(events, "+", "-", "COUNT", 1);
  return last?.[0] ?? "0-0";
}

export class SentJobs {
  readonly #connection: QueueConnection;
  readonly #options: SentJobsOptions;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  /** By the id of the job. */
  readonly #sent = new Map<string, Batch>();
  #jobs = 0;

  constructor(connection: QueueConnection, options: SentJobsOptions) {
    this.#connection = connection;
    this.#options = options;
    const { program, lastEvent, notices } = options;
    const name = queueName(program);
    const shared = { prefix: connection.address.prefix, skipVersionCheck: true };
    const streams = { events: { maxLen: EVENTS_KEPT } };
    this.#queue = new Queue(name, { ...shared, connection: connection.redis, streams });
    this.#events = new QueueEvents(name, { ...shared, connection: connection.another(), lastEventId: lastEvent });
    this.#queue.on("error", (error) => notices.error(error));
    this.#events.on("error", (error) => notices.error(error));
    this.#events.on("completed", ({ jobId, returnvalue }) => {
      const batch = this.#take(jobId);
      if (batch !== undefined) options.onCompleted(batch, returnvalue);
    });
    this.#events.on("failed", ({ jobId, failedReason }) => this.#hasFailed(jobId, failedReason));
  }

  async send(batches: readonly Batch[]): Promise<void> {
    const jobs: Parameters<Queue["addBulk"]>[0] = [];
    for (const batch of batches) {
      try {
        const data = jobOf(batch.task, this.#options.asker);
        const jobId = `${this.#options.asker}-${this.#jobs++}`;
        this.#sent.set(jobId, batch);
        const opts = { jobId, attempts: DEATHS, removeOnComplete: true, removeOnFail: FAILED_KEPT };
        jobs.push({ name: JOB_NAME, data, opts });
      } catch (error) {
        this.#options.onRefused(batch, error);
      }
    }
    if (jobs.length === 0) return;
    try {
      await this.#queue.addBulk(jobs);
      await this.#renew(jobs.map(({ opts }) => opts?.jobId ?? ""));
    } catch (error) {
      // What is not there is sent again at one of the next looks.
      this.#options.notices.error(error);
    }
  }

  /**
   * Renews jobs in Redis, and sends again what is lost.
   * @throws {Error} where Redis does not do what it is told.
   */
  async look(): Promise<void> {
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
        lost.push(batchOf(batch.networks));
      } else this.#hasFailed(id, state.failed);
    }
    if (lost.length > 0) await this.send(lost);
  }

  /**
   * Forgets all jobs.
   * @returns What they were of, and their removal from the queue: one that a worker has begun with is left to it.
   */
  abandon(): { readonly networks: readonly PendingNetwork[]; readonly removal: Promise<unknown> } {
    const ids = [...this.#sent.keys()];
    const networks = [...this.#sent.values()].flatMap((batch) => batch.networks);
    this.#sent.clear();
    return { networks, removal: Promise.allSettled(ids.map((id) => this.#queue.remove(id))) };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#events.close(), this.#queue.close()]);
  }

  #hasFailed(id: string, reason: string): void {
    const batch = this.#take(id);
    if (batch !== undefined) this.#options.onFailed(batch, reason);
  }

  /** What was sent as a job, the first time that it is asked for. */
  #take(id: string): Batch | undefined {
    const batch = this.#sent.get(id);
    this.#sent.delete(id);
    return batch;
  }

  #renew(ids: readonly string[]): Promise<JobState[]> {
    const keys = ids.map((id) => this.#queue.toKey(id));
    return renewJobs(this.#connection.redis, keys);
  }
}
