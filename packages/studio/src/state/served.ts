/** @file Runs that `esnas studio` serves: listed, opened, and followed while they go on. */

import { codeOf, readGenotype } from "@esnas/core/internal";
import { signal } from "@preact/signals";
import type { z } from "zod";
import { lab, messageOf } from "./lab.js";
import { type ServedRun, type ServedRuns, servedRowsSchema, servedRunsSchema } from "./served-rows.js";
import {
  addBatch,
  chooseModel,
  failure,
  isReading,
  models,
  newStudy,
  rateOf,
  report,
  type Study,
  show,
  status,
  study,
} from "./study.js";

/** Undefined where this page is not served by `esnas studio`. */
export const servedRuns = signal<ServedRuns | undefined>(undefined);

/** Milliseconds between questions to the server. */
const ASK_EVERY = 1000;
/** Questions in a row that may stay without an answer: a study is locked while a search writes to it. */
const MOST_FAILURES = 5;
/** Candidates of one answer. */
const MOST_ROWS = 500;

/** `esnas studio` answers on this machine alone. */
function mayBeServed(): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
}

async function ask<T>(path: string, form: z.ZodType<T>): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok || !type.includes("json")) throw new Error(`The server of this page answers ${response.status}.`);
  const { success, data } = form.safeParse(await response.json());
  if (!success) throw new Error("The server of this page answers in a form that this page does not know; reload it.");
  return data;
}

/** Looks which runs there are. */
export async function listRuns(): Promise<void> {
  if (!mayBeServed()) return;
  try {
    servedRuns.value = await ask("api/runs", servedRunsSchema);
  } catch {
    // Another server than ours, or one that has ended: what was listed stays.
  }
}

/** Shows a run, and follows it until it has ended or another one is shown. */
export async function openRun({ id, name, settings, count, isFinished }: ServedRun): Promise<void> {
  const opened = newStudy({ id, source: "server", name, settings, ...(isFinished && { expected: count }) });
  show(opened);
  status.value = "preparing";
  isReading.value = true;
  for (let failures = 0; study.peek() === opened; ) {
    try {
      if (await takeRows(opened)) return;
      failures = 0;
    } catch (error) {
      if (study.peek() !== opened) return;
      if (++failures < MOST_FAILURES) await new Promise((done) => setTimeout(done, ASK_EVERY));
      else {
        failure.value = messageOf(error);
        status.value = "failed";
        return;
      }
    }
  }
}

/** Takes what is new of a run; true where there is nothing more to come. */
async function takeRows(of: Study): Promise<boolean> {
  const { space, settings, table } = of;
  const before = table.count;
  const begun = performance.now();
  const answer = await ask(`api/runs/${of.id}?after=${before}&most=${MOST_ROWS}`, servedRowsSchema);
  if (answer.rows.length > 0) {
    addBatch(of, await lab().servedBatch(space.name, settings.spaceOptions, table.metrics, before, answer.rows));
  }
  if (study.peek() !== of) return true;
  const isUpToDate = table.count >= answer.count;
  const last = table.count - 1;
  report.value = {
    phase: table.phaseAt(last),
    cycle: table.cycle[last] ?? 0,
    done: table.count,
    rate: rateOf(table),
    secondsLeft: Number.NaN,
  };
  // A run is shown as ended, or as going on, when all that there is of it is here.
  if (answer.isFinished) status.value = "preparing";
  else if (isUpToDate) status.value = "running";
  if (isUpToDate) isReading.value = false;
  if (isUpToDate && answer.isFinished) {
    models.value = answer.models.map(({ genotype, ...model }) => {
      return { ...model, best: codeOf(space, readGenotype(genotype).genotype) };
    });
    // Of a front, the largest.
    chooseModel(models.value.length - 1);
    status.value = "ended";
    return true;
  }
  if (isUpToDate) await new Promise((done) => setTimeout(done, Math.max(0, ASK_EVERY - (performance.now() - begun))));
  return false;
}
