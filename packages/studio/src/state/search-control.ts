/** @file Begins, pauses, steps, stops and takes up again the searches that run in this browser. */

import { checkConstraints, type Settings, searchOf } from "@esnas/core";
import { proxy, type Remote, wrap } from "comlink";
import { version } from "../version.js";
import type { SearchUpdate, SearchWorker } from "../workers/search.worker.js";
import { messageOf } from "./lab.js";
import { deleteSearch, putSearch, type StoredSearch, storedBatches, storedSearch, storedSearches } from "./store.js";
import { addBatch, failure, nameOf, newStudy, report, result, type Study, show, status, study } from "./study.js";
import { inTurns } from "./turns.js";

interface Running {
  readonly id: string;
  readonly worker: Worker;
  readonly search: Remote<SearchWorker>;
}

let running: Running | undefined;

/** @throws {InputError} where no network can keep the budget. */
export async function begin(settings: Settings): Promise<void> {
  await stop();
  const { space, problem } = searchOf(settings);
  checkConstraints(space, problem.constraints);
  const id = crypto.randomUUID();
  const stored: StoredSearch = { id, created: Date.now(), settings, version, status: "running", count: 0 };
  await putSearch(stored);
  const fresh = newStudy({ id, source: "browser", name: nameOf(settings), settings });
  show(fresh);
  void run(fresh, false);
}

/** Shows a stored search, and goes on with it where it was running. */
export async function open(id: string): Promise<void> {
  const stored = await storedSearch(id);
  if (stored === undefined) return;
  if (running?.id !== id) await halt();
  const { settings } = stored;
  const opened = newStudy({ id, source: "browser", name: nameOf(settings), settings });
  status.value = "preparing";
  await inTurns(await storedBatches(id), (batch) => addBatch(opened, batch));
  show(opened);
  result.value = stored.result;
  status.value = stored.status;
  if (stored.status === "running") void run(opened, false);
}

/** Opens what was open last, if there is anything. */
export async function openLast(): Promise<void> {
  const [last] = await storedSearches();
  if (last !== undefined && study.peek() === undefined) await open(last.id);
}

async function run(current: Study, isHeld: boolean): Promise<void> {
  const worker = new Worker(new URL("../workers/search.worker.ts", import.meta.url), { type: "module" });
  const search = wrap<SearchWorker>(worker);
  const own = { id: current.id, worker, search };
  running = own;
  status.value = isHeld ? "paused" : "preparing";
  const onUpdate = ({ batch, report: told }: SearchUpdate) => {
    if (batch !== undefined) addBatch(current, batch);
    if (study.peek() !== current) return;
    report.value = told;
    if (status.peek() === "preparing") status.value = "running";
  };
  try {
    const ended = await Promise.race([search.run(current.id, isHeld, proxy(onUpdate)), failureOf(worker)]);
    if (study.peek() !== current) return;
    result.value = ended;
    status.value = ended === undefined ? "stopped" : "ended";
  } catch (error) {
    if (study.peek() !== current) return;
    failure.value = messageOf(error);
    status.value = "failed";
  } finally {
    worker.terminate();
    if (running === own) running = undefined;
  }
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
  await running.search.pause(running.id);
}

/** Goes on with a search that was paused or stopped, or begun before the page was opened. */
export async function goOn(): Promise<void> {
  if (running !== undefined) {
    status.value = "running";
    await running.search.goOn(running.id);
    return;
  }
  const current = study.peek();
  const stored = current && (await storedSearch(current.id));
  if (current === undefined || stored === undefined) return;
  await putSearch({ ...stored, status: "running" });
  failure.value = "";
  void run(current, false);
}

/** One candidate more. */
export async function step(): Promise<void> {
  if (running === undefined) {
    const current = study.peek();
    if (current !== undefined) void run(current, true);
    return;
  }
  status.value = "paused";
  await running.search.step();
}

export async function stop(): Promise<void> {
  if (running === undefined) return;
  const { search } = running;
  await search.stop();
  while (running?.search === search) await new Promise((done) => setTimeout(done, 20));
}

/** Ends the worker of a search that is no longer shown; what it has stored remains, and it stands as running. */
async function halt(): Promise<void> {
  running?.worker.terminate();
  running = undefined;
}

export async function remove(id: string): Promise<void> {
  if (running?.id === id) await stop();
  await deleteSearch(id);
  if (study.peek()?.id !== id) return;
  study.value = undefined;
  status.value = "idle";
}
