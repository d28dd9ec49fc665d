import fc from "fast-check";
import { sampleRankCorrelation } from "simple-statistics";
import { describe, expect, test } from "vitest";
import { spearman, taus } from "./correlation.js";
import { onceEach, rankingOf } from "./ranking.js";
import {
  bootstrap,
  meanStatistics,
  meanWithInterval,
  type Statistics,
  statisticNames,
  statisticsOf,
} from "./statistics.js";
import { NDCG_PLACES, ndcg, topAccuracy } from "./top.js";

/** Few values, so that there are ties; some are none, some not finite. */
const scores = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 6 }) },
  { weight: 3, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const accuracies = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.double({ min: 0, max: 100, noNaN: true }));

type Row = readonly [score: number | undefined, accuracy: number];

function rowsOf(maxLength: number) {
  return fc.array(fc.tuple(scores, accuracies), { minLength: 1, maxLength });
}

const ranked = (rows: readonly Row[]) =>
  rankingOf(
    rows.map(([score]) => score),
    rows.map(([, accuracy]) => accuracy),
  );

/** What a score that is absent or not finite is compared as. */
const comparable = ([score]: Row) => (score !== undefined && Number.isFinite(score) ? score : Number.NEGATIVE_INFINITY);

const sign = (a: number, b: number) => (a === b ? 0 : a > b ? 1 : -1);

function expectSame(actual: number | undefined, expected: number | undefined): void {
  if (expected === undefined || Number.isNaN(expected)) expect(actual).toBeUndefined();
  else expect(actual).toBeCloseTo(expected, 9);
}

/** By definition: over all pairs, each weighing as much as its rows. */
function tau(rows: readonly Row[], weight: (row: number) => number): number {
  let [both, score, accuracy] = [0, 0, 0];
  rows.forEach((a, i) => {
    rows.slice(0, i).forEach((b, j) => {
      const [x, y] = [sign(comparable(a), comparable(b)), sign(a[1], b[1])];
      const w = weight(i) + weight(j);
      both += w * x * y;
      score += w * x * x;
      accuracy += w * y * y;
    });
  });
  return score > 0 && accuracy > 0 ? both / Math.sqrt(score * accuracy) : Number.NaN;
}

