/** @file Runs search methods over a table, seed by seed, and keeps what each has found and on what way. */

import { setImmediate } from "node:timers/promises";
import {
  type BenchmarkTable,
  drive,
  type Evaluation,
  firstInOrder,
  type Genotype,
  type Outcome,
  type Space,
  type TableRow,
} from "@esnas/core/internal";
import { AbandonedError } from "../scoring/worker-pool.js";
import type { SearchMethod } from "./search-method.js";
import type { SearchScores } from "./search-scores.js";

/** Points of a curve at most. */
const POINTS = 100;

export interface SearchesRequest {
  readonly table: BenchmarkTable;
  /** What the searches may see of the table's space. */
  readonly space: Space;
  readonly methods: readonly SearchMethod[];
  readonly seeds: readonly number[];
  /** Of weights and input, for all searches; undefined where each has those of its own seed. */
  readonly scoreSeed: number | undefined;
  readonly maxEvaluations: number;
}

export interface SearchesTools {
  readonly scores: SearchScores;
  shouldStop(): boolean;
  onProgress(progress: SearchesProgress): void;
}

export interface SearchesProgress {
  readonly method: string;
  /** The search that is under way, from 1, of all. */
  readonly search: number;
  readonly searches: number;
  readonly evaluations: number;
}

export interface FinishedSearch {
  readonly seed: number;
  readonly found: TableRow;
  readonly reason: Outcome["reason"];
  /** Candidates that were scored. */
  readonly evaluations: number;
  readonly milliseconds: number;
  /** At each of `pointsOf`: the accuracy of what the objective prefers among the candidates until then. */
  readonly curve: readonly number[];
  /** What training the candidates for 12 epochs takes; undefined where the table does not have it of all. */
  readonly trainingSeconds: number | undefined;
}

export interface FinishedMethod {
  readonly method: SearchMethod;
  readonly searches: readonly FinishedSearch[];
}

/** Numbers of candidates at which curves have points: up to a hundred, the last of them all. */
export function pointsOf(maxEvaluations: number): readonly number[] {
  const points = Math.min(POINTS, maxEvaluations);
  return Array.from({ length: points }, (_, i) => Math.round(((i + 1) * maxEvaluations) / points));
}

/** In the order of the methods and seeds; undefined where the run was stopped. */
export async function runSearches(
  request: SearchesRequest,
  tools: SearchesTools,
): Promise<readonly FinishedMethod[] | undefined> {
  const { methods, seeds } = request;
  const searches = methods.length * seeds.length;
  const finished: FinishedMethod[] = [];
  for (const [i, method] of methods.entries()) {
    const ofMethod: FinishedSearch[] = [];
    for (const [j, seed] of seeds.entries()) {
      const search = i * seeds.length + j + 1;
      const onEvaluation = (evaluations: number) =>
        tools.onProgress({ method: method.label, search, searches, evaluations });
      const done = await runSearch(request, method, seed, tools, onEvaluation).catch((error: unknown) => {
        if (error instanceof AbandonedError) return undefined;
        throw error;
      });
      tools.scores.write();
      if (done === undefined) return undefined;
      ofMethod.push(done);
    }
    finished.push({ method, searches: ofMethod });
  }
  return finished;
}

async function runSearch(
  { table, space, scoreSeed, maxEvaluations }: SearchesRequest,
  method: SearchMethod,
  seed: number,
  { scores, shouldStop }: SearchesTools,
  onEvaluation: (evaluations: number) => void,
): Promise<FinishedSearch | undefined> {
  const history: Evaluation[] = [];
  const begin = performance.now();
  let breath = begin;
  const outcome = await drive(method.start({ space, constraints: {}, seed, maxEvaluations }), {
    space,
    evaluator: scores.evaluator(scoreSeed ?? seed),
    shouldStop,
    onEvaluation(evaluation) {
      history.push(evaluation);
      onEvaluation(history.length);
      // A search whose scores are known gives way to signals now and then.
      if (performance.now() - breath < 50) return undefined;
      breath = performance.now();
      return setImmediate();
    },
  });
  const milliseconds = performance.now() - begin;
  if (outcome === undefined) return undefined;
  const rowOf = (genotype: Genotype) => rowIn(table, genotype);
  const rows = history.map(({ candidate }) => rowOf(candidate.genotype));
  return {
    seed,
    found: rowOf(outcome.best),
    reason: outcome.reason,
    evaluations: history.length,
    milliseconds,
    curve: pointsOf(maxEvaluations).map((evaluations) => {
      const best = firstInOrder(history.slice(0, evaluations), method.objective);
      return best === undefined ? Number.NaN : rowOf(best.candidate.genotype).accuracy;
    }),
    trainingSeconds: sumOf(rows.map((row) => row.column(`${table.dataset}-seconds12`))),
  };
}

function rowIn({ find }: BenchmarkTable, genotype: Genotype): TableRow {
  const row = find(genotype);
  if (row === undefined) throw new Error(`the search left the table: ${genotype.join(" ")}`);
  return row;
}

/** Undefined where one of the values is. */
function sumOf(values: readonly (number | undefined)[]): number | undefined {
  const sum = values.reduce<number>((total, value) => total + (value ?? Number.NaN), 0);
  return Number.isNaN(sum) ? undefined : sum;
}
