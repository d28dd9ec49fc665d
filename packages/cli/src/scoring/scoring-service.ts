/** @file Scores that are made elsewhere: by worker processes of this machine, or by whoever else does what they do. */

import { type Evaluator, evaluatorBy, type Score, type Space } from "@esnas/core/internal";
import { batched } from "./batched.js";
import type { ScoringTask } from "./scoring-task.js";
import { WorkerDeathError, type WorkerPool } from "./worker-pool.js";

export interface NetworkScores {
  /** In the order of the task's columns. */
  readonly scores: readonly Score[];
  /** Whether workers died of it, which another machine, or another day, may spare them. */
  readonly hasFailed: boolean;
}

/** Has the genotypes of tasks scored. */
export interface ScoringService {
  /** Tasks that it is worth asking for at once. */
  readonly atOnce: number;
  /** Networks that are scored at once now, as far as it is known. */
  workers(): number;
  /**
   * The scores of each genotype of a task. A network of which workers die has that as the reason in place of its scores.
   * @throws {AbandonedError} where the service was told to give up.
   */
  score(task: ScoringTask): Promise<readonly NetworkScores[]>;
}

/** Scores by the worker processes of a pool. */
export function scoringBy(pool: WorkerPool): ScoringService {
  return {
    // One runs, one waits.
    atOnce: 2 * pool.workers,
    workers: () => pool.workers,
    score: batched(pool.workers, (task) => scoresByWorkers(pool, task)),
  };
}

/** The scores of each genotype of a task. Of several, after the first death, those that no worker survives are found one by one. */
export async function scoresByWorkers(pool: WorkerPool, task: ScoringTask): Promise<readonly NetworkScores[]> {
  const made = await outcomesByWorkers(pool, task);
  return made.map((network) => ("scores" in network ? { ...network, hasFailed: false } : failed(task, network.reason)));
}

/** The outcome for a network that is given up. */
export function failed({ columns }: ScoringTask, reason: string): NetworkScores {
  return { scores: columns.map(() => ({ value: null, reason })), hasFailed: true };
}

/** What workers made of a network, or how the last of those ended that died of it. */
export type NetworkOutcome = { readonly scores: readonly Score[] } | { readonly end: string; readonly reason: string };

/** @param limit Milliseconds after which a worker is killed that has not come to an end of the task. */
export async function outcomesByWorkers(
  pool: WorkerPool,
  task: ScoringTask,
  limit?: number,
): Promise<readonly NetworkOutcome[]> {
  const { genotypes } = task;
  try {
    const scores = await pool.run("score", task, {
      ...(limit !== undefined && { limit }),
      // Whose fault it was is not known.
      ...(genotypes.length > 1 && { deaths: 1 }),
    });
    return scores.map((ofOne) => ({ scores: ofOne }));
  } catch (error) {
    if (!(error instanceof WorkerDeathError)) throw error;
    if (genotypes.length === 1) return [{ end: error.end, reason: error.message }];
    const alone: NetworkOutcome[] = [];
    for (const genotype of genotypes) {
      for (const scores of await outcomesByWorkers(pool, { ...task, genotypes: [genotype] }, limit)) alone.push(scores);
    }
    return alone;
  }
}

/** Scores candidates of a search by the workers of a pool. */
export function workersEvaluator(space: Space, pool: WorkerPool, seed: number): Evaluator {
  return serviceEvaluator(space, scoringBy(pool), seed);
}

/** Scores candidates of a search; forward runs, with weights and input of the seed, are made by the service. */
export function serviceEvaluator(space: Space, service: ScoringService, seed: number): Evaluator {
  return evaluatorBy(space, async (genotype, metrics) => {
    const [network] = await service.score({
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
