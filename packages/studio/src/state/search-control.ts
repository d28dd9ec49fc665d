/** @file Begins, pauses, steps, stops and takes up again the searches that run in this browser. */

import { checkConstraints, InfeasibleError, InputError, type Settings, searchOf, version } from "@esnas/core/internal";
import { proxy, type Remote, wrap } from "comlink";
import type { SearchUpdate, SearchWorker } from "../workers/search.worker.js";
import { followElsewhere } from "./elsewhere.js";
import { messageOf } from "./lab.js";
import { HELD, isHeldElsewhere } from "./search-lock.js";
import { nameOf } from "./settings-text.js";
import type { KeptSearch } from "./store.js";
import { deleteSearch, putSearch, restoreSearch, storedBatches, storedSearch, storedSearches } from "./store.js";
import type { StoredSearch } from "./stored.js";
import {
  addBatch,
  begunHere,
  failure,
  isElsewhere,
  newStudy,
  report,
  result,
  type Study,
  show,
  status,
  study,
} from "./study.js";
import { inTurns } from "./turns.js";

interface Running {
  readonly study: Study;
  readonly worker: Worker;
  readonly search: Remote<SearchWorker>;
}

let running: Running | undefined;

/** Grows with each search that is asked for: what takes a while gives way to what was asked for later. */
let asked = 0;

/** Of them all, a search keeps hardly more busy with what it asks ahead; each takes a hundred megabytes. */
const MOST_WORKERS = 4;

/**
 * Workers that share the forward runs. They know less of each other's candidates than one does of its own, and take a fifth more
 * processor time for each: that pays where cores are idle, and on two cores, with the page on one of them, none is.
 */
function workersFor(cores: number): number {
  return Math.min(MOST_WORKERS, Math.max(1, Math.floor(cores / 2)));
}

/** `crypto.randomUUID` is for pages with a certificate alone. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Says which field would help where no network keeps a budget. */
function withAdvice(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof InfeasibleError) || error.remedy === undefined) throw error;
    throw new InfeasibleError(
      `${error.message}; try ${error.remedy === "classes" ? "fewer classes" : "smaller images"}`,
    );
  }
}

/** @throws {InputError} where no network can keep the budget, or the browser keeps nothing for this page. */
export async function begin(settings: Settings): Promise<void> {
  const { space, problem } = searchOf(settings);
  withAdvice(() => checkConstraints(space, problem.constraints));
  asked++;
  await stop();
  const id = newId();
  const stored: StoredSearch = { id, created: Date.now(), settings, version, status: "running", count: 0 };
  await putSearch(stored);
  const fresh = newStudy({ id, source: "browser", name: nameOf(settings), settings });
  begunHere.value = id;
  show(fresh);
  void run(fresh, false);
}

/**
 * Shows a stored search, and goes on with it where it was running.
 * @throws {InputError} where it cannot be read.
 */
export async function open(id: string): Promise<void> {
  const mine = ++asked;
  const stored = await storedSearch(id);
  if (stored === undefined || mine !== asked) return;
  if (running?.study.id === id) {
    showAgain(running.study, stored);
    return;
  }
  halt();
  const { settings } = stored;
  const { count, status: last } = stored;
  const expected = last === "ended" ? { expected: count } : {};
  const opened = newStudy({ id, source: "browser", name: nameOf(settings), settings, ...expected });
  await inTurns(await storedBatches(id, opened.space.genes.length), (batch) => addBatch(opened, batch));
  const isElse = await isHeldElsewhere(id);
  if (mine !== asked) return;
  show(opened);
  result.value = stored.result;
  status.value = stored.status;
  if (isElse) void follow(opened);
  else if (stored.status === "running") void run(opened, false);
}

/** A search that runs here, after another one has been looked at. */
function showAgain(current: Study, stored: StoredSearch): void {
  if (study.peek() === current) return;
  show(current);
  status.value = stored.status === "paused" ? "paused" : "running";
}

/** Opens what was open last, if there is anything. */
export async function openLast(): Promise<void> {
  try {
    const last = (await storedSearches()).find((search) => !("problem" in search));
    if (last !== undefined && study.peek() === undefined && asked === 0) await open(last.id);
  } catch (error) {
    failure.value = messageOf(error);
  }
}

