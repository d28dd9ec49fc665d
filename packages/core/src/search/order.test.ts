import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { genotypeMetric } from "../../../../test/fakes/search.js";
import type { Score, Scores } from "../metrics/metric.js";
import { aggregateOf, aggregationNames, type Objective, objectiveOfMetric, takenAnew } from "../objective/objective.js";
import type { Evaluation } from "./algorithm.js";
import { type Among, firstInOrder, inOrder, orderAmong } from "./order.js";

const a = genotypeMetric("a", () => 0, "maximize").metric;
const b = genotypeMetric("b", () => 0, "minimize").metric;

function evaluationsOf(scores: readonly (readonly [Score, Score])[]): Evaluation[] {
  return scores.map(([first, second], i) => ({
    candidate: { genotype: [i], phase: "test", cycle: 1, metrics: [a, b] },
    scores: { a: first, b: second },
  }));
}

/** Evaluations that become more, as they are put in order among. */
function amongOf(evaluations: readonly Evaluation[]): Among {
  return {
    get length() {
      return evaluations.length;
    },
    scoresFrom: (place) => evaluations.slice(place).map(({ scores }) => scores),
  };
}

const byA = objectiveOfMetric(a);
const byB = objectiveOfMetric(b);

/** Sums of ranks by both, the best of n with rank n - 1. */
function sumsOfRanks(scores: readonly Scores[]): number[] {
  const below = (of: (score: Scores) => number) =>
    scores.map((score) => scores.filter((other) => of(other) < of(score)).length);
  const [byFirst, bySecond] = [below(({ a }) => Number(a)), below(({ b }) => -Number(b))];
  return byFirst.map((rank, i) => rank + (bySecond[i] ?? 0));
}

const bySumOfRanks: Objective = {
  id: "rank(a,-b)",
  metrics: [a, b],
  directions: { a: "maximize", b: "minimize" },
  merits: sumsOfRanks,
  growing: () => takenAnew(sumsOfRanks),
};

/** Few values, so that ties are frequent; some of them are none. */
const score: fc.Arbitrary<Score> = fc.oneof(
  { arbitrary: fc.integer({ min: -3, max: 3 }), weight: 5 },
  { arbitrary: fc.constant({ value: null, reason: "a test" } as const), weight: 1 },
);

describe("the order by an objective", () => {
  test("begins with what is its first without ordering the others", () => {
    const property = fc.property(fc.array(fc.tuple(score, score), { maxLength: 20 }), (scores) => {
      const evaluations = evaluationsOf(scores);
      expect(firstInOrder(evaluations, byB)).toBe(inOrder(evaluations, byB)[0]);
    });
    fc.assert(property, { seed: 3 });
  });

  test("has the better first, of equals the earlier, and those without a score last", () => {
    const none = { value: null, reason: "a test" } as const;
    const evaluations = evaluationsOf([3, none, 7, 3, none, 9].map((value) => [value, value] as const));
    const order = (objective: typeof byA) =>
      inOrder(evaluations, objective).map(({ candidate }) => candidate.genotype[0]);
    expect(order(byA)).toEqual([5, 2, 0, 3, 1, 4]);
    expect(order(byB)).toEqual([0, 3, 2, 5, 1, 4]);
  });

  test("of an aggregate among more and more is that by its merits among them", () => {
    const nested = aggregateOf("rank", [byA, aggregateOf("log-rank", [byA, byB])]);
    const objectives = [...aggregationNames.map((name) => aggregateOf(name, [byA, byB])), nested];
    const scores = fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 40 });
    const property = fc.property(scores, fc.nat({ max: 9 }), (given, step) => {
      const evaluations = evaluationsOf(given);
      for (const objective of objectives) {
        const order = orderAmong(objective);
        const among: Evaluation[] = [];
        const growing = amongOf(among);
        while (among.length < evaluations.length) {
          among.push(...evaluations.slice(among.length, among.length + 1 + step));
          const some = among.filter((_, i) => i % 3 !== 1);
          const expected = inOrder(among, objective).filter((evaluation) => some.includes(evaluation));
          expect(order(some, growing)).toEqual(expected);
        }
      }
    });
    fc.assert(property, { seed: 4 });
  });

  test("of an aggregate weighs ranks among all evaluations, as many as there are when it is asked", () => {
    const all = evaluationsOf([
      [10, 1],
      [9, 3],
    ]);
    const order = orderAmong(bySumOfRanks);
    const growing = amongOf(all);
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error("there are two");
    // One rank each way: the earlier is first.
    expect(order([first, second], growing)).toEqual([first, second]);
    // By b, which is the less the better, two more now lie between them.
    all.push(
      ...evaluationsOf([
        [1, 2],
        [2, 1.5],
      ]),
    );
    expect(order([second, first], growing)).toEqual([first, second]);
    // By a, four more lie between them.
    const others = evaluationsOf([9.2, 9.4, 9.6, 9.8].map((a) => [a, 9] as const));
    const reversed = evaluationsOf([
      [9, 1],
      [10, 3],
    ]);
    const among = amongOf([...reversed, ...others]);
    expect(orderAmong(bySumOfRanks)([...reversed], among)).toEqual([reversed[1], reversed[0]]);
  });
});
