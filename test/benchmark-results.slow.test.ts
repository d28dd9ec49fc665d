/**
 * @file The committed results of `esnas bench`, behind the tables of docs/benchmarks.md, are what their commands make. What takes no
 * run comes out again to the last digit that is kept; of what takes runs a seeded sample of the sample is scored anew, whose
 * intervals have to hold the committed figures; searches are made again for some of their seeds.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { objectiveOf } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { argumentsOf, type BenchmarkResult, benchmarkResults } from "../packages/studies/src/benchmark/catalogue.js";
import { convertTables } from "../packages/studies/src/tables/convert.js";
import { REPOSITORY, stdoutOf, temporaryFolder } from "./cli/esnas.js";

const DATA = join(REPOSITORY, "../shared/data");
const isThere = ["tss_nats201", "nb101_full", "anb_mnasnet_imagenet", "nasbench_macro_cifar10"].every((file) =>
  existsSync(join(DATA, `${file}.csv.gz`)),
);
const suffix = isThere ? "" : " (skipped: the tables are not there)";
/** Milliseconds that a command may take beside others. */
const SLOW = 300_000;

type Row = Readonly<Record<string, string>>;

function rowsOf(path: string): Row[] {
  return parse(readFileSync(path), { columns: true });
}

function committed(name: string): Row[] {
  return rowsOf(join(REPOSITORY, "results", `${name}.csv`));
}

const results = Object.entries(benchmarkResults);
const correlated = results.filter(([, { command }]) => command === "correlate");
const picked = results.filter(([, { command }]) => command === "picks");
const found = results.filter(([, { command }]) => command === "search");

function isStatic(metric: string): boolean {
  return objectiveOf(metric).metrics.every((term) => !("observe" in term));
}

const cwd = temporaryFolder();
if (isThere) convertTables({ from: DATA, out: join(cwd, "tables") });

/** What a command makes, with other arguments at its end, by the file of its result. */
async function made(result: BenchmarkResult, name: string, file: string, ...more: readonly string[]): Promise<Row[]> {
  await stdoutOf(cwd, ...argumentsOf(result), ...more, "--out", name, "--scores", "scores.sqlite");
  return rowsOf(join(cwd, name, file));
}

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

describe("the scores of random weights", () => {
  /** Networks that a test can score; those of ImageNet16-120 have a quarter of the pixels. */
  const samples: readonly (readonly [name: string, networks: number])[] = [
    ["nats-topology-in16", 40],
    ["nats-topology-in16-whole", 120],
    ["nats-topology-in16-pink", 40],
    ["entropic-forms-in16", 80],
    ["entropic-batches-in16", 40],
    ["nats-topology-c10-whole", 60],
    ["nasbench101-aggregate", 16],
  ];

  test.skipIf(!isThere).each(samples)(
    `of %s agree with the committed statistics on a sample of %i networks${suffix}`,
    async (name, networks) => {
      const result = benchmarkResults[name];
      if (result === undefined) throw new Error(`there is no result ${name}`);
      const again = await made({ ...result, sample: networks }, `${name}-sample`, "statistics.csv");
      expect(again).toHaveLength(result.metrics?.length ?? 0);
      for (const row of committed(name)) {
        const sampled = again.find(({ metric }) => metric === row.metric);
        const [low, high] = [Number(sampled?.["spearman low"]), Number(sampled?.["spearman high"])];
        // Twice the 95 % interval: dozens of figures are held at once, and none of them should lie outside.
        const [middle, reach] = [(low + high) / 2, high - low];
        expect(Math.abs(Number(row.spearman) - middle), `${row.metric} of ${name}`).toBeLessThan(reach);
      }
    },
    SLOW,
  );
});

describe("the results of esnas bench search", () => {
  test.each(found)(
    "have in %s as many searches of each method as were asked for, of 500 candidates and their finals",
    (name, result) => {
      const rows = committed(name);
      const seeds = new Map<string, number[]>();
      for (const { search = "", seed } of rows) seeds.set(search, [...(seeds.get(search) ?? []), Number(seed)]);
      for (const ofSearch of seeds.values()) expect(ofSearch).toEqual([...Array(result.seeds ?? 30).keys()]);
      for (const row of rows) expect(Number(row.candidates)).toBe(500 + (result.rescore === undefined ? 0 : 10));
    },
  );

  // Runs on CIFAR take minutes, and say no more of the program than those on ImageNet16-120.
  const again = found.flatMap(([name, result]) => {
    const isForward = (result.metrics ?? []).some((metric) => !isStatic(metric));
    return isForward && result.dataset !== "in16" ? [] : [{ name, result, seeds: isForward ? 1 : 3 }];
  });

  test.skipIf(!isThere).each(again)(
    `find in $name the same again, for $seeds seeds${suffix}`,
    async ({ name, result, seeds }) => {
      const again = await made(result, name, "searches.csv", "--seeds", String(seeds));
      expect(again).toEqual(committed(name).filter(({ seed }) => Number(seed) < seeds));
    },
    SLOW,
  );
});
