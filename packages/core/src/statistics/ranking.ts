/**
 * @file Rows in the order of their scores and in that of their accuracies, sorted once: statistics of a resample, which
 * has some rows several times and some not at all, then need no sorting. A score that is absent or not finite ranks
 * last, and all that do are tied.
 */

/** Rows in ascending order of one quantity. */
export interface RankOrder {
  /** Rows; those of one level in ascending order of the other quantity. */
  readonly rows: Uint32Array;
  /** The level of each row: 0 for the lowest value, the same for equal values. */
  readonly levels: Uint32Array;
}

export interface Ranking {
  readonly accuracies: Float64Array;
  readonly byScore: RankOrder;
  readonly byAccuracy: RankOrder;
}

/** How often each row counts. */
export type Counts = Uint32Array;

/** @throws RangeError where there are not as many scores as accuracies. */
export function rankingOf(scores: readonly (number | undefined)[], accuracies: readonly number[]): Ranking {
  if (scores.length !== accuracies.length)
    throw new RangeError(`${scores.length} scores, ${accuracies.length} accuracies`);
  const comparable = Float64Array.from(scores, (score) =>
    score !== undefined && Number.isFinite(score) ? score : Number.NEGATIVE_INFINITY,
  );
  const values = Float64Array.from(accuracies);
  return {
    accuracies: values,
    byScore: orderOf(comparable, values),
    byAccuracy: orderOf(values, comparable),
  };
}

function orderOf(values: Float64Array, others: Float64Array): RankOrder {
  const rows = Uint32Array.from(values.keys()).sort((a, b) => compare(values, a, b) || compare(others, a, b) || a - b);
  const levels = new Uint32Array(values.length);
  let level = 0;
  rows.forEach((row, place) => {
    const before = rows[place - 1];
    if (before !== undefined && compare(values, before, row) !== 0) level++;
    levels[row] = level;
  });
  return { rows, levels };
}

/** Also of equal infinities, whose difference is no number. */
function compare(values: Float64Array, a: number, b: number): number {
  const [first = 0, second = 0] = [values[a], values[b]];
  return first === second ? 0 : first - second;
}

export function onceEach(size: number): Counts {
  return new Uint32Array(size).fill(1);
}

/** Ranks of the rows, 1 for the best; equal ones share the mean of theirs. */
export function averageRanksFromBest(order: RankOrder, counts: Counts): Float64Array {
  const ranks = new Float64Array(counts.length);
  let before = 0;
  forEachLevel(order, (from, to) => {
    let within = 0;
    for (let place = from; place < to; place++) within += at(counts, at(order.rows, place));
    const rank = before + (within + 1) / 2;
    for (let place = from; place < to; place++) ranks[at(order.rows, place)] = rank;
    before += within;
    return true;
  });
  return ranks;
}

/**
 * Calls with the places of the rows of each level, `from` included and `to` not, the best level first, as long as what
 * it calls wants more.
 */
export function forEachLevel({ rows, levels }: RankOrder, action: (from: number, to: number) => boolean): void {
  for (let to = rows.length; to > 0; ) {
    const level = at(levels, at(rows, to - 1));
    let from = to - 1;
    while (from > 0 && at(levels, at(rows, from - 1)) === level) from--;
    if (!action(from, to)) return;
    to = from;
  }
}

/** An item that is there. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}
