/** @file Who is there: a record in Redis of each worker and of each search, which expires when it is not renewed. */

import type { Redis } from "ioredis";
import type { z } from "zod";
import {
  type AskerRecord,
  askerSchema,
  KEPT,
  type PluginIdentity,
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

/** A program with its plugins: scores of two of one name are interchangeable. */
export interface Identity {
  readonly program: string;
  readonly plugins?: readonly PluginIdentity[] | undefined;
}

/** As a record has it. */
export function identityOf({ program, plugins = [] }: Identity) {
  return { program, ...(plugins.length > 0 && { plugins: [...plugins] }) };
}

/** Why a worker that is there takes no jobs of a search; undefined where it does. */
export function refusal(worker: WorkerRecord, asker: Identity): string | undefined {
  if (worker.refused !== undefined) return worker.refused;
  if (worker.program === asker.program) return undefined;
  return pluginDifference(worker, asker) ?? `it runs esnas ${worker.program}, this is ${asker.program}`;
}

/** In which plugin a worker differs from a search of the same version; undefined where that is not what differs. */
export function pluginDifference(worker: Identity, asker: Identity): string | undefined {
  if (withoutPlugins(worker) !== withoutPlugins(asker)) return undefined;
  const { plugins: loaded = [] } = worker;
  const { plugins: needed = [] } = asker;
  const lacks = ({ digest }: PluginIdentity, others: readonly PluginIdentity[]) =>
    !others.some((other) => other.digest === digest);
  const missing = needed.find((plugin) => lacks(plugin, loaded));
  const surplus = loaded.find((plugin) => lacks(plugin, needed));
  if (missing !== undefined) {
    const twin = loaded.find(({ name }) => name === missing.name);
    const has = twin === undefined ? "not loaded" : `with digest ${twin.digest}`;
    return `the search needs the plugin ${shown(missing)}, which the worker has ${has}`;
  }
  return surplus && `the worker has loaded the plugin ${shown(surplus)}, which the search has not`;
}

function shown({ name, digest }: PluginIdentity): string {
  return `${name} (digest ${digest})`;
}

/** `0.1.0+3f2a9c41` of `0.1.0+3f2a9c41+07bd55e2` */
function withoutPlugins({ program }: Identity): string {
  return program.split("+").slice(0, 2).join("+");
}

/** Whether there are searches, and all of them are of other programs. */
export function isForeign(askers: readonly AskerRecord[], program: string): boolean {
  return askers.length > 0 && askers.every((asker) => asker.program !== program);
}