/** 1 / (1 + rank), the best of rank 0, ties in the first key broken by the second. */
function hyperbolic(rows: readonly Row[], ...keys: readonly ((row: Row) => number)[]): (row: number) => number {
  const order = rows
    .map((_, i) => i)
    .sort((a, b) => {
      const [first, second] = [rows[a] as Row, rows[b] as Row];
      return keys.map((key) => sign(key(second), key(first))).find((difference) => difference !== 0) ?? 0;
    });
  return (row) => 1 / (1 + order.indexOf(row));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

/** All orders of rows, best scores first, among which ties leave the choice. */
function ordersByScore(rows: readonly Row[]): Row[][] {
  return permutations(rows).filter((order) =>
    order.every((row, i) => i === 0 || comparable(order[i - 1] as Row) >= comparable(row)),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("Spearman's rho", () => {
  test("is that of simple-statistics, scores that are none tied below all others", () => {
    fc.assert(
      fc.property(rowsOf(40), (rows) => {
        // Their ranks of equal infinities are no numbers.
        const finite = rows.map((row) => Math.max(comparable(row), -1e6));
        const theirs =
          rows.length < 2
            ? Number.NaN
            : sampleRankCorrelation(
                finite,
                rows.map(([, accuracy]) => accuracy),
              );
        expectSame(spearman(ranked(rows), onceEach(rows.length)), theirs);
      }),
    );
  });
});

describe("Kendall's tau-b", () => {
  test("is the sum over all pairs of its definition", () => {
    fc.assert(
      fc.property(rowsOf(30), (rows) => {
        expectSame(
          taus(ranked(rows), onceEach(rows.length)).kendallTauB,
          tau(rows, () => 1),
        );
      }),
    );
  });
});

describe("Vigna's weighted tau", () => {
  test("is the mean of its two sums over all pairs", () => {
    fc.assert(
      fc.property(rowsOf(30), (rows) => {
        const accuracy = ([, value]: Row) => value;
        const byScore = tau(rows, hyperbolic(rows, comparable, accuracy));
        const byAccuracy = tau(rows, hyperbolic(rows, accuracy, comparable));
        expectSame(taus(ranked(rows), onceEach(rows.length)).weightedTau, (byScore + byAccuracy) / 2);
      }),
    );
  });
});

describe("nDCG", () => {
  test("is its definition, averaged over all orders that ties allow", () => {
    fc.assert(
      fc.property(rowsOf(6), (rows) => {
        const dcg = (order: readonly Row[]) =>
          order.reduce((sum, [, accuracy], i) => sum + (2 ** accuracy - 1) / Math.log2(2 + i), 0);
        const ideal = dcg(rows.toSorted(([, a], [, b]) => b - a));
        const expected = ideal > 0 ? mean(ordersByScore(rows).map(dcg)) / ideal : undefined;
        expectSame(ndcg(ranked(rows), onceEach(rows.length)), expected);
      }),
    );
  });

  test(`looks at ${NDCG_PLACES} places`, () => {
    const rows = Array.from({ length: NDCG_PLACES }, (_, i): Row => [-i, 1]);
    const withMore = [...rows, [-2 * NDCG_PLACES, 1] satisfies Row];
    expect(ndcg(ranked(withMore), onceEach(withMore.length))).toBeCloseTo(1, 12);
    const missed: Row[] = [...rows.map(([score]): Row => [score, 0]), [-2 * NDCG_PLACES, 1]];
    expect(ndcg(ranked(missed), onceEach(missed.length))).toBe(0);
  });
});

describe("the accuracy of those that score best", () => {
  test("is that of the first of all orders that ties allow, on the average", () => {
    fc.assert(
      fc.property(rowsOf(6), fc.integer({ min: 1, max: 7 }), (rows, k) => {
        const top = topAccuracy(ranked(rows), onceEach(rows.length), k);
        const firsts = ordersByScore(rows).map((order) => order.slice(0, k).map(([, accuracy]) => accuracy));
        const isEnough = k <= rows.length;
        expectSame(top?.mean, isEnough ? mean(firsts.map(mean)) : undefined);
        expectSame(top?.best, isEnough ? mean(firsts.map((values) => Math.max(...values))) : undefined);
      }),
    );
  });
});

describe("statistics", () => {
  test("of rows that count several times, or not at all, are those of the rows written out", () => {
    const counted = fc.array(fc.tuple(scores, accuracies, fc.nat({ max: 3 })), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(counted, (rows) => {
        const ranking = ranked(rows.map(([score, accuracy]) => [score, accuracy]));
        const counts = Uint32Array.from(rows, ([, , count]) => count);
        const written = rows.flatMap(([score, accuracy, count]) =>
          Array.from({ length: count }, (): Row => [score, accuracy]),
        );
        const [actual, expected] = [statisticsOf(ranking, counts), statisticsOf(ranked(written))];
        for (const name of statisticNames) expectSame(actual[name], expected[name]);
      }),
    );
  });

  test("do not depend on the order of the rows", () => {
    const shuffled = rowsOf(25).chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, ([rows, others]) => {
        const [one, other] = [statisticsOf(ranked(rows)), statisticsOf(ranked(others))];
        for (const name of statisticNames) expectSame(one[name], other[name]);
      }),
    );
  });

  test("of a score that is the accuracy are the best there are, and worst where it is turned round", () => {
    const rows = Array.from({ length: 200 }, (_, i): Row => [i, i / 4]);
    const best = statisticsOf(ranked(rows));
    for (const name of ["spearman", "kendallTauB", "weightedTau", "ndcg", "spearmanOfBestTenth"] as const) {
      expect(best[name]).toBeCloseTo(1, 12);
    }
    expect(best).toMatchObject({ top1: 49.75, bestOfTop100: 49.75 });
    const worst = statisticsOf(ranked(rows.map(([score = 0, accuracy]): Row => [-score, accuracy])));
    for (const name of ["spearman", "kendallTauB", "weightedTau", "spearmanOfBestTenth"] as const) {
      expect(worst[name]).toBeCloseTo(-1, 12);
    }
    expect(worst).toMatchObject({ top1: 0, bestOfTop10: 2.25 });
  });

  test("of one tie have no correlation, and the accuracy of a blind choice", () => {
    const rows = Array.from({ length: 200 }, (_, i): Row => [undefined, i]);
    expect(statisticsOf(ranked(rows))).toMatchObject({ spearman: undefined, kendallTauB: undefined, top1: 99.5 });
  });

  test("of the best tenth are those of the rows with the best accuracies, tied ones included", () => {
    const rows: Row[] = [...Array.from({ length: 17 }, (): Row => [9, 1]), [2, 8], [3, 8], [1, 9]];
    expect(statisticsOf(ranked(rows)).spearmanOfBestTenth).toBeCloseTo(-Math.sqrt(3) / 2, 12);
  });

  test("are averaged over rankings where all have them", () => {
    const one = statisticsOf(
      ranked([
        [1, 1],
        [2, 2],
        [3, 4],
      ]),
    );
    const other = statisticsOf(
      ranked([
        [3, 1],
        [2, 2],
        [1, 4],
      ]),
    );
    expect(meanStatistics([one, other])).toMatchObject({ spearman: 0, top1: 2.5, top5: undefined });
  });
});

/**
 * `python3 -c 'from scipy.stats import *; print(spearmanr(x, y), kendalltau(x, y), weightedtau(x, y))'`, SciPy 1.17.1
 */
describe("SciPy's numbers", () => {
  test.each<[x: number[], y: number[], expected: Partial<Statistics>]>([
    [
      [12, 2, 1, 12, 2],
      [1, 4, 7, 1, 0],
      { spearman: -0.540738070436, kendallTauB: -0.471404520791, weightedTau: -0.566949681537 },
    ],
    [
      [1, 2, 3, 4, 5, 6],
      [6.5, 2, 3.25, 4, 5, 1],
      { spearman: -0.428571428571, kendallTauB: -0.2, weightedTau: -0.371428571429 },
    ],
    [
      [5, 5, 5, 1, 2, 2, 7, 8, 8, 8],
      [90.1, 90.2, 90.1, 10, 88, 88, 93, 93, 94, 10],
      { spearman: 0.58051385599, kendallTauB: 0.608033510326, weightedTau: 0.674366881654 },
    ],
    [
      [0, 0, 0, 1],
      [3, 3, 2, 2],
      { spearman: -0.57735026919, kendallTauB: -0.57735026919, weightedTau: -0.663489741694 },
    ],
    [
      [
        7, 5, 4, 2, 2, 0, 0, 0, 1, 7, 5, 8, 4, 5, 8, 6, 5, 4, 5, 8, 2, 7, 6, 0, 3, 7, 4, 0, 6, 6, 7, 1, 0, 7, 0, 4, 0,
        2, 4, 3,
      ],
      [
        59, 71, 44, 50, 57, 41, 31, 29, 38, 64, 43, 61, 50, 61, 67, 62, 47, 50, 64, 82, 31, 79, 74, 49, 52, 57, 69, 64,
        80, 74, 65, 29, 40, 69, 25, 57, 45, 54, 38, 41,
      ],
      { spearman: 0.73506329714, kendallTauB: 0.561286021397, weightedTau: 0.652186805151 },
    ],
  ])("of %j with %j", (x, y, expected) => {
    const actual = statisticsOf(rankingOf(x, y));
    for (const name of ["spearman", "kendallTauB", "weightedTau"] as const) expectSame(actual[name], expected[name]);
  });
});

describe("bootstrap intervals", () => {
  const rows = Array.from({ length: 60 }, (_, i): Row => [(i * 37) % 60, (i + ((i * 37) % 60)) / 2]);

  test("follow from the seed, and hold the statistic", () => {
    const options = { resamples: 200, seed: 5 };
    const intervals = bootstrap([ranked(rows)], options);
    expect(bootstrap([ranked(rows)], options)).toEqual(intervals);
    expect(bootstrap([ranked(rows)], { ...options, seed: 6 })).not.toEqual(intervals);
    const { spearman: value } = statisticsOf(ranked(rows));
    expect(intervals.spearman?.low).toBeLessThan(value ?? Number.NaN);
    expect(intervals.spearman?.high).toBeGreaterThan(value ?? Number.NaN);
  });

  test("of two rankings that are the same are those of one", () => {
    const options = { resamples: 50, seed: 1 };
    expect(bootstrap([ranked(rows), ranked(rows)], options)).toEqual(bootstrap([ranked(rows)], options));
  });

  test("have the width that the normal approximation of a correlation has", () => {
    // Fisher's z of Spearman's rho: standard error near sqrt(1.06 / (n - 3)).
    const { spearman: value = 0 } = statisticsOf(ranked(rows));
    const { spearman: interval } = bootstrap([ranked(rows)], { resamples: 500, seed: 2 });
    const width = Math.atanh(interval?.high ?? 0) - Math.atanh(interval?.low ?? 0);
    expect(Math.abs(value)).toBeLessThan(0.95);
    expect(width / (2 * 1.96 * Math.sqrt(1.06 / 57))).toBeGreaterThan(0.6);
    expect(width / (2 * 1.96 * Math.sqrt(1.06 / 57))).toBeLessThan(1.5);
  });

  test("are absent where some resample has no statistic, and where there are no resamples", () => {
    const few = bootstrap([ranked(rows.slice(0, 3))], { resamples: 100, seed: 0 });
    expect(few).toMatchObject({ spearman: undefined, top5: undefined });
    expect(bootstrap([ranked(rows)], { resamples: 0, seed: 0 }).spearman).toBeUndefined();
  });
});

describe("the mean of observations", () => {
  const observations = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 });
  const options = { resamples: 200, seed: 3 };

  test("lies between the least and the greatest, with its interval, which moves and stretches with them", () => {
    fc.assert(
      fc.property(observations, (values) => {
        const { mean, interval } = meanWithInterval(values, options) ?? { mean: Number.NaN };
        expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
        const moved = meanWithInterval(
          values.map((value) => 10 - 2 * value),
          options,
        );
        expect(moved?.mean).toBeCloseTo(10 - 2 * mean, 5);
        expect(interval === undefined).toBe(values.length === 1);
        if (interval === undefined) return;
        expect(interval.low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(interval.high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        expect(moved?.interval?.low).toBeCloseTo(10 - 2 * interval.high, 5);
        expect(moved?.interval?.high).toBeCloseTo(10 - 2 * interval.low, 5);
      }),
      { numRuns: 100 },
    );
  });

  test("has the interval of its standard error, of many observations", () => {
    const values = Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9898) * 3 + 7);
    const { mean = 0, interval } = meanWithInterval(values, { resamples: 2000, seed: 0 }) ?? {};
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const half = (1.96 * deviation) / Math.sqrt(values.length);
    expect(Math.abs((interval?.high ?? 0) - mean - half) / half).toBeLessThan(0.1);
    expect(Math.abs(mean - (interval?.low ?? 0) - half) / half).toBeLessThan(0.1);
  });

  test("is none of none", () => expect(meanWithInterval([], options)).toBeUndefined());
});
