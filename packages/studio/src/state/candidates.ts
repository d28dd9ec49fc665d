/**
 * @file The candidates of a search as columns of numbers, which grow by batches: what a worker sends, what the browser stores,
 * and what the charts draw without copying.
 */

import type { Objective } from "@esnas/core/internal";

/** A score that is no number, with its reason. */
export interface MissingScore {
  /** Order of asking, from 0. */
  readonly order: number;
  readonly metric: string;
  readonly reason: string;
}

/** Candidates in order of asking. */
export interface CandidateBatch {
  /** Order of the first. */
  readonly from: number;
  readonly count: number;
  /** Indices of values, one row a candidate. */
  readonly genes: Uint16Array;
  /** Indices into the names. */
  readonly phase: Uint16Array;
  readonly phaseNames: readonly string[];
  readonly cycle: Uint16Array;
  readonly parameters: Float64Array;
  readonly macs: Float64Array;
  /** Of the evaluation, from the one before to this one. */
  readonly milliseconds: Float64Array;
  /** By the metric's id; not a number where the candidate has none. */
  readonly scores: Readonly<Record<string, Float64Array>>;
  readonly missing: readonly MissingScore[];
}

/** A candidate before it stands in columns. */
export interface CandidateRow {
  readonly genes: readonly number[];
  readonly phase: string;
  readonly cycle: number;
  readonly parameters: number;
  readonly macs: number;
  readonly milliseconds: number;
  readonly scores: Readonly<Record<string, number | { readonly value: null; readonly reason: string }>>;
}

/** @param metrics Ids of all metrics of the search. */
export function batchOf(from: number, rows: readonly CandidateRow[], metrics: readonly string[]): CandidateBatch {
  const missing: MissingScore[] = [];
  const phaseNames = [...new Set(rows.map(({ phase }) => phase))];
  const scores = metrics.map((metric) => {
    const column = Float64Array.from(rows, (row, i) => {
      const score = row.scores[metric];
      if (typeof score === "object") missing.push({ order: from + i, metric, reason: score.reason });
      return typeof score === "number" ? score : Number.NaN;
    });
    return [metric, column] as const;
  });
  return {
    from,
    count: rows.length,
    genes: Uint16Array.from(rows.flatMap(({ genes }) => genes)),
    phase: Uint16Array.from(rows, ({ phase }) => phaseNames.indexOf(phase)),
    phaseNames,
    cycle: Uint16Array.from(rows, ({ cycle }) => cycle),
    parameters: Float64Array.from(rows, ({ parameters }) => parameters),
    macs: Float64Array.from(rows, ({ macs }) => macs),
    milliseconds: Float64Array.from(rows, ({ milliseconds }) => milliseconds),
    scores: Object.fromEntries(scores),
    missing,
  };
}

type Column = Float64Array | Uint16Array;

/** A column with room to grow. */
function grown<T extends Column>(column: T, length: number): T {
  if (column.length >= length) return column;
  const larger = new (column.constructor as new (length: number) => T)(Math.max(length, 2 * column.length, 1024));
  larger.set(column as never);
  return larger;
}

/** The columns of a whole search. Columns are longer than `count`: what lies beyond is not filled yet. */
export class CandidateTable {
  readonly genesPerCandidate: number;
  readonly metrics: readonly string[];
  count = 0;
  genes = new Uint16Array(0);
  phase = new Uint16Array(0);
  readonly phaseNames: string[] = [];
  cycle = new Uint16Array(0);
  parameters = new Float64Array(0);
  macs = new Float64Array(0);
  milliseconds = new Float64Array(0);
  readonly scores: Record<string, Float64Array> = {};
  readonly missing: MissingScore[] = [];

  constructor(genesPerCandidate: number, metrics: readonly string[]) {
    this.genesPerCandidate = genesPerCandidate;
    this.metrics = metrics;
    for (const metric of metrics) this.scores[metric] = new Float64Array(0);
  }

  /** Takes the next batch; one that is known already, or does not come next, is an error of the program. */
  append(batch: CandidateBatch): void {
    const { from, count } = batch;
    if (from !== this.count) throw new Error(`batch ${from} does not follow candidate ${this.count}`);
    const length = from + count;
    this.genes = grown(this.genes, length * this.genesPerCandidate);
    this.genes.set(batch.genes, from * this.genesPerCandidate);
    this.phase = grown(this.phase, length);
    this.phase.set(
      batch.phase.map((index) => this.#numberOf(batch.phaseNames[index] ?? "")),
      from,
    );
    this.cycle = grown(this.cycle, length);
    this.cycle.set(batch.cycle, from);
    for (const name of ["parameters", "macs", "milliseconds"] as const) {
      this[name] = grown(this[name], length);
      this[name].set(batch[name], from);
    }
    for (const metric of this.metrics) {
      const column = grown(this.scores[metric] ?? new Float64Array(0), length);
      column.set(batch.scores[metric] ?? new Float64Array(count).fill(Number.NaN), from);
      this.scores[metric] = column;
    }
    for (const row of batch.missing) this.missing.push(row);
    this.count = length;
  }

  /** Of the name of a phase, in this table. */
  #numberOf(phase: string): number {
    const known = this.phaseNames.indexOf(phase);
    return known >= 0 ? known : this.phaseNames.push(phase) - 1;
  }

  genesAt(order: number): Uint16Array {
    return this.genes.subarray(order * this.genesPerCandidate, (order + 1) * this.genesPerCandidate);
  }

  phaseAt(order: number): string {
    return this.phaseNames[this.phase[order] ?? -1] ?? "";
  }

  /** All candidates as one batch, copied. */
  whole(): CandidateBatch {
    const { count } = this;
    return {
      from: 0,
      count,
      genes: this.genes.slice(0, count * this.genesPerCandidate),
      phase: this.phase.slice(0, count),
      phaseNames: this.phaseNames,
      cycle: this.cycle.slice(0, count),
      parameters: this.parameters.slice(0, count),
      macs: this.macs.slice(0, count),
      milliseconds: this.milliseconds.slice(0, count),
      scores: Object.fromEntries(
        Object.entries(this.scores).map(([metric, column]) => [metric, column.slice(0, count)]),
      ),
      missing: this.missing,
    };
  }
}

/** Follows the best of the phase that a search is in. */
export class BestFollower {
  readonly #table: CandidateTable;
  readonly #directions: Objective["directions"];
  #next = 0;
  #best: number | undefined;

  constructor(table: CandidateTable, directions: Objective["directions"]) {
    this.#table = table;
    this.#directions = directions;
  }

  /** Order of the candidate that scores best in the last phase so far; undefined of none. */
  best(): number | undefined {
    const { phase, cycle, count } = this.#table;
    for (; this.#next < count; this.#next++) {
      const before = this.#best;
      const isSamePhase =
        before !== undefined && phase[before] === phase[this.#next] && cycle[before] === cycle[this.#next];
      if (before === undefined || !isSamePhase || this.#merit(this.#next) > this.#merit(before))
        this.#best = this.#next;
    }
    return this.#best;
  }

  /** By the first metric that the candidate has. */
  #merit(order: number): number {
    for (const metric of this.#table.metrics) {
      const score = this.#table.scores[metric]?.[order] ?? Number.NaN;
      if (!Number.isNaN(score)) return this.#directions[metric] === "minimize" ? -score : score;
    }
    return Number.NEGATIVE_INFINITY;
  }
}
