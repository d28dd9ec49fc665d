/**
 * @file The committed results of `esnas bench correlate` and `picks`, behind the tables of docs/benchmarks.md, are what their commands make.
 * What takes no run comes out again to the last digit that is kept.
 */

import { describe, expect, test } from "vitest";
import { committed, isStatic, isThere, results, resultsMadeAgain, SLOW, suffix } from "./benchmark-results.js";

const correlated = results.filter(([, { command }]) => command === "correlate");
const picked = results.filter(([, { command }]) => command === "picks");
const made = resultsMadeAgain();

/** Networks of the tables. */
const wholes = { mnasnet: 3075, "nasbench-macro": 2381, "nats-topology": 15_625, nasbench101: 423_624 };

describe("the results of esnas bench correlate", () => {
  test.each(correlated)("have in %s a row for each metric, of the networks that were asked for", (name, result) => {
    const rows = committed(name);
    expect(rows.map(({ metric }) => metric)).toEqual(result.metrics);
    for (const row of rows) {
      expect(row).toMatchObject({
        dataset: result.dataset,
        networks: String(result.sample ?? wholes[result.space]),
        seeds: "1",
      });
    }
  });

  const withoutRuns = correlated.flatMap(([name, result]) => {
    const metrics = (result.metrics ?? []).filter(isStatic);
    return metrics.length === 0 ? [] : [{ name, result: { ...result, metrics } }];
  });

  test.skipIf(!isThere).each(withoutRuns)(
    `come out again where nothing is run: $name${suffix}`,
    async ({ name, result }) => {
      const rows = new Map(committed(name).map((row) => [row.metric, row]));
      const again = await made(result, `${name}-static`, "statistics.csv", "--resamples", "2");
      expect(again).toHaveLength(result.metrics.length);
      for (const row of again) {
        const { spearman, kendallTauB, weightedTau, ndcg, top1, top10, ...others } = rows.get(row.metric) ?? {};
        if (others.partialSpearman !== undefined) {
          const { partialSpearman, tauNearBudget, regret } = others;
          expect(row).toMatchObject({ partialSpearman, tauNearBudget, regret });
        }
        expect(row).toMatchObject({ spearman, kendallTauB, weightedTau, ndcg, top1, top10 });
      }
    },
    SLOW,
  );
});

describe("the results of esnas bench picks", () => {
  const withoutRuns = picked.map(([name, result]) => ({
    name,
    result: { ...result, metrics: (result.metrics ?? []).filter(isStatic) },
  }));

  test.skipIf(!isThere).each(withoutRuns)(
    `come out again where nothing is run: $name${suffix}`,
    async ({ name, result }) => {
      const rows = new Map(committed(name).map((row) => [row.metric, row]));
      const again = await made(result, `${name}-static`, "statistics.csv", "--resamples", "2");
      expect(again.map(({ metric }) => metric)).toEqual(expect.arrayContaining(result.metrics));
      for (const row of again) {
        const { budgets, pick, aboveRandom, regret, share, beaten, pairs } = rows.get(row.metric) ?? {};
        expect(row).toMatchObject({ budgets, pick, aboveRandom, regret, share, beaten, pairs });
      }
    },
    SLOW,
  );
});
