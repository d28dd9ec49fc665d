import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { admittedRows, quantileBudgets } from "./budgets.js";
import { type Picks, picksOf } from "./picks.js";

interface Table {
  readonly scores: readonly number[];
  readonly accuracies: readonly number[];
  readonly parameters: readonly number[];
  readonly macs: readonly number[];
}

const bootstrap = { resamples: 20, seed: 0 };
const use = 0.5;

function costsOf({ parameters, macs }: Table) {
  return { parameters: Float64Array.from(parameters), macs: Float64Array.from(macs) };
}

/** Quantiles, as far as they admit enough, and all networks. */
function budgetsOf(table: Table): Uint32Array[] {
  const costs = costsOf(table);
  const request = { costs: ["parameters", "macs"] as const, budgets: 5, leastUse: use, leastRows: 10 };
  return [...quantileBudgets(costs, request), {}].map((budget) => admittedRows(costs, budget, use));
}

function picks(table: Table, scores: readonly number[] = table.scores, budgets = budgetsOf(table)): Picks {
  const merits = budgets.map((rows) => Float64Array.from(rows, (row) => scores[row] ?? Number.NaN));
  return picksOf({ accuracies: Float64Array.from(table.accuracies), budgets, runs: [merits], bootstrap });
}

const whole = (least: number, most: number, size: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: size, maxLength: size });

const tables = fc.integer({ min: 40, max: 80 }).chain((size) =>
  fc.record({
    scores: whole(0, 12, size),
    accuracies: whole(50, 90, size),
    parameters: whole(100_000, 250_000, size),
    macs: whole(3_000_000, 5_000_000, size),
  }),
);

/** One mean after another, as the definition has it. */
function plainly({ scores, accuracies }: Table, budgets: readonly Uint32Array[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const each = budgets.map((rows) => {
    const [own, theirs] = [[...rows].map((row) => accuracies[row] ?? 0), [...rows].map((row) => scores[row] ?? 0)];
    const picked = own.filter((_, i) => theirs[i] === Math.max(...theirs));
    const beaten = picked.map((accuracy) => {
      const points = own.map((other) => (other < accuracy ? 1 : other === accuracy ? 0.5 : 0));
      return (points.reduce<number>((sum, point) => sum + point, 0) - 0.5) / (own.length - 1);
    });
    let [right, pairs] = [0, 0];
    for (let a = 0; a < own.length; a++) {
      for (let b = 0; b < own.length; b++) {
        if ((own[a] ?? 0) <= (own[b] ?? 0)) continue;
        pairs++;
        const difference = (theirs[a] ?? 0) - (theirs[b] ?? 0);
        right += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
      }
    }
    return {
      pick: mean(picked),
      random: mean(own),
      best: Math.max(...own),
      beaten: mean(beaten),
      pairs: right / pairs,
    };
  });
  const [pick, random, best] = (["pick", "random", "best"] as const).map((name) => mean(each.map((of) => of[name])));
  return {
    pick: pick ?? 0,
    aboveRandom: (pick ?? 0) - (random ?? 0),
    regret: (best ?? 0) - (pick ?? 0),
    share: ((pick ?? 0) - (random ?? 0)) / ((best ?? 0) - (random ?? 0)),
    beaten: mean(each.map(({ beaten }) => beaten)),
    pairs: mean(each.map(({ pairs }) => pairs)),
  };
}

describe("what scores pick at a budget", () => {
  test("is what the definitions say, counted one by one", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { figures, runs } = picks(table);
        const { beaten, pairs, ...expected } = plainly(table, budgetsOf(table));
        for (const [name, value] of Object.entries(expected)) {
          expect(figures[name as keyof typeof figures]).toBeCloseTo(value, 9);
        }
        expect(runs[0]?.beaten).toBeCloseTo(beaten, 9);
        expect(runs[0]?.pairs).toBeCloseTo(pairs, 9);
      }),
      { numRuns: 40 },
    );
  });

  test("is without regret where scores are accuracies, in every resample", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { figures, intervals, runs } = picks(table, table.accuracies);
        expect(figures.regret).toBe(0);
        expect(figures.share).toBeCloseTo(1, 12);
        expect(intervals.regret).toEqual({ low: 0, high: 0 });
        expect(runs[0]?.pairs).toBe(1);
      }),
      { numRuns: 20 },
    );
  });

  test("is chance where all scores are the same, and where there are none", () => {
    fc.assert(
      fc.property(tables, (table) => {
        for (const score of [7, Number.NaN]) {
          const constant = table.scores.map(() => score);
          const { figures, runs } = picks(table, constant);
          expect(figures.aboveRandom).toBeCloseTo(0, 9);
          expect(figures.share).toBeCloseTo(0, 9);
          expect(runs[0]?.beaten).toBeCloseTo(0.5, 9);
          expect(runs[0]?.pairs).toBe(0.5);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("does not hang on the order of the rows", () => {
    fc.assert(
      fc.property(tables, fc.integer(), (table, seed) => {
        const order = seededRandom(seed >>> 0).sample(
          table.scores.map((_, row) => row),
          table.scores.length,
        );
        const moved = <T>(values: readonly T[]) => order.flatMap((row) => values.slice(row, row + 1));
        const other = {
          scores: moved(table.scores),
          accuracies: moved(table.accuracies),
          parameters: moved(table.parameters),
          macs: moved(table.macs),
        };
        const [one, two] = [picks(table), picks(other)];
        for (const name of ["pick", "aboveRandom", "regret", "share"] as const) {
          expect(two.figures[name]).toBeCloseTo(one.figures[name] ?? Number.NaN, 9);
        }
        expect(two.runs[0]?.beaten).toBeCloseTo(one.runs[0]?.beaten ?? Number.NaN, 9);
        expect(two.runs[0]?.pairs).toBeCloseTo(one.runs[0]?.pairs ?? Number.NaN, 9);
      }),
      { numRuns: 30 },
    );
  });

  test("hangs on the order of the scores alone", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const other = table.scores.map((score) => Math.exp(score / 3) - 5);
        expect(picks(table, other)).toEqual(picks(table));
      }),
      { numRuns: 20 },
    );
  });

  test("is the mean over networks that tie, and says how many do", () => {
    const table = {
      scores: [1, 3, 3, 2],
      accuracies: [90, 60, 70, 80],
      parameters: [10, 10, 10, 10],
      macs: [10, 10, 10, 10],
    };
    const { figures, runs } = picks(table, table.scores, [Uint32Array.of(0, 1, 2, 3)]);
    expect(figures.pick).toBe(65);
    expect(figures.regret).toBe(25);
    expect(runs[0]?.byBudget[0]).toMatchObject({ tied: 2, place: 1, beaten: 1 / 6 });
  });

  test("is the mean over runs", () => {
    const budgets = [Uint32Array.of(0, 1, 2)];
    const accuracies = Float64Array.of(50, 60, 70);
    const runs = [[Float64Array.of(1, 0, 0)], [Float64Array.of(0, 0, 1)]];
    const { figures, runs: each } = picksOf({ accuracies, budgets, runs, bootstrap });
    expect(each.map(({ pick }) => pick)).toEqual([50, 70]);
    expect(figures).toMatchObject({ pick: 60, aboveRandom: 0, regret: 10, share: 0 });
  });

  test("has an interval that holds chance where scores are chance, and lies above it where they tell", () => {
    const random = seededRandom(3);
    const rows = Array.from({ length: 400 }, (_, i) => i);
    const accuracies = rows.map(() => 60 + random.below(1000) / 50);
    const table = {
      accuracies,
      scores: accuracies.map((accuracy) => accuracy + random.below(3)),
      parameters: rows.map((i) => 1000 + i),
      macs: rows.map((i) => 1000 + ((i * 7) % 400)),
    };
    const telling = picks(table).intervals.aboveRandom;
    expect(telling?.low).toBeGreaterThan(0);
    const chance = picks(
      table,
      rows.map(() => random.below(1_000_000)),
    ).intervals.aboveRandom;
    expect((chance?.high ?? 0) - (chance?.low ?? 0)).toBeGreaterThan(1);
  });
});

