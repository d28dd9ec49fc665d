/** @file Scores by workers. A network of which workers die has that as the reason in place of its scores. */

import { type Evaluator, evaluatorBy, type Score, type Space } from "@esnas/core";
import { WorkerDeathError, type WorkerPool } from "./pool.js";
import type { ScoringTask } from "./scoring.js";

export interface NetworkScores {
  /** In the order of the task's columns. */
  readonly scores: readonly Score[];
  /** Whether workers died of it, which another machine, or another day, may spare them. */
  readonly hasFailed: boolean;
}

/** The scores of each genotype of a task. Of several, those that no worker survives are found one by one. */
export async function scoresByWorkers(pool: WorkerPool, task: ScoringTask): Promise<readonly NetworkScores[]> {
  try {
    const scores = await pool.run("score", task);
    return scores.map((ofOne) => ({ scores: ofOne, hasFailed: false }));
  } catch (error) {
    if (!(error instanceof WorkerDeathError)) throw error;
    const { genotypes, columns } = task;
    if (genotypes.length === 1) {
      return [{ scores: columns.map(() => ({ value: null, reason: error.message })), hasFailed: true }];
    }
    const alone: NetworkScores[] = [];
    for (const genotype of genotypes) alone.push(...(await scoresByWorkers(pool, { ...task, genotypes: [genotype] })));
    return alone;
  }
}

/** Scores candidates of a search; forward runs, with weights and input of the seed, are made by workers. */
export function workersEvaluator(space: Space, pool: WorkerPool, seed: number): Evaluator {
  return evaluatorBy(space, async (genotype, metrics) => {
    const [network] = await scoresByWorkers(pool, {
      space: { name: space.name, options: space.options },
      genotypes: [genotype],
      columns: metrics.map(({ id }) => ({ metric: id, seed })),
    });
    return Object.fromEntries(
      metrics.map(({ id }, i) => {
        const score = network?.scores[i];
        if (score === undefined) throw new Error("a worker gave fewer scores than it was asked for");
        return [id, score];
      }),
    );
  });
}
