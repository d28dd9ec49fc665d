/**
 * @file Scores the candidates of searches over a table. Forward runs are made by workers and kept in the store that
 * `esnas bench` shares, so that thirty searches score no network twice, and a search that was stopped goes on; flow and costs
 * take microseconds and are kept for the process. What training gave is read from the table.
 */

import {
  architectureText,
  type BenchmarkTable,
  type Candidate,
  type Evaluator,
  type ForwardMetric,
  type Genotype,
  inOrderOf,
  isForward,
  type Metric,
  type Score,
  scoreOrReason,
} from "@esnas/core/internal";
import { type NetworkScores, scoresByWorkers } from "../scoring/scoring-service.js";
import type { WorkerPool } from "../scoring/worker-pool.js";
import { SESSIONS_OF_TABLES } from "./score-rows.js";
import { type ScoreStore, spaceText } from "./score-store.js";
import { TRAINED, trainedColumn } from "./search-method.js";
import { spaceOfRuns } from "./space-of-runs.js";

export interface SearchScoring {
  readonly table: BenchmarkTable;
  readonly store: ScoreStore;
  readonly pool: WorkerPool;
  /** What scores, as the store names it. */
  readonly program: string;
}

export interface SearchScores {
  /** Scores candidates, forward runs with weights and input of the seed. */
  evaluator(seed: number): Evaluator;
  /** Writes to the store what it does not have yet. */
  write(): void;
}

/** The scores by one metric and seed. */
interface Column {
  readonly scope: number;
  readonly known: Map<string, Score>;
}

export function searchScores({ table, store, pool, program }: SearchScoring): SearchScores {
  const { space } = table;
  const runs = spaceOfRuns(space);
  const columns = new Map<string, Column>();
  const statics = new Map<string, Map<string, Score>>();

  function columnOf(metric: Metric, seed: number): Column {
    const key = `${seed} ${metric.id}`;
    const known = columns.get(key);
    if (known !== undefined) return known;
    const scope = store.scope({ space: spaceText(runs), metric: metric.id, seed, program });
    const column = { scope, known: store.read(scope) };
    columns.set(key, column);
    return column;
  }

  function staticScore(metric: Exclude<Metric, ForwardMetric>, genotype: Genotype, architecture: string): Score {
    if (metric.id === TRAINED) return trainedScore(table, genotype);
    const known = statics.get(metric.id) ?? new Map<string, Score>();
    statics.set(metric.id, known);
    const score = known.get(architecture) ?? scoreOrReason(space.build(genotype), metric);
    known.set(architecture, score);
    return score;
  }

  return {
    evaluator: (seed) => ({
      evaluate({ genotype, metrics }: Candidate) {
        const architecture = architectureText(space, genotype);
        const scores: Record<string, Score> = {};
        const missing: ForwardMetric[] = [];
        for (const metric of metrics) {
          const score = isForward(metric)
            ? columnOf(metric, seed).known.get(architecture)
            : staticScore(metric, genotype, architecture);
          if (score !== undefined) scores[metric.id] = score;
          else if (isForward(metric)) missing.push(metric);
        }
        if (missing.length === 0) return inOrderOf(metrics, scores);
        return makeScores(genotype, missing, seed).then((made) => {
          missing.forEach((metric, i) => {
            const score = made.scores[i];
            if (score === undefined) throw new Error("a worker gave fewer scores than it was asked for");
            const { scope, known } = columnOf(metric, seed);
            scores[metric.id] = score;
            known.set(architecture, score);
            if (!made.hasFailed) store.put(scope, architecture, score);
          });
          return inOrderOf(metrics, scores);
        });
      },
    }),
    write: () => store.write(),
  };

  async function makeScores(genotype: Genotype, metrics: readonly Metric[], seed: number): Promise<NetworkScores> {
    const [made] = await scoresByWorkers(pool, {
      space: { name: runs.name, options: runs.options },
      genotypes: [genotype],
      columns: metrics.map(({ id }) => ({ metric: id, seed })),
      sessions: SESSIONS_OF_TABLES,
    });
    if (made === undefined) throw new Error("a worker gave fewer scores than it was asked for");
    return made;
  }
}

function trainedScore({ dataset, find }: BenchmarkTable, genotype: Genotype): Score {
  const accuracy = find(genotype)?.column(trainedColumn(dataset));
  return accuracy ?? { value: null, reason: "the table has no accuracy after 12 epochs of it" };
}
