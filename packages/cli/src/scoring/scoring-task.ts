/** @file The part of scoring that runs in workers. A score depends on nothing that a worker remembers. */

import {
  type Architecture,
  type Genotype,
  isForward,
  type Metric,
  metricOf,
  type Score,
  Scorer,
  type Space,
  scoreOrReason,
  spaceOf,
} from "@esnas/core/internal";
import { nodeRuntime } from "../runtime/node-runtime.js";

export interface ScoringTask {
  readonly space: Pick<Space, "name" | "options">;
  readonly genotypes: readonly Genotype[];
  readonly columns: readonly ScoringColumn[];
  /** Block sessions that the worker keeps alive; said by its first task. */
  readonly sessions?: number;
}

export interface ScoringColumn {
  /** Id of the metric. */
  readonly metric: string;
  /** Of weights and input; undefined where the metric draws none. */
  readonly seed: number | undefined;
}

/** Made when a metric first draws weights; its sessions serve all seeds. */
let scorer: Scorer | undefined;
/** By name and options. */
const spaces = new Map<string, Space>();
/** By id. */
const metrics = new Map<string, Metric>();

/** The scores of each genotype, in the order of the columns. */
export async function score({ space, genotypes, columns, sessions }: ScoringTask): Promise<Score[][]> {
  const { build } = kept(spaces, JSON.stringify(space), () => spaceOf(space.name, space.options));
  const scores: Score[][] = [];
  for (const genotype of genotypes) scores.push(await scoresOf(build(genotype), columns, sessions));
  return scores;
}

async function scoresOf(
  architecture: Architecture,
  columns: readonly ScoringColumn[],
  sessions: number | undefined,
): Promise<Score[]> {
  const bySeed = new Map<number | undefined, Record<string, Score>>();
  for (const seed of new Set(columns.map((column) => column.seed))) {
    const ofSeed = columns.flatMap(({ metric: id, seed: other }) =>
      other === seed ? [kept(metrics, id, () => metricOf(id))] : [],
    );
    bySeed.set(
      seed,
      seed === undefined
        ? staticScores(architecture, ofSeed)
        : await (await scorerOf(seed, sessions)).scores(architecture, ofSeed, seed),
    );
  }
  return columns.map(({ metric, seed }) => {
    const score = bySeed.get(seed)?.[metric];
    if (score === undefined) throw new Error(`${metric} gave no score`);
    return score;
  });
}

async function scorerOf(seed: number, sessions: number | undefined): Promise<Scorer> {
  scorer ??= new Scorer(await nodeRuntime(), { seed, ...(sessions !== undefined && { sessions }) });
  return scorer;
}

function staticScores(architecture: Architecture, metrics: readonly Metric[]): Record<string, Score> {
  return Object.fromEntries(
    metrics.map((metric) => {
      if (isForward(metric)) throw new Error(`${metric.id} draws weights and was given no seed`);
      return [metric.id, scoreOrReason(architecture, metric)];
    }),
  );
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
