/** @file Who is there: a record in Redis of each worker and of each search, which expires when it is not renewed. */

import type { Redis } from "ioredis";
import type { z } from "zod";
import {
  type AskerRecord,
  askerSchema,
  KEPT,
  queueKeys,
  queueName,
  type WorkerRecord,
  workerSchema,
} from "./protocol.js";

/** Milliseconds between two renewals. */
export const RENEWED_EVERY = 3000;
/** Milliseconds after which a record that is not renewed is gone. */
const GONE_AFTER = 12_000;
/** Records that are read at once; a list with more is not of our making. */
const MOST_RECORDS = 10_000;

export const kinds = { worker: workerSchema, asker: askerSchema } as const;

type Kind = keyof typeof kinds;
export type RecordOf<K extends Kind> = z.infer<(typeof kinds)[K]>;

/**
 * Writes a record, for `GONE_AFTER` or so many milliseconds.
 * @throws {Error} where Redis refuses it.
 */
export async function announce<K extends Kind>(
  redis: Redis,
  prefix: string,
  kind: K,
  record: RecordOf<K>,
  milliseconds = GONE_AFTER,
): Promise<void> {
  const answers = await redis
    .pipeline()
    .sadd(`${prefix}:${kind}s`, record.id)
    .expire(`${prefix}:${kind}s`, KEPT)
    .set(`${prefix}:${kind}:${record.id}`, JSON.stringify(record), "PX", milliseconds)
    .exec();
  // One that is full refuses each command of its own.
  for (const [error] of answers ?? []) if (error !== null) throw error;
}

export async function withdraw(redis: Redis, prefix: string, kind: Kind, id: string): Promise<void> {
  await redis.pipeline().srem(`${prefix}:${kind}s`, id).del(`${prefix}:${kind}:${id}`).exec();
}

/** All records of a kind, in the order of their ids; those of who has gone are forgotten. */
export async function present<K extends Kind>(redis: Redis, prefix: string, kind: K): Promise<RecordOf<K>[]> {
  const ids = (await redis.smembers(`${prefix}:${kind}s`)).slice(0, MOST_RECORDS).toSorted();
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map((id) => `${prefix}:${kind}:${id}`));
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(`${prefix}:${kind}s`, gone);
  return texts.flatMap((text) => {
    const record = text === null ? undefined : parsed(kind, text);
    return record === undefined ? [] : [record];
  });
}

function parsed<K extends Kind>(kind: K, text: string): RecordOf<K> | undefined {
  try {
    return kinds[kind].parse(JSON.parse(text)) as RecordOf<K>;
  } catch {
    return undefined;
  }
}

/** Lets a queue expire that nobody looks after any more: called by all who do, again and again. */
export async function keepQueue(redis: Redis, prefix: string, program: string): Promise<void> {
  const pipeline = redis.pipeline();
  for (const key of queueKeys) pipeline.expire(`${prefix}:${queueName(program)}:${key}`, KEPT);
  await pipeline.exec();
}

/** Workers that take jobs of a program. */
export function takers(workers: readonly WorkerRecord[], program: string): WorkerRecord[] {
  return workers.filter((worker) => worker.program === program && worker.refused === undefined);
}

/** Why a worker that is there takes no jobs of a program; undefined where it does. */
export function refusal(worker: WorkerRecord, program: string): string | undefined {
  if (worker.refused !== undefined) return worker.refused;
  return worker.program === program ? undefined : `it runs esnas ${worker.program}, this is ${program}`;
}

/** Whether there are searches, and all of them are of other programs. */
export function isForeign(askers: readonly AskerRecord[], program: string): boolean {
  return askers.length > 0 && askers.every((asker) => asker.program !== program);
}
