/**
 * @file Scores the networks of a table in worker processes, or by a queue, and keeps every score in the store: what is there is not made
 * again. Which worker makes a score, and when, changes nothing about it.
 */

import {
  architectureText,
  type Genotype,
  isForward,
  type Metric,
  type Score,
  type Scores,
  type Space,
} from "@esnas/core/internal";
import type { NetworkScores, ScoringService } from "../scoring/scoring-service.js";
import type { ScoringTask } from "../scoring/scoring-task.js";
import { AbandonedError } from "../scoring/worker-pool.js";
import { type ScoreStore, spaceText } from "./score-store.js";
import { spaceOfRuns } from "./space-of-runs.js";

/** Networks of one task, of one seed: few enough that progress moves and a stop is soon followed. */
const AT_ONCE = { forward: 4, static: 256 } as const;

/**
 * Sessions that a worker keeps alive. The networks of a table share few blocks, and a block that many metrics look at takes
 * megabytes: enough for the blocks of a candidate and those that all have.
 */
export const SESSIONS_OF_TABLES = 64;

export interface ScoringRequest {
  readonly space: Space;
  readonly genotypes: readonly Genotype[];
  readonly metrics: readonly Metric[];
  /** Of weights and input. Metrics that draw none are scored once for all. */
  readonly seeds: readonly number[];
  /** What scores, as the store names it. */
  readonly program: string;
}

export interface ScoringTools {
  readonly store: ScoreStore;
  /** Makes scores that take no run. */
  readonly local: ScoringService;
  /** Makes forward runs. */
  readonly service: ScoringService;
  shouldStop(): boolean;
  onProgress(progress: ScoringProgress): void;
}

export interface ScoringProgress {
  /** Ids of the metrics that are being scored by. */
  readonly metrics: readonly string[];
  /** Networks that have been scored since the run began. */
  readonly done: number;
  /** Those that lacked scores when it began. */
  readonly total: number;
}

/** The scores by one metric and seed. */
interface Column {
  readonly metric: Metric;
  readonly seed: number | undefined;
  readonly scope: number;
  /** By network; undefined where there is no score yet. */
  readonly scores: (Score | undefined)[];
}

/** Networks that lack scores in the same columns. */
interface Gap {
  readonly columns: readonly Column[];
  readonly networks: number[];
}

/** For each seed, the scores of each network; undefined where the run was stopped. */
export async function scoreRows(request: ScoringRequest, tools: ScoringTools): Promise<Scores[][] | undefined> {
  const { space, genotypes, metrics, seeds } = request;
  const runs = spaceOfRuns(space);
  const architectures = genotypes.map((genotype) => architectureText(space, genotype));
  const [forward, fixed] = [metrics.filter(isForward), metrics.filter((metric) => !isForward(metric))];
  const once = fixed.map((metric) => columnOf(metric, undefined));
  const bySeed = seeds.map((seed) => forward.map((metric) => columnOf(metric, seed)));
  try {
    await fill(tools.local, gapsOf(once, genotypes.length), AT_ONCE.static);
    const atOnce = Math.max(1, Math.floor(AT_ONCE.forward / seeds.length));
    await fill(tools.service, gapsOf(bySeed.flat(), genotypes.length), atOnce);
  } catch (error) {
    if (!(error instanceof AbandonedError)) throw error;
  } finally {
    tools.store.write();
  }
  if (tools.shouldStop()) return undefined;
  return bySeed.map((columns) => genotypes.map((_, network) => scoresOf([...once, ...columns], network)));

  function spaceFor(metric: Metric): Space {
    return isForward(metric) ? runs : space;
  }

  function columnOf(metric: Metric, seed: number | undefined): Column {
    const scope = tools.store.scope({
      space: spaceText(spaceFor(metric)),
      metric: metric.id,
      seed,
      program: request.program,
    });
    const known = tools.store.read(scope);
    return { metric, seed, scope, scores: architectures.map((architecture) => known.get(architecture)) };
  }

  /** Makes what is missing, one gap after another. */
  async function fill(service: ScoringService, gaps: readonly Gap[], atOnce: number): Promise<void> {
    const total = gaps.reduce((sum, { networks }) => sum + networks.length, 0);
    let done = 0;
    const tasks = gaps.flatMap(({ columns, networks }) =>
      chunks(networks, atOnce).map((chunk) => ({ columns, chunk })),
    );
    const next = tasks.values();
    const work = async () => {
      for (const { columns, chunk } of next) {
        if (tools.shouldStop()) return;
        keep(columns, chunk, await service.score(taskOf(columns, chunk)));
        done += chunk.length;
        tools.onProgress({ metrics: [...new Set(columns.map(({ metric }) => metric.id))], done, total });
      }
    };
    await Promise.all(Array.from({ length: service.atOnce }, work));
  }

  function taskOf(columns: readonly Column[], networks: readonly number[]): ScoringTask {
    const [first] = columns;
    const { name, options } = first === undefined ? space : spaceFor(first.metric);
    return {
      space: { name, options },
      genotypes: networks.map((network) => genotypes[network] ?? []),
      columns: columns.map(({ metric, seed }) => ({ metric: metric.id, seed })),
      sessions: SESSIONS_OF_TABLES,
    };
  }

  function keep(columns: readonly Column[], networks: readonly number[], made: readonly NetworkScores[]): void {
    networks.forEach((network, i) => {
      columns.forEach((column, j) => {
        const score = made[i]?.scores[j];
        if (score === undefined) throw new Error("a worker gave fewer scores than it was asked for");
        column.scores[network] = score;
        if (!made[i]?.hasFailed) tools.store.put(column.scope, architectures[network] ?? "", score);
      });
    });
  }
}

function gapsOf(columns: readonly Column[], networks: number): Gap[] {
  const gaps = new Map<string, Gap>();
  for (let network = 0; network < networks; network++) {
    const missing = columns.filter(({ scores }) => scores[network] === undefined);
    if (missing.length === 0) continue;
    const key = missing.map(({ scope }) => scope).join(" ");
    const gap = gaps.get(key);
    if (gap === undefined) gaps.set(key, { columns: missing, networks: [network] });
    else gap.networks.push(network);
  }
  return [...gaps.values()];
}

function chunks(items: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function scoresOf(columns: readonly Column[], network: number): Scores {
  return Object.fromEntries(
    columns.flatMap(({ metric, scores }) => {
      const score = scores[network];
      return score === undefined ? [] : [[metric.id, score]];
    }),
  );
}
