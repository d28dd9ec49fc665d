/**
 * @file What goes through the queue, and under which names: what those who ask and those who score have to agree on. Both sides check
 * what they are sent.
 *
 * With a prefix `esnas` and a program `0.1.0+3f2a9c41`, Redis holds
 *   esnas:scores-0.1.0-3f2a9c41:*   BullMQ's keys of the queue of this program; others have queues of their own
 *   esnas:workers, esnas:worker:ID  ids of workers, and a record of each, which expires when it is not renewed
 *   esnas:askers, esnas:asker:ID    the same of searches that ask for scores
 */

import { InputError, oneLine } from "@esnas/core/internal";
import { z } from "zod";
import { MOST_PLUGINS } from "../plugins/plugins.js";
import type { ScoringTask } from "../scoring/scoring-task.js";

/** Of the form of jobs and results. */
const VERSION = 1;

export const DEFAULT_PREFIX = "esnas";
export const JOB_NAME = "score";

/** The queue of those that run the same program. */
export function queueName(program: string): string {
  return `scores-${program.replaceAll(/[^\w.-]/g, "-")}`;
}

/** Genotypes of one job. */
export const MOST_GENOTYPES = 256;
/** Bytes of a job's JSON. */
export const MOST_BYTES = 2 ** 20;
/** Workers that may be lost with a job: it goes to a third one, and no further. */
export const LOST_WORKERS = 2;

/** Jobs with a network that may fail, or be answered in another form, before the search ends. */
export const MOST_FAILURES = 5;

/** Seconds after which what nobody asks for any more is gone from Redis. */
export const KEPT = 24 * 60 * 60;
/** Seconds for which failed jobs are kept for those who look for reasons, and how many. */
export const FAILED_KEPT = { age: 60 * 60, count: 100 } as const;
/** Events that BullMQ keeps for those who were away: about so many. */
export const EVENTS_KEPT = 5000;

/** Keys of a queue, beside those of its jobs and `stalled-check`, which expires by itself when stalled jobs are to be looked for again. */
export const queueKeys = [
  "id",
  "meta",
  "wait",
  "active",
  "paused",
  "prioritized",
  "delayed",
  "completed",
  "failed",
  "stalled",
  "events",
  "marker",
  "pc",
] as const;

const words = (longest: number) => z.string().max(longest).transform(oneLine);
const name = z.string().regex(/^[\w.+-]{1,200}$/);

const columnSchema = z.strictObject({ metric: z.string().max(500), seed: z.int().nonnegative() });

export const jobSchema = z.strictObject({
  version: z.literal(VERSION),
  /** Who asks. */
  asker: name,
  space: z.strictObject({ name: z.string().max(100), options: z.record(z.string(), z.unknown()) }),
  genotypes: z
    .array(z.array(z.union([z.number(), z.string().max(200)])).max(2000))
    .min(1)
    .max(MOST_GENOTYPES),
  columns: z.array(columnSchema).min(1).max(100),
  sessions: z.int().positive().max(100_000).optional(),
});

export type ScoringJob = z.infer<typeof jobSchema>;

const scoreSchema = z.union([z.number(), z.strictObject({ value: z.null(), reason: z.string().max(5000) })]);

const madeSchema = z.union([
  z.strictObject({ scores: z.array(scoreSchema).max(100) }),
  /** How a process ended that scored it. */
  z.strictObject({ end: words(500) }),
]);

export const resultSchema = z.strictObject({
  worker: name,
  /** That it took, as the worker has it. */
  milliseconds: z.number().nonnegative(),
  networks: z.array(madeSchema).min(1).max(MOST_GENOTYPES),
});

export type ScoringResult = z.infer<typeof resultSchema>;

/**
 * The job of a task.
 * @throws {InputError} where it is too large for the queue.
 */
export function jobOf(task: ScoringTask, asker: string): ScoringJob {
  const parsed = jobSchema.safeParse({ version: VERSION, asker, ...task });
  const bytes = Buffer.byteLength(JSON.stringify(task));
  if (parsed.success && bytes <= MOST_BYTES) return parsed.data;
  const [issue] = parsed.error?.issues ?? [];
  const reason = issue === undefined ? `${bytes} bytes` : `${issue.path.join(".")}: ${issue.message}`;
  throw new InputError(`a task is not of the form that goes through a queue (${reason})`);
}

/**
 * The result of a job of so many genotypes and columns.
 * @returns Undefined where it is none.
 */
export function resultOf(value: unknown, { genotypes, columns }: ScoringTask): ScoringResult | undefined {
  const { data } = resultSchema.safeParse(value);
  const fits =
    data?.networks.length === genotypes.length &&
    data.networks.every((made) => "end" in made || made.scores.length === columns.length);
  return fits ? data : undefined;
}

/** Who gave something that is no result, where it says so. */
export function workerOf(value: unknown): string | undefined {
  return z.object({ worker: name }).safeParse(value).data?.worker;
}

const pluginSchema = z.strictObject({ name: words(200), digest: name });

/** A plugin's file, without folders, and the digest of what is in it. */
export type PluginIdentity = z.infer<typeof pluginSchema>;

const presence = {
  id: name,
  /** `0.1.0+3f2a9c41`, with a part for each plugin. */
  program: name,
  /** Absent where there are none. */
  plugins: z.array(pluginSchema).max(MOST_PLUGINS).optional(),
  /** Milliseconds since 1970, by its own clock. */
  since: z.number(),
};

export const workerSchema = z.strictObject({
  ...presence,
  /** Networks at once. */
  slots: z.int().nonnegative(),
  /** Networks that have been scored, and those of which a process died. */
  scored: z.int().nonnegative(),
  died: z.int().nonnegative(),
  /** Jobs that could not be done. */
  failed: z.int().nonnegative(),
  /** Networks a second, of late. */
  rate: z.number().nonnegative(),
  /** Jobs that it works on. */
  active: z.int().nonnegative(),
  /** Why it takes no jobs. */
  refused: words(1000).optional(),
});

export type WorkerRecord = z.infer<typeof workerSchema>;

export const askerSchema = z.strictObject({
  ...presence,
  /** Networks that it waits for. */
  waiting: z.int().nonnegative(),
  scored: z.int().nonnegative(),
  /** Networks that it has given up. */
  failed: z.int().nonnegative(),
});

export type AskerRecord = z.infer<typeof askerSchema>;
