/**
 * @file Searches in the browser's own database: what each was asked for, how it stands, and its candidates in batches, so that
 * a reload, a crash or a closed tab loses a fifth of a second.
 */

import { InputError } from "@esnas/core/internal";
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { CandidateBatch } from "./candidates.js";
import { readStored, type StoredSearch, type Unreadable, wholeBatches } from "./stored.js";

interface StudioSchema extends DBSchema {
  searches: { key: string; value: StoredSearch };
  batches: { key: [id: string, from: number]; value: CandidateBatch };
}

let opened: Promise<IDBPDatabase<StudioSchema>> | undefined;

/** @throws {InputError} where the browser keeps nothing for this page. */
function database(): Promise<IDBPDatabase<StudioSchema>> {
  opened ??= openDB<StudioSchema>("esnas-studio", 1, {
    upgrade(db) {
      db.createObjectStore("searches", { keyPath: "id" });
      db.createObjectStore("batches");
    },
  }).catch((error) => {
    opened = undefined;
    throw new InputError(`This browser keeps nothing for this page, and a search needs its database (${error}).`);
  });
  return opened;
}

/** All searches, the newest first; last those that cannot be read. */
export async function storedSearches(): Promise<(StoredSearch | Unreadable)[]> {
  const db = await database();
  const searches = (await db.getAll("searches")).map(readStored);
  return searches.toSorted((a, b) => b.created - a.created);
}

/**
 * Undefined where there is none.
 * @throws {InputError} where it cannot be read.
 */
export async function storedSearch(id: string): Promise<StoredSearch | undefined> {
  const found = await (await database()).get("searches", id);
  if (found === undefined) return undefined;
  const read = readStored(found);
  if ("problem" in read) throw new InputError(`This search cannot be read: ${read.problem}.`);
  return read;
}

export async function putSearch(search: StoredSearch): Promise<void> {
  await (await database()).put("searches", search);
}

function batchesOf(id: string, from = 0): IDBKeyRange {
  return IDBKeyRange.bound([id, from], [id, Number.MAX_SAFE_INTEGER]);
}

/** Batches in order, from a candidate on, as far as each is whole and follows the one before. */
export async function storedBatches(id: string, genes: number, from = 0): Promise<CandidateBatch[]> {
  return wholeBatches(await (await database()).getAll("batches", batchesOf(id, from)), genes, from);
}

/** Forgets all candidates from one on: what follows a batch that is lost is made again, and is the same. */
export async function forgetFrom(id: string, from: number): Promise<void> {
  await (await database()).delete("batches", batchesOf(id, from));
}

type Writing = IDBPTransaction<StudioSchema, ["searches", "batches"], "readwrite">;

/** Writes all or nothing. What fails is told once, by whichever part of it is the first to know. */
async function writing(write: (transaction: Writing) => Promise<void>): Promise<void> {
  const transaction = (await database()).transaction(["searches", "batches"], "readwrite");
  try {
    await Promise.all([write(transaction), transaction.done]);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
    throw new InputError("The browser has no more room for this page: delete what is no longer needed under Searches.");
  }
}

/** Writes a batch and what has changed of its search, both or neither. */
export function appendBatch(
  id: string,
  batch: CandidateBatch | undefined,
  change: Partial<StoredSearch>,
): Promise<void> {
  return writing(async (transaction) => {
    const searches = transaction.objectStore("searches");
    const search = await searches.get(id);
    if (search === undefined) return;
    const count = batch === undefined ? search.count : batch.from + batch.count;
    if (batch !== undefined) await transaction.objectStore("batches").put(batch, [id, batch.from]);
    await searches.put({ ...search, count, ...change });
  });
}

/** A search with all that is kept of it. */
export interface KeptSearch {
  readonly search: StoredSearch;
  readonly batches: readonly CandidateBatch[];
}

/** Puts a search back that was deleted. */
export function restoreSearch({ search, batches }: KeptSearch): Promise<void> {
  return writing(async (transaction) => {
    await transaction.objectStore("searches").put(search);
    for (const batch of batches) await transaction.objectStore("batches").put(batch, [search.id, batch.from]);
  });
}

export function deleteSearch(id: string): Promise<void> {
  return writing(async (transaction) => {
    await transaction.objectStore("searches").delete(id);
    await transaction.objectStore("batches").delete(batchesOf(id));
  });
}