/** Shows what another tab does with a search, and takes it over where that tab is closed. */
async function follow(current: Study): Promise<void> {
  isElsewhere.value = true;
  try {
    const end = await followElsewhere(current);
    if (study.peek() !== current) return;
    isElsewhere.value = false;
    if (end === "abandoned") void run(current, false);
  } catch (error) {
    if (study.peek() === current) fail(error);
  }
}

async function run(current: Study, isHeld: boolean): Promise<void> {
  const worker = new Worker(new URL("../workers/search.worker.ts", import.meta.url), { type: "module" });
  const search = wrap<SearchWorker>(worker);
  const own = { study: current, worker, search };
  running = own;
  status.value = isHeld ? "paused" : "preparing";
  const onUpdate = ({ batch, report: told }: SearchUpdate) => {
    if (batch !== undefined) addBatch(current, batch);
    if (study.peek() !== current || told === undefined) return;
    report.value = told;
    if (status.peek() === "preparing") status.value = "running";
  };
  try {
    const options = { isHeld, told: current.table.count, workers: workersFor(navigator.hardwareConcurrency) };
    const ended = await Promise.race([search.run(current.id, options, proxy(onUpdate)), failureOf(worker)]);
    if (study.peek() !== current) return;
    result.value = ended;
    status.value = ended === undefined ? "stopped" : "ended";
  } catch (error) {
    if (study.peek() !== current) return;
    if (messageOf(error) === HELD) void follow(current);
    else fail(error);
  } finally {
    worker.terminate();
    if (running === own) running = undefined;
  }
}

function fail(error: unknown): void {
  failure.value = messageOf(error);
  status.value = "failed";
}

/** A worker whose script cannot be loaded answers nothing. */
function failureOf(worker: Worker): Promise<never> {
  return new Promise((_, fail) => {
    worker.addEventListener("error", ({ message }) => {
      fail(new Error(message || "The search could not be loaded. Is this page offline?"));
    });
  });
}

export async function pause(): Promise<void> {
  if (running === undefined) return;
  status.value = "paused";
  await running.search.pause(running.study.id);
}

/** Goes on with a search that was paused or stopped, or begun before the page was opened. */
export async function goOn(): Promise<void> {
  if (running !== undefined) {
    status.value = "running";
    await running.search.goOn(running.study.id);
    return;
  }
  await takeUp(false);
}

/** One candidate more. */
export async function step(): Promise<void> {
  if (running === undefined) {
    await takeUp(true);
    return;
  }
  status.value = "paused";
  await running.search.step();
}

/** @param isHeld Whether it waits after one candidate. */
async function takeUp(isHeld: boolean): Promise<void> {
  const current = study.peek();
  if (current === undefined) return;
  failure.value = "";
  try {
    const stored = await storedSearch(current.id);
    if (stored === undefined) throw new InputError("This search is no longer stored in the browser.");
    if (study.peek() !== current || running !== undefined) return;
    if (await isHeldElsewhere(current.id)) {
      void follow(current);
      return;
    }
    await putSearch({ ...stored, status: isHeld ? "paused" : "running" });
    void run(current, isHeld);
  } catch (error) {
    fail(error);
  }
}

export async function stop(): Promise<void> {
  if (running === undefined) return;
  const { search } = running;
  await search.stop();
  while (running?.search === search) await new Promise((done) => setTimeout(done, 20));
}

/** Ends the worker of a search that is no longer shown; what it has stored remains, and it stands as running. */
function halt(): void {
  running?.worker.terminate();
  running = undefined;
}

/** @returns What was kept of it, to be put back; undefined where it could not be read. */
export async function remove(id: string): Promise<KeptSearch | undefined> {
  if (running?.study.id === id) await stop();
  const kept = await keptOf(id);
  await deleteSearch(id);
  if (study.peek()?.id === id) {
    study.value = undefined;
    status.value = "idle";
  }
  return kept;
}

async function keptOf(id: string): Promise<KeptSearch | undefined> {
  try {
    const search = await storedSearch(id);
    if (search === undefined) return undefined;
    const { space } = searchOf(search.settings);
    return { search, batches: await storedBatches(id, space.genes.length) };
  } catch {
    return undefined;
  }
}

export const restore = restoreSearch;
