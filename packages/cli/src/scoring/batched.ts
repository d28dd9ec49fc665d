/**
 * @file Candidates travel together. A message to a worker and back takes a good part of a millisecond, as much as a cheap candidate itself: while
 * one batch is scored the next one waits, so that a worker has something to do while the program is told of what it has made.
 */

import { type Genotype, LOOK_AHEAD } from "@esnas/core/internal";
import type { NetworkScores } from "./scoring-service.js";
import type { ScoringTask } from "./scoring-task.js";

interface Waiting {
  readonly genotype: Genotype;
  readonly task: ScoringTask;
  /** Of what it is a genotype, and by what it is scored; batches are of one kind. */
  readonly kind: string;
  resolve(scores: NetworkScores): void;
  reject(reason: unknown): void;
}

/**
 * Scores genotypes that are asked for one by one in batches.
 * @param workers Batches that are scored at once. Each has one under way and one that waits, as far as a search looks ahead.
 */
export function batched(
  workers: number,
  score: (task: ScoringTask) => Promise<readonly NetworkScores[]>,
): (task: ScoringTask) => Promise<readonly NetworkScores[]> {
  const size = Math.ceil(LOOK_AHEAD / (2 * workers));
  const waiting: Waiting[] = [];
  let underWay = 0;
  let isDealing = false;

  function deal(): void {
    isDealing = false;
    while (underWay < workers && waiting.length > 0) void send(nextBatch());
  }

  function nextBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const kind = waiting[0]?.kind;
    for (let next = waiting[0]; batch.length < size && next?.kind === kind && next !== undefined; next = waiting[0]) {
      batch.push(next);
      waiting.shift();
    }
    return batch;
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    underWay++;
    try {
      const made = await score({ ...first.task, genotypes: batch.map(({ genotype }) => genotype) });
      batch.forEach(({ resolve, reject }, i) => {
        const scores = made[i];
        if (scores === undefined) reject(new Error("a worker scored fewer networks than it was given"));
        else resolve(scores);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      underWay--;
      deal();
    }
  }

  return async (task) => {
    const [genotype] = task.genotypes;
    if (genotype === undefined || task.genotypes.length > 1) return score(task);
    const { genotypes: _, ...others } = task;
    const kind = JSON.stringify(others);
    const scores = new Promise<NetworkScores>((resolve, reject) => {
      waiting.push({ genotype, task, kind, resolve, reject });
    });
    if (!isDealing) {
      isDealing = true;
      // What is asked for at once goes together.
      queueMicrotask(deal);
    }
    return [await scores];
  };
}
