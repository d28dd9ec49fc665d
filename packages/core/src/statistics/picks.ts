/**
 * @file What a score would pick at given budgets. At each, the network of the greatest score among those that the budget admits is
 * picked; of networks that share it, each with the same chance. Every way to choose is a score here: parameters pick the network with
 * most of them, accuracies the best one, and what is the same for all picks at random.
 */

import { shareOfPairs } from "./correlation.js";
import { at, type Counts, onceEach, type Ranking, rankingOf } from "./ranking.js";
import { type BootstrapOptions, forEachResample, type Interval, intervalOf } from "./statistics.js";
import { topAccuracy } from "./top.js";

/** What the networks that a budget admits have, in %. */
export interface BudgetAccuracies {
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
  readonly best: number;
}

/** Means over budgets; accuracies in %. */
export interface PickFigures {
  /** Accuracy of what is picked. */
  readonly pick: number;
  /** How far it is above the mean of what the budget admits. */
  readonly aboveRandom: number;
  /** How far it is below the best. */
  readonly regret: number;
  /** Its way from the mean to the best: 0 is chance, 1 the best; undefined where all accuracies are the same. */
  readonly share: number | undefined;
}

export const pickFigureNames = [
  "pick",
  "aboveRandom",
  "regret",
  "share",
] as const satisfies readonly (keyof PickFigures)[];

export type PickFigureName = (typeof pickFigureNames)[number];

export interface PickAtBudget {
  /** Accuracy in %. */
  readonly pick: number;
  /** Place of the pick among the networks that the budget admits, the first of those that tie. */
  readonly place: number;
  /** Networks that share the greatest score. */
  readonly tied: number;
  /** Share of the other networks that it is better than; equal ones count half. Undefined where there are none. */
  readonly beaten: number | undefined;
  /**
   * Share of pairs of networks of different accuracies of which the better one has the greater score; equal scores count half.
   * Undefined where there are none.
   */
  readonly pairs: number | undefined;
}

/** What one score picks. */
export interface PicksOfRun extends PickFigures {
  /** The mean over budgets. */
  readonly beaten: number | undefined;
  /** The mean over budgets. */
  readonly pairs: number | undefined;
  readonly byBudget: readonly PickAtBudget[];
}

export interface Picks {
  /** Means over the runs. */
  readonly figures: Readonly<Record<PickFigureName, number | undefined>>;
  /** Of these means, over resamples of all networks. */
  readonly intervals: Readonly<Record<PickFigureName, Interval | undefined>>;
  readonly runs: readonly PicksOfRun[];
}

export interface PicksRequest {
  /** Of all networks, in %. Resamples follow from their order and the seed. */
  readonly accuracies: Float64Array;
  /** Rows of the networks that each budget admits; none is empty. */
  readonly budgets: readonly Uint32Array[];
  /**
   * For each run, such as the initialisations of a network, the scores at each budget of what it admits, as merits: a greater one is
   * better, and what is no number ranks last.
   */
  readonly runs: readonly (readonly Float64Array[])[];
  readonly bootstrap: BootstrapOptions;
}

/** Of networks, the mean, the spread and the best; undefined of none. */
export function budgetAccuracies(accuracies: Float64Array, counts: Counts): BudgetAccuracies | undefined {
  let [sum, count, best] = [0, 0, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < accuracies.length; row++) {
    const times = at(counts, row);
    if (times === 0) continue;
    sum += times * at(accuracies, row);
    count += times;
    best = Math.max(best, at(accuracies, row));
  }
  if (count === 0) return undefined;
  const mean = sum / count;
  let squares = 0;
  for (let row = 0; row < accuracies.length; row++) squares += at(counts, row) * (at(accuracies, row) - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / count), best };
}

