/**
 * @file The committed results of `esnas bench` that take runs of networks are what their commands make: a seeded sample of the sample is
 * scored anew, whose intervals have to hold the committed figures; searches are made again for some of their seeds.
 */

import { describe, expect, test } from "vitest";
import { benchmarkResults } from "../packages/studies/src/benchmark/catalogue.js";
import { committed, isStatic, isThere, results, resultsMadeAgain, SLOW, suffix } from "./benchmark-results.js";

const found = results.filter(([, { command }]) => command === "search");
const made = resultsMadeAgain();

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
