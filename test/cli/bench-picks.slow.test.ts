/** @file `esnas bench picks` as its user sees it: what is printed and written, what is refused. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { architectureText, hybridSpace, recipes, sample } from "@esnas/core/internal";
import { DOMParser, onErrorStopParsing } from "@xmldom/xmldom";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { contentsOf, expectRefusal, readJson, stdoutOf, temporaryFolder } from "./esnas.js";
import { madeUpCells } from "./made-up-cells.js";

const cwd = temporaryFolder();
const NETWORKS = 90;
/** Milliseconds that a first run may take. */
const SLOW = 120_000;

const { rows: made, random } = madeUpCells(NETWORKS, 11);
const rows = made.map((row) => ({ ...row, in16: Number(row.in16) }));

function writeTable(name: string, of: typeof rows): void {
  const cells = of.map(({ index, architecture, in16 }) => ({ index, architecture, in16 }));
  writeFileSync(join(cwd, name), stringify(cells, { header: true }));
}
writeTable("cells.csv", rows);
writeTable("reversed.csv", rows.toReversed());

const TABLE = "bench picks --space nats-topology --dataset in16 --table cells.csv --partial".split(" ");
const METRICS = ["--metrics", "parameters,-parameters,logsynflow,rank(parameters,logsynflow)"];
const QUANTILES = ["--budgets", "6", "--min-rows", "10"];

const number = z.number().nullable();
const figure = z.strictObject({ value: number, low: number, high: number, spread: number });
const figures = <T extends z.ZodType>(value: T) =>
  z.strictObject({ pick: value, aboveRandom: value, regret: value, share: value });
const summarySchema = z.strictObject({
  kind: z.literal("esnas bench picks"),
  version: z.string(),
  command: z.string(),
  space: z.strictObject({ name: z.string(), version: z.number(), options: z.record(z.string(), z.unknown()) }),
  dataset: z.string(),
  table: z.strictObject({ file: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), rows: z.number() }),
  sample: z.strictObject({ rows: z.number(), seed: z.number() }),
  seeds: z.array(z.number()),
  bootstrap: z.strictObject({ resamples: z.number(), level: z.literal(0.95), seed: z.number() }),
  rule: z.strictObject({ minUse: z.number(), minRows: z.number(), from: z.enum(["quantiles", "flags"]) }),
  budgets: z.array(
    z.strictObject({
      maxParameters: number,
      maxMacs: number,
      networks: z.number(),
      mean: z.number(),
      deviation: z.number(),
      best: z.number(),
    }),
  ),
  contenders: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(["baseline", "metric", "recipe"]),
      by: z.string().nullable(),
      metrics: z.array(z.string()),
      figures: figures(figure),
      beaten: number,
      pairs: number,
      runs: z.array(
        z.strictObject({
          seed: number,
          figures: figures(number),
          beaten: number,
          pairs: number,
          picks: z.array(
            z.strictObject({ accuracy: z.number(), index: number, tied: z.number(), beaten: number, pairs: number }),
          ),
        }),
      ),
      absences: z.array(z.strictObject({ metric: z.string(), reason: z.string(), times: z.number() })),
    }),
  ),
});

function summaryOf(folder: string) {
  return summarySchema.parse(readJson(cwd, folder, "summary.json"));
}

type Summary = ReturnType<typeof summaryOf>;

function contender({ contenders }: Summary, id: string) {
  const found = contenders.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
}