export function picksOf({ accuracies, budgets, runs, bootstrap }: PicksRequest): Picks {
  const admitted = budgets.map((rows) => Float64Array.from(rows, (row) => at(accuracies, row)));
  const rankings = runs.map((merits) =>
    merits.map((ofBudget, budget) => rankingOf([...ofBudget], [...(admitted[budget] ?? [])])),
  );
  const figuresOfRuns = (countsAt: (budget: number) => Counts): PickFigures[] => {
    const counts = budgets.map((_, budget) => countsAt(budget));
    const known = admitted.map((ofBudget, budget) => budgetAccuracies(ofBudget, counts[budget] ?? new Uint32Array()));
    return rankings.map((ofRun) => figuresOf(ofRun, known, counts));
  };
  const whole = figuresOfRuns((budget) => onceEach(budgets[budget]?.length ?? 0));
  const drawn = forEachResample(accuracies.length, bootstrap, (counts) =>
    meanFigures(figuresOfRuns((budget) => (budgets[budget] ?? new Uint32Array()).map((row) => at(counts, row)))),
  );
  return {
    figures: meanFigures(whole),
    intervals: byFigure((name) => {
      const values = drawn.flatMap(({ [name]: value }) => (value === undefined ? [] : [value]));
      return values.length < drawn.length || drawn.length === 0 ? undefined : intervalOf(values);
    }),
    runs: whole.map((figures, run) => {
      const byBudget = (rankings[run] ?? []).map(pickAt);
      return {
        ...figures,
        beaten: meanOf(byBudget.map(({ beaten }) => beaten)),
        pairs: meanOf(byBudget.map(({ pairs }) => pairs)),
        byBudget,
      };
    }),
  };
}

/** The means over the budgets of which the resample has a network. */
function figuresOf(
  rankings: readonly Ranking[],
  known: readonly (BudgetAccuracies | undefined)[],
  counts: readonly Counts[],
): PickFigures {
  let [pick, mean, best, budgets] = [0, 0, 0, 0];
  rankings.forEach((ranking, i) => {
    const [ofBudget, count] = [known[i], counts[i]];
    if (ofBudget === undefined || count === undefined) return;
    pick += topAccuracy(ranking, count, 1)?.mean ?? Number.NaN;
    mean += ofBudget.mean;
    best += ofBudget.best;
    budgets++;
  });
  const way = best - mean;
  return {
    pick: pick / budgets,
    aboveRandom: (pick - mean) / budgets,
    regret: (best - pick) / budgets,
    share: way > 0 ? (pick - mean) / way : undefined,
  };
}

function meanFigures(runs: readonly PickFigures[]): Picks["figures"] {
  return byFigure((name) => meanOf(runs.map(({ [name]: value }) => value)));
}

function byFigure<T>(value: (name: PickFigureName) => T): Readonly<Record<PickFigureName, T>> {
  return Object.fromEntries(pickFigureNames.map((name) => [name, value(name)])) as Record<PickFigureName, T>;
}

/** Undefined where one of them is no number. */
function meanOf(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) sum += value ?? Number.NaN;
  return Number.isFinite(sum) && values.length > 0 ? sum / values.length : undefined;
}

function pickAt(ranking: Ranking): PickAtBudget {
  const { byScore, byAccuracy } = ranking;
  const size = byScore.rows.length;
  const top = at(byScore.levels, at(byScore.rows, size - 1));
  const picked = Uint32Array.from(byScore.levels.keys()).filter((row) => at(byScore.levels, row) === top);
  return {
    pick: topAccuracy(ranking, onceEach(size), 1)?.mean ?? Number.NaN,
    place: at(picked, 0),
    tied: picked.length,
    beaten: size < 2 ? undefined : beatenBy(picked, byAccuracy.levels) / (size - 1),
    pairs: shareOfPairs(ranking, onceEach(size)),
  };
}

/** How many rows are below one of some rows, the mean over these; those that are level with it count half, itself not. */
function beatenBy(picked: Uint32Array, levels: Uint32Array): number {
  const atLevel = new Float64Array(levels.length);
  for (const level of levels) atLevel[level] = at(atLevel, level) + 1;
  const below = new Float64Array(levels.length);
  for (let level = 1; level < levels.length; level++) below[level] = at(below, level - 1) + at(atLevel, level - 1);
  let sum = 0;
  for (const row of picked) {
    const level = at(levels, row);
    sum += at(below, level) + (at(atLevel, level) - 1) / 2;
  }
  return sum / picked.length;
}
