/** @file Simulated workers without a queue: what is lost with them is lost to the search, which asks few candidates ahead. */

import type { NetworkScores } from "esnas/dist/scoring/scoring-service.js";
import type { ScoringTask } from "esnas/dist/scoring/scoring-task.js";
import { AbandonedError } from "esnas/dist/scoring/worker-pool.js";
import type { Stoppable } from "./load.js";
import { simulated } from "./simulated-score.js";

export function memoryService(workers: number, milliseconds: number): Stoppable {
  const waiting: { readonly task: ScoringTask; resolve(scores: NetworkScores[]): void; reject(error: Error): void }[] =
    [];
  let free = workers;
  let isAbandoned = false;

  async function work(): Promise<void> {
    free--;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const made = await simulated(next.task, milliseconds);
      if (isAbandoned) next.reject(new AbandonedError());
      else next.resolve(made.map((one) => ({ scores: "scores" in one ? one.scores : [], hasFailed: false })));
    }
    free++;
  }

  return {
    atOnce: 2 * workers,
    workers: () => workers,
    score(task) {
      if (isAbandoned) return Promise.reject(new AbandonedError());
      return new Promise((resolve, reject) => {
        waiting.push({ task, resolve, reject });
        if (free > 0) void work();
      });
    },
    async abandon() {
      isAbandoned = true;
      for (const { reject } of waiting.splice(0)) reject(new AbandonedError());
    },
  };
}
