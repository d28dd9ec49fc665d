/**
 * @file What the browser's database holds, as it is read: by another version, or damaged, it may be anything. A search that cannot be
 * read is one that can be deleted; of candidates all are taken up to the first that are not whole.
 */

import { type Outcome, type Scores, type Settings, settingsSchema } from "@esnas/core/internal";
import { z } from "zod";
import type { CandidateBatch } from "./candidates.js";

/** `running` also of one whose page was closed: it goes on when the page is opened again. */
export type StoredStatus = "running" | "paused" | "stopped" | "ended";

/** What a search has ended with. */
export interface SearchResult {
  /** Indices of the values of the best. */
  readonly best: readonly number[];
  readonly scores: Scores;
  readonly cycles: number;
  readonly reason: Outcome["reason"];
}

export interface StoredSearch {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly settings: Settings;
  /** Of the program that began it, which alone goes on with it. */
  readonly version: string;
  readonly status: StoredStatus;
  /** Candidates. */
  readonly count: number;
  readonly result?: SearchResult;
}

/** A record that is none of this program. */
export interface Unreadable {
  readonly id: string;
  readonly created: number;
  readonly problem: string;
}

const score = z.union([z.number(), z.object({ value: z.null(), reason: z.string() })]);

const storedSchema = z.object({
  id: z.string(),
  created: z.number(),
  settings: settingsSchema,
  version: z.string(),
  status: z.enum(["running", "paused", "stopped", "ended"]),
  count: z.int().nonnegative(),
  result: z
    .object({
      best: z.array(z.int().nonnegative()),
      scores: z.record(z.string(), score),
      cycles: z.number(),
      reason: z.enum(["evaluations", "converged", "exhausted"]),
    })
    .exactOptional(),
});

export function readStored(record: unknown): StoredSearch | Unreadable {
  const read = storedSchema.safeParse(record);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const { id } = z.object({ id: z.string().catch("") }).parse(record);
  return { id, created: 0, problem: `"${issue?.path.join(".")}" is not as this version of the program writes it` };
}

const column = z.instanceof(Float64Array);
const indices = z.instanceof(Uint16Array);

const batchSchema = z.object({
  from: z.int().nonnegative(),
  count: z.int().positive(),
  genes: indices,
  phase: indices,
  phaseNames: z.array(z.string()),
  cycle: indices,
  parameters: column,
  macs: column,
  milliseconds: column,
  scores: z.record(z.string(), column),
  missing: z.array(z.object({ order: z.number(), metric: z.string(), reason: z.string() })),
});

/** @param genes Of a candidate. */
function isWhole(record: unknown, genes: number): record is CandidateBatch {
  const read = batchSchema.safeParse(record);
  if (!read.success) return false;
  const { count, phase, cycle, parameters, macs, milliseconds, scores, genes: all } = read.data;
  const columns = [phase, cycle, parameters, macs, milliseconds, ...Object.values(scores)];
  return all.length === count * genes && columns.every(({ length }) => length === count);
}

/** The batches up to the first that is damaged, or does not follow the one before. */
export function wholeBatches(records: readonly unknown[], genes: number, from = 0): CandidateBatch[] {
  const whole: CandidateBatch[] = [];
  let next = from;
  for (const record of records) {
    if (!isWhole(record, genes) || record.from !== next) break;
    whole.push(record);
    next += record.count;
  }
  return whole;
}
