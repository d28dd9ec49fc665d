/**
 * @file Searches in the browser's own database: what each was asked for, how it stands, and its candidates in batches, so that
 * a reload, a crash or a closed tab loses a fifth of a second.
 */

import type { Outcome, Scores, Settings } from "@esnas/core";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
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

interface StudioSchema extends DBSchema {
  searches: { key: string; value: StoredSearch };
  batches: { key: [id: string, from: number]; value: CandidateBatch };
}

let opened: Promise<IDBPDatabase<StudioSchema>> | undefined;

function database(): Promise<IDBPDatabase<StudioSchema>> {
  opened ??= openDB<StudioSchema>("esnas-studio", 1, {
    upgrade(db) {
      db.createObjectStore("searches", { keyPath: "id" });
      db.createObjectStore("batches");
    },
  });
  return opened;
}

/** All searches, the newest first. */
export async function storedSearches(): Promise<StoredSearch[]> {
  const db = await database();
  return (await db.getAll("searches")).toSorted((a, b) => b.created - a.created);
}

export async function storedSearch(id: string): Promise<StoredSearch | undefined> {
  return (await database()).get("searches", id);
}

export async function putSearch(search: StoredSearch): Promise<void> {
  await (await database()).put("searches", search);
}

function batchesOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);
}

/** Batches in order. */
export async function storedBatches(id: string): Promise<CandidateBatch[]> {
  return (await database()).getAll("batches", batchesOf(id));
}

/** Writes a batch and what has changed of its search, both or neither. */
export async function appendBatch(
  id: string,
  batch: CandidateBatch | undefined,
  change: Partial<StoredSearch>,
): Promise<void> {
  const transaction = (await database()).transaction(["searches", "batches"], "readwrite");
  const searches = transaction.objectStore("searches");
  const search = await searches.get(id);
  if (search !== undefined) {
    const count = batch === undefined ? search.count : batch.from + batch.count;
    if (batch !== undefined) await transaction.objectStore("batches").put(batch, [id, batch.from]);
    await searches.put({ ...search, count, ...change });
  }
  await transaction.done;
}

export async function deleteSearch(id: string): Promise<void> {
  const transaction = (await database()).transaction(["searches", "batches"], "readwrite");
  await transaction.objectStore("searches").delete(id);
  await transaction.objectStore("batches").delete(batchesOf(id));
  await transaction.done;
}
