/** @file A search that another tab of this browser works on, followed by what that tab stores. */

import { isHeldElsewhere } from "./search-lock.js";
import { storedBatches, storedSearch } from "./store.js";
import { addBatch, rateOf, report, result, type Study, status, study } from "./study.js";

/** Milliseconds between looks. */
const LOOK_EVERY = 500;

/**
 * Follows it while it is shown and the other tab works on it.
 * @returns Whether it has ended or was stopped there, or the other tab was closed while it ran.
 */
export async function followElsewhere(current: Study): Promise<"over" | "abandoned"> {
  for (;;) {
    // Asked first: what the other tab has stored before it ended is read after it.
    const isHeld = await isHeldElsewhere(current.id);
    const stored = await storedSearch(current.id);
    const batches = await storedBatches(current.id, current.space.genes.length, current.table.count);
    if (study.peek() !== current || stored === undefined) return "over";
    for (const batch of batches) addBatch(current, batch);
    status.value = stored.status;
    result.value = stored.result;
    report.value = reportOf(current);
    if (!isHeld) return stored.status === "running" ? "abandoned" : "over";
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
  }
}

function reportOf({ table, settings }: Study) {
  const last = table.count - 1;
  const rate = rateOf(table);
  return {
    phase: table.phaseAt(last),
    cycle: table.cycle[last] ?? 0,
    done: table.count,
    rate,
    secondsLeft: (settings.maxEvaluations - table.count) / rate,
  };
}
