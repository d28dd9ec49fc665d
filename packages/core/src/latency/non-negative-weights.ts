/** @file What a unit of each class of work takes: non-negative least squares (Lawson and Hanson 1974) of relative errors. */

import { fcnnlsVector } from "ml-fcnnls";
import type { Work } from "./work.js";

export interface TimedWork {
  readonly work: Work;
  readonly milliseconds: number;
}

/**
 * Of squared weights of columns of length 1, what is added to the squared errors: far below them, and enough to tell apart classes of
 * work that always come together, such as elements of one tensor's normalisation and nonlinearity, where active sets would cycle.
 */
const RIDGE = 1e-6;

/** Steps of the active set, of which a class of work needs a few. */
const MOST_STEPS = 10_000;

/** Weights of least squared relative error; 0 for work that explains nothing. */
export function nonNegativeWeights(rows: readonly TimedWork[]): Record<string, number> {
  const names = [...new Set(rows.flatMap(({ work }) => Object.keys(work)))];
  const relative = rows.map(({ work, milliseconds }) => names.map((name) => (work[name] ?? 0) / milliseconds));
  const scales = names.map((_, j) => Math.hypot(...relative.map((row) => row[j] ?? 0)) || 1);
  const scaled = relative.map((row) => row.map((x, j) => x / (scales[j] ?? 1)));
  const ridge = names.map((_, i) => names.map((__, j) => (i === j ? Math.sqrt(RIDGE) : 0)));
  const wanted = [...rows.map(() => 1), ...names.map(() => 0)];
  const solution = fcnnlsVector([...scaled, ...ridge], wanted, { maxIterations: MOST_STEPS }).K.to1DArray();
  return Object.fromEntries(names.map((name, j) => [name, (solution[j] ?? 0) / (scales[j] ?? 1)]));
}
