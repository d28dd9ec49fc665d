/** @file What is on a queue, as it is seen from outside: who is there, what waits, and what failed of late. */

import { oneLine } from "@esnas/core/internal";
import { Queue } from "bullmq";
import { releasing } from "../runtime/releasing.js";
import { type QueueConnection, withoutSecrets } from "./connection.js";
import { present, refusal } from "./presence.js";
import { type AskerRecord, queueName, type WorkerRecord } from "./protocol.js";

/** Failed jobs whose reasons are shown. */
const SHOWN_FAILURES = 5;

export interface QueueStatus {
  readonly prefix: string;
  readonly workers: readonly (WorkerRecord & { readonly taking: boolean; readonly reason?: string })[];
  readonly searches: readonly AskerRecord[];
  /** One a program that somebody here runs. */
  readonly queues: readonly QueueLength[];
  /** Networks a second, by all workers. */
  readonly rate: number;
}

export interface QueueLength {
  readonly program: string;
  /** As dashboards list it. */
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  /** Of the last hour, at most a hundred. */
  readonly failed: number;
  readonly failures: readonly { readonly job: string; readonly reason: string }[];
}

/** @param program Of those who ask: its queue is there even if nobody is on it. */
export async function queueStatus(connection: QueueConnection, program: string): Promise<QueueStatus> {
  const { redis, address } = connection;
  const [workers, searches] = await Promise.all([
    present(redis, address.prefix, "worker"),
    present(redis, address.prefix, "asker"),
  ]);
  const programs = new Set([
    program,
    ...workers.map((worker) => worker.program),
    ...searches.map((one) => one.program),
  ]);
  const queues: QueueLength[] = [];
  for (const one of [...programs].toSorted()) queues.push(await lengthOf(connection, one));
  return {
    prefix: address.prefix,
    workers: workers.map((worker) => {
      const reason = refusal(worker, worker);
      return { ...worker, taking: reason === undefined, ...(reason !== undefined && { reason }) };
    }),
    searches,
    queues,
    rate: Math.round(10 * workers.reduce((sum, worker) => sum + worker.rate, 0)) / 10,
  };
}

async function lengthOf(connection: QueueConnection, program: string): Promise<QueueLength> {
  const { redis, address } = connection;
  const name = queueName(program);
  const queue = new Queue(name, {
    connection: redis,
    prefix: address.prefix,
    skipMetasUpdate: true,
    skipVersionCheck: true,
  });
  queue.on("error", () => {});
  return releasing([{ release: () => queue.close() }], async () => {
    const { wait = 0, active = 0, failed = 0 } = await queue.getJobCounts("wait", "active", "failed");
    const jobs = failed === 0 ? [] : await queue.getFailed(0, SHOWN_FAILURES - 1);
    const failures = jobs.flatMap((job) =>
      job === undefined
        ? []
        : [{ job: oneLine(job.id ?? ""), reason: oneLine(withoutSecrets(job.failedReason ?? "", address)) }],
    );
    return { program, name, waiting: wait, active, failed, failures };
  });
}