/** What a budget admits, one network after another. */
function admitted({ maxParameters, maxMacs }: Summary["budgets"][number], use: number) {
  const [mostParameters, mostMacs] = [maxParameters ?? Infinity, maxMacs ?? Infinity];
  return rows.filter(
    ({ parameters, macs }) =>
      parameters <= mostParameters &&
      macs <= mostMacs &&
      (maxParameters === null || parameters >= use * maxParameters) &&
      (maxMacs === null || macs >= use * maxMacs),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test("the help fits 80 columns, and has examples, every flag of which it knows", async () => {
  const [options = "", examples = ""] = (await stdoutOf(cwd, "bench", "picks", "--help")).split("\nExamples:\n");
  for (const line of options.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(examples).toContain("$ esnas bench picks ");
  for (const [flag] of examples.matchAll(/ --[\w-]+/g)) expect(options).toContain(flag);
});

describe("a result", () => {
  let stdout = "";
  beforeAll(async () => {
    stdout = await stdoutOf(cwd, ...TABLE, ...METRICS, ...QUANTILES, "--out", "result");
  }, SLOW);

  test("is printed as a table of at most 100 columns, the best network on top", () => {
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(/at \d budgets of .* networks\nchosen by +pick +above +95 % +way +beats +pairs +regret\n/);
    expect(stdout).toMatch(/\nbest network .* 0\.00\n/);
    expect(stdout).toContain("use at least 50 % of each bound");
  });

  test("admits to each budget the networks that keep it and use half of it", () => {
    const { budgets, rule } = summaryOf("result");
    expect(rule).toEqual({ minUse: 0.5, minRows: 10, from: "quantiles" });
    expect(budgets.length).toBeGreaterThan(2);
    for (const budget of budgets) {
      const accuracies = admitted(budget, 0.5).map(({ in16 }) => in16);
      expect(budget.networks).toBe(accuracies.length);
      expect(budget.networks).toBeGreaterThanOrEqual(10);
      expect(budget.mean).toBeCloseTo(mean(accuracies), 9);
      expect(budget.best).toBe(Math.max(...accuracies));
    }
  });

  test("has what costs pick: networks that tie count as their mean", () => {
    const summary = summaryOf("result");
    const picks = summary.budgets.map((budget) => {
      const there = admitted(budget, 0.5);
      const most = Math.max(...there.map(({ parameters }) => parameters));
      return mean(there.filter(({ parameters }) => parameters === most).map(({ in16 }) => in16));
    });
    const ours = contender(summary, "parameters");
    expect(ours.runs[0]?.picks.map(({ accuracy }) => accuracy)).toEqual(picks.map((pick) => expect.closeTo(pick, 9)));
    expect(ours.figures.pick.value).toBeCloseTo(mean(picks), 9);
    expect(ours.figures).toEqual(contender(summary, "most parameters").figures);
  });

  test("has no regret of the best network, nothing above chance of a random one", () => {
    const summary = summaryOf("result");
    expect(contender(summary, "best network").figures.regret.value).toBe(0);
    expect(contender(summary, "best network").figures.share.value).toBe(1);
    const chance = contender(summary, "random network");
    expect(chance.figures.aboveRandom.value).toBeCloseTo(0, 9);
    expect(chance.figures.pick.value).toBeCloseTo(mean(summary.budgets.map((budget) => budget.mean)), 9);
    expect(chance.beaten).toBeCloseTo(0.5, 9);
  });

  test("has its figures and its picks as CSV files", () => {
    const summary = summaryOf("result");
    const read = (name: string): Record<string, string>[] =>
      parse(readFileSync(join(cwd, "result", name)), { columns: true });
    expect(read("statistics.csv").map(({ metric, pick }) => [metric, Number(pick)])).toEqual(
      summary.contenders.map(({ id, figures: { pick } }) => [id, expect.closeTo(pick.value ?? Number.NaN, 3)]),
    );
    expect(read("picks.csv")).toHaveLength(summary.budgets.length * summary.contenders.length);
  });

  test("has a report that needs nothing else, a chart first, and charts that are whole XML", () => {
    const html = readFileSync(join(cwd, "result/report.html"), "utf8");
    expect(html.indexOf("<svg")).toBeLessThan(html.indexOf("<table"));
    expect(html).toContain(summaryOf("result").command.replaceAll("'", "&#39;"));
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|<script|<link|src=|@import/);
    const charts = readdirSync(join(cwd, "result")).filter((name) => name.endsWith(".svg"));
    expect(charts.sort()).toEqual(["above-random.svg", "budgets.svg"]);
    for (const chart of charts) {
      const parser = new DOMParser({ onError: onErrorStopParsing });
      const svg = parser.parseFromString(readFileSync(join(cwd, "result", chart), "utf8"), "image/svg+xml");
      expect(svg.documentElement?.tagName).toBe("svg");
    }
  });

  test("is the same by the command that it names, whatever the number of workers, and printed as JSON", async () => {
    const words = summaryOf("result").command.replaceAll("'", "").split(" ").slice(1);
    const json = await stdoutOf(cwd, ...words, "--out", "again", "--workers", "1", "--json");
    expect(contentsOf(join(cwd, "again"))).toEqual(contentsOf(join(cwd, "result")));
    expect(JSON.parse(json)).toEqual(summaryOf("result"));
  });

  test("does not hang on the order of the table's rows", async () => {
    const reversed = TABLE.map((word) => (word === "cells.csv" ? "reversed.csv" : word));
    await stdoutOf(cwd, ...reversed, ...METRICS, ...QUANTILES, "--out", "reversed");
    const { budgets, contenders } = summaryOf("result");
    expect(summaryOf("reversed")).toMatchObject({ budgets, contenders });
  });
});

describe("budgets that are given", () => {
  const sorted = rows.map(({ parameters }) => parameters).sort((a, b) => a - b);
  const [half = 0, most = 0] = [sorted[Math.floor(NETWORKS / 2)], sorted.at(-1)];

  test("are taken as they are, in their order, with free costs free", async () => {
    const given = ["--max-params", `${most},${half}`, "--min-use", "0", "--metrics", "macs"];
    await stdoutOf(cwd, ...TABLE, ...given, "--out", "given");
    const { budgets, rule } = summaryOf("given");
    expect(rule).toEqual({ minUse: 0, minRows: 2, from: "flags" });
    expect(budgets.map(({ maxParameters, maxMacs }) => [maxParameters, maxMacs])).toEqual([
      [most, null],
      [half, null],
    ]);
    expect(budgets.map(({ networks }) => networks)).toEqual([
      NETWORKS,
      sorted.filter((parameters) => parameters <= half).length,
    ]);
  });

  test("of one cost go with a single bound of the other", async () => {
    const bounds = ["--max-params", `${half},${most}`, "--max-macs", "1G", "--min-use", "0", "--metrics", "macs"];
    const text = await stdoutOf(cwd, ...TABLE, ...bounds, "--out", "both");
    expect(summaryOf("both").budgets.map(({ maxMacs }) => maxMacs)).toEqual([1e9, 1e9]);
    expect(text).not.toContain("quantiles");
  });
});

test(
  "recipes pick by their size metrics; where sizes are frozen, by their topology metrics",
  async () => {
    const sized = hybridSpace({ input: [1, 32, 32], classes: 10, stem: 2 });
    const table = Array.from({ length: 12 }, (_, i) => ({
      architecture: architectureText(sized, sample(sized, random)),
      c10: 80 + i,
    }));
    writeFileSync(join(cwd, "hybrids.csv"), stringify(table, { header: true }));
    const budget = "--max-params 1G --min-use 0 --recipes --metrics macs".split(" ");
    const hybrids = "bench picks --space hybrid --dataset c10 --table hybrids.csv".split(" ");
    const text = await stdoutOf(cwd, ...hybrids, ...budget, "--out", "sizes");
    await stdoutOf(cwd, ...TABLE, ...budget, "--sample", "12", "--out", "topologies");
    const recipesIn = (folder: string) => summaryOf(folder).contenders.filter(({ kind }) => kind === "recipe");
    const paper = recipes.paper.metrics.long;
    for (const [folder, by] of [
      ["sizes", paper.sizeMetric],
      ["topologies", paper.topologyMetric],
    ] as const) {
      expect(recipesIn(folder).map(({ id }) => id)).toContain("recipe paper");
      expect(recipesIn(folder).find(({ id }) => id === "recipe paper")?.by).toBe(by);
    }
    const { long, short } = recipes.recommended.metrics;
    expect(recipesIn("sizes").map(({ by }) => by)).toEqual(expect.arrayContaining([long.sizeMetric, short.sizeMetric]));
    expect(text).toContain(`recipe paper: ${paper.sizeMetric}\n`);
    expect(summaryOf("sizes").command).toMatch(/ --recipes/);
  },
  SLOW,
);

test(
  "metrics of random weights are means over seeds, with their spread",
  async () => {
    const seeds = ["--metrics", "naswot", "--sample", "30", "--seeds", "2", "--min-rows", "5", "--budgets", "3"];
    await stdoutOf(cwd, ...TABLE, ...seeds, "--out", "seeds");
    const { runs, figures: means } = contender(summaryOf("seeds"), "naswot");
    expect(runs.map(({ seed }) => seed)).toEqual([0, 1]);
    expect(means.pick.value).toBeCloseTo(mean(runs.map(({ figures: { pick } }) => pick ?? Number.NaN)), 9);
    expect(means.pick.spread).toEqual(expect.any(Number));
  },
  SLOW,
);

describe("what cannot be done is refused", () => {
  const on = (line: string) => [...TABLE, "--metrics", "macs", ...line.split(" ")];

  test.for<[line: string, reason: RegExp]>([
    ["--min-use 2", /--min-use takes a share from 0 to 1, such as 0.5, was given "2"/],
    ["--min-rows 1", /--min-rows takes a whole number of at least 2/],
    ["--costs latency", /unknown cost "latency".*parameters, macs/],
    ["--max-params many", /"many" is no/],
    ["--max-params 1M --budgets 5", /--budgets is for budgets by quantiles: leave it out/],
    ["--max-macs 1M --costs macs", /--costs is for budgets by quantiles: leave it out/],
    ["--max-params 1M,2M --max-macs 1M,2M,3M", /--max-params has 2 amounts and --max-macs has 3: give as many/],
    ["--min-rows 91", /no budget by quantiles of "cells.csv" admits 91 networks \(it has 90\); lower --min-rows/],
    [
      "--max-params 1k",
      /fewer than 2 networks of "cells.csv" have at most 1.00 k parameters and use at least 0.5.*they have/,
    ],
  ])("esnas bench picks %s", ([line, reason]) => expectRefusal(cwd, on(line), reason));
});
