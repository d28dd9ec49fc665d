import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { atBudget, type FixedBudgetStatistics, fixedBudgetOf } from "./fixed-budget.js";
import { onceEach, rankingOf } from "./ranking.js";

interface Table {
  readonly scores: readonly number[];
  readonly accuracies: readonly number[];
  readonly parameters: readonly number[];
  readonly macs: readonly number[];
}

function statisticsOf({ scores, accuracies, parameters, macs }: Table, counts?: Uint32Array): FixedBudgetStatistics {
  const budget = fixedBudgetOf({ parameters: Float64Array.from(parameters), macs: Float64Array.from(macs) });
  return atBudget(rankingOf(scores, accuracies), budget)(counts ?? onceEach(scores.length));
}

const whole = (least: number, most: number, size: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: size, maxLength: size });

/** Networks of a few hundred thousand parameters. */
const tables = fc.integer({ min: 100, max: 160 }).chain((size) =>
  fc.record({
    scores: whole(0, 30, size),
    accuracies: whole(50, 90, size),
    parameters: whole(200_000, 260_000, size),
    macs: whole(4_000_000, 5_000_000, size),
  }),
);

/** As numpy has it of the same numbers: least squares by `numpy.linalg.lstsq`, pairs one by one. */
const numpy: Table = (() => {
  const rows = Array.from({ length: 60 }, (_, i) => i);
  const raw = rows.map((i) => (i * 53) % 59);
  return {
    parameters: rows.map((i) => 1e5 * (10 + ((i * 37) % 61))),
    macs: rows.map((i) => 1e6 * (20 + ((i * 23) % 47))),
    scores: raw.with(7, raw[8] ?? 0),
    accuracies: rows.map((i) => 60 + ((i * 29) % 53) * 0.2 + (raw[i] ?? 0) * 0.1),
  };
})();

describe("what scores say at a fixed budget", () => {
  test("is what numpy says", () => {
    const { partialSpearman, tauNearBudget } = statisticsOf(numpy);
    expect(partialSpearman).toBeCloseTo(0.5132454632647067, 10);
    expect(tauNearBudget).toBeCloseTo(0.375, 10);
  });

  test("depends on the order of the scores alone", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const other = { ...table, scores: table.scores.map((score) => Math.exp(score / 3) - 5) };
        expect(statisticsOf(other)).toEqual(statisticsOf(table));
      }),
      { numRuns: 30 },
    );
  });

  test("is 1, without regret, of accuracies themselves, and the other way round of their opposite", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const best = statisticsOf({ ...table, scores: table.accuracies });
        const worst = statisticsOf({ ...table, scores: table.accuracies.map((accuracy) => -accuracy) });
        for (const name of [
          "partialSpearman",
          "spearmanInParameterBins",
          "spearmanInMacBins",
          "tauNearBudget",
        ] as const) {
          expect(best[name]).toBeCloseTo(1, 10);
          expect(worst[name]).toBeCloseTo(-1, 10);
        }
        expect(best.regret).toBe(0);
        expect(worst.pickOverMean).toBeLessThan(0);
        expect((best.pick ?? 0) - (best.pickOverMean ?? 0)).toBeCloseTo(
          (worst.pick ?? 0) - (worst.pickOverMean ?? 0),
          8,
        );
      }),
      { numRuns: 30 },
    );
  });

  test("is next to nothing of scores that are costs, however well these tell accuracies apart", () => {
    const random = seededRandom(0);
    const size = 4000;
    const macs = Array.from({ length: size }, () => 1e6 * Math.exp(random.below(1000) / 1000));
    const parameters = macs.map((cost) => (cost / 10) * Math.exp(random.below(1000) / 1000));
    const accuracies = macs.map((cost, i) => 10 * Math.log(cost) + 5 * Math.log(parameters[i] ?? 1) + random.below(30));
    const byCost = statisticsOf({ macs, parameters, accuracies, scores: parameters });
    expect(Math.abs(byCost.partialSpearman ?? 1)).toBeLessThan(0.1);
    expect(byCost.pickOverLargest).toBe(0);
    const byRest = accuracies.map((accuracy, i) => accuracy - 10 * Math.log(macs[i] ?? 1));
    expect(statisticsOf({ macs, parameters, accuracies, scores: byRest }).partialSpearman).toBeGreaterThan(0.3);
  });

  test("of rows that count twice is that of a table in which they stand twice", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const counts = Uint32Array.from(table.scores.keys(), (row) => (row % 3 === 0 ? 2 : 1));
        const twice = <T>(values: readonly T[]) =>
          values.flatMap((value, i) => (i % 3 === 0 ? [value, value] : [value]));
        const copied = {
          scores: twice(table.scores),
          accuracies: twice(table.accuracies),
          parameters: twice(table.parameters),
          macs: twice(table.macs),
        };
        const [counted, stood] = [statisticsOf(table, counts), statisticsOf(copied)];
        expect(counted.partialSpearman).toBeCloseTo(stood.partialSpearman ?? Number.NaN, 8);
        expect(counted.tauNearBudget).toBeCloseTo(stood.tauNearBudget ?? Number.NaN, 8);
      }),
      { numRuns: 20 },
    );
  });

  test("has no figure where all networks cost the same", () => {
    const size = 100;
    const rows = Array.from({ length: size }, (_, i) => i);
    const same = statisticsOf({
      scores: rows,
      accuracies: rows.map((i) => (i * 7) % 100),
      parameters: rows.map(() => 1e6),
      macs: rows.map(() => 1e7),
    });
    expect(same.spearmanInMacBins).toBeUndefined();
    expect(same.regret).toBeUndefined();
    expect(same.partialSpearman).toBeDefined();
    const tied = {
      scores: rows.map(() => 1),
      accuracies: rows,
      parameters: rows.map((i) => i + 1),
      macs: rows.map((i) => i + 1),
    };
    expect(statisticsOf(tied).partialSpearman).toBeUndefined();
    expect(statisticsOf(tied).tauNearBudget).toBeUndefined();
  });
});