describe("budgets of a table", () => {
  test("bound their costs, and admit what keeps each bound and uses enough of it", () => {
    fc.assert(
      fc.property(tables, fc.constantFrom(0, 0.5, 0.9), (table, leastUse) => {
        const costs = costsOf(table);
        const request = { costs: ["parameters", "macs"] as const, budgets: 8, leastUse, leastRows: 10 };
        const budgets = quantileBudgets(costs, request);
        expect(budgets.length).toBeLessThanOrEqual(8);
        for (const budget of budgets) {
          const admitted = new Set(admittedRows(costs, budget, leastUse));
          expect(admitted.size).toBeGreaterThanOrEqual(10);
          table.parameters.forEach((parameters, row) => {
            const macs = table.macs[row] ?? 0;
            const [most, mostMacs] = [budget.parameters ?? 0, budget.macs ?? 0];
            const keeps = parameters <= most && macs <= mostMacs;
            const uses = parameters >= leastUse * most && macs >= leastUse * mostMacs;
            expect(admitted.has(row)).toBe(keeps && uses);
          });
        }
      }),
      { numRuns: 30 },
    );
  });

  test("grow, up to the most of each cost, and are all different", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const costs = costsOf(table);
        const request = { costs: ["macs"] as const, budgets: 6, leastUse: 0, leastRows: 5 };
        const bounds = quantileBudgets(costs, request).map(({ macs }) => macs ?? 0);
        expect(bounds.at(-1)).toBe(Math.max(...table.macs));
        for (let i = 1; i < bounds.length; i++) expect(bounds[i]).toBeGreaterThan(bounds[i - 1] ?? 0);
        expect(quantileBudgets(costs, request)[0]).not.toHaveProperty("parameters");
      }),
      { numRuns: 30 },
    );
  });

  test("are none where no budget admits enough", () => {
    const costs = { parameters: Float64Array.of(1, 2, 3), macs: Float64Array.of(1, 2, 3) };
    const request = { costs: ["parameters"] as const, budgets: 5, leastUse: 0.5, leastRows: 50 };
    expect(quantileBudgets(costs, request)).toEqual([]);
  });
});
