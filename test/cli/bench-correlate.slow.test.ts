/** @file `esnas bench correlate` as its user sees it: what is printed and written, what is refused, stops and kills. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import {
  architectureCosts,
  architectureText,
  atBudget,
  fixedBudgetOf,
  hybridSpace,
  rankingOf,
  sample,
  statisticNames,
  statisticsOf,
} from "@esnas/core/internal";
import { DOMParser, onErrorStopParsing } from "@xmldom/xmldom";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import Database from "libsql";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { contentsOf, esnas, expectRefusal, readJson, start, stdoutOf, temporaryFolder } from "./esnas.js";
import { madeUpCells } from "./made-up-cells.js";

const cwd = temporaryFolder();
const NETWORKS = 40;
/** Milliseconds that a first run may take. */
const SLOW = 120_000;

const { space, genotypes, rows: made, random } = madeUpCells(NETWORKS, 7);
const rows = made.map(({ index, architecture, in16 }) => ({ index, architecture, in16 }));
const csv = stringify(rows, { header: true });
writeFileSync(join(cwd, "cells.csv"), csv);
writeFileSync(join(cwd, "cells.csv.gz"), gzipSync(csv));

const TABLE = "bench correlate --space nats-topology --dataset in16 --table cells.csv --partial".split(" ");
const STATIC = ["--metrics", "parameters,-parameters,logsynflow,rank(parameters,logsynflow)"];
const FORWARD = ["--metrics", "entropic-score,naswot,rank(entropic-score,parameters)"];

type Csv = Record<string, string>[];

function scoresOf(folder: string): Csv {
  return parse(readFileSync(join(cwd, folder, "scores.csv")), { columns: true });
}

function withDatabase<T>(file: string, action: (db: InstanceType<typeof Database>) => T): T {
  const db = new Database(join(cwd, file));
  try {
    return action(db);
  } finally {
    db.close();
  }
}

const number = z.number().nullable();
const row = z.strictObject({ index: z.number(), architecture: z.string(), accuracy: z.number() });
const byStatistic = <T extends z.ZodType>(value: T) =>
  z.strictObject(Object.fromEntries(statisticNames.map((name) => [name, value])));
const summarySchema = z.strictObject({
  kind: z.literal("esnas bench correlate"),
  version: z.string(),
  command: z.string(),
  space: z.strictObject({ name: z.string(), version: z.number(), options: z.record(z.string(), z.unknown()) }),
  dataset: z.string(),
  table: z.strictObject({ file: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), rows: z.number() }),
  sample: z.strictObject({ rows: z.number(), seed: z.number() }),
  seeds: z.array(z.number()),
  bootstrap: z.strictObject({ resamples: z.number(), level: z.literal(0.95), seed: z.number() }),
  optimum: row,
  objectives: z.array(
    z.strictObject({
      id: z.string(),
      metrics: z.array(z.string()),
      statistics: byStatistic(z.strictObject({ value: number, low: number, high: number, spread: number })),
      runs: z.array(
        z.strictObject({
          seed: number,
          statistics: byStatistic(number),
          pick: row.extend({ tied: z.number() }).nullable(),
          withoutScore: z.number(),
        }),
      ),
      absences: z.array(z.strictObject({ metric: z.string(), reason: z.string(), times: z.number() })),
    }),
  ),
});

function summaryOf(folder: string) {
  return summarySchema.parse(readJson(cwd, folder, "summary.json"));
}

describe("help", () => {
  test("of esnas bench names its commands", async () => {
    expect(await stdoutOf(cwd, "bench", "--help")).toMatch(/\n {2}correlate /);
  });

  test("of esnas bench correlate fits 80 columns, and has examples, every flag of which it knows", async () => {
    const [options = "", examples = ""] = (await stdoutOf(cwd, "bench", "correlate", "--help")).split("\nExamples:\n");
    for (const line of options.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(examples).toContain("$ esnas bench correlate ");
    for (const [flag] of examples.matchAll(/ --[\w-]+/g)) expect(options).toContain(flag);
  });
});

describe("a result", () => {
  let stdout = "";
  beforeAll(async () => {
    stdout = await stdoutOf(cwd, ...TABLE, ...STATIC, "--out", "static");
  }, SLOW);

  test("is printed as a table of at most 120 columns, with the checksum of the table", () => {
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    expect(stdout).toMatch(/^at a fixed budget\nmetric +partial +95 %/);
    expect(stdout).toMatch(/\nover all networks\nmetric +Spearman +95 %/);
    expect(stdout).toContain(createHash("sha256").update(csv).digest("hex").slice(0, 12));
  });

  test("has a row of scores for each network, by the names of the metrics", () => {
    const scores = scoresOf("static");
    expect(Object.keys(scores[0] ?? {})).toEqual([
      "index",
      "architecture",
      "parameters",
      "-parameters",
      "logsynflow",
      "rank(parameters,logsynflow)",
    ]);
    expect(
      scores.map(({ index, architecture, parameters, "-parameters": fewer }) => [
        index,
        architecture,
        parameters,
        fewer,
      ]),
    ).toEqual(
      rows.map(({ index, architecture }, i) => {
        const { parameters } = architectureCosts(space.build(genotypes[i] ?? []));
        return [String(index), architecture, String(parameters), String(-parameters)];
      }),
    );
  });

  test("has the statistics of those scores, in a form that is known", () => {
    const { objectives, optimum, table, sample: sampled } = summaryOf("static");
    const accuracies = rows.map(({ in16 }) => Number(in16));
    const costs = genotypes.map((genotype) => architectureCosts(space.build(genotype)));
    const budget = fixedBudgetOf({
      parameters: Float64Array.from(costs, ({ parameters }) => parameters),
      macs: Float64Array.from(costs, ({ macs }) => macs),
    });
    for (const { id, statistics } of objectives) {
      const ranking = rankingOf(
        scoresOf("static").map(({ [id]: score }) => Number(score)),
        accuracies,
      );
      const expected = statisticsOf(ranking, undefined, atBudget(ranking, budget));
      for (const name of statisticNames) {
        expect(statistics[name]?.value).toEqual(expected[name] ?? null);
        expect(statistics[name]?.spread).toBeNull();
      }
      const { value, low, high } = statistics.spearman ?? {};
      expect(Number(low)).toBeLessThanOrEqual(Number(value));
      expect(Number(high)).toBeGreaterThanOrEqual(Number(value));
    }
    expect(objectives[1]?.statistics.spearman?.value).toBeCloseTo(
      -Number(objectives[0]?.statistics.spearman?.value),
      12,
    );
    expect(optimum.accuracy).toBe(Math.max(...accuracies));
    expect(table).toMatchObject({ file: "cells.csv", rows: NETWORKS });
    expect(sampled.rows).toBe(NETWORKS);
  });

  test("has its statistics as a CSV file, a row a metric", () => {
    const rows: Record<string, string>[] = parse(readFileSync(join(cwd, "static/statistics.csv")), { columns: true });
    const { objectives } = summaryOf("static");
    expect(rows.map(({ metric }) => metric)).toEqual(objectives.map(({ id }) => id));
    rows.forEach((row, i) => {
      const { value, low } = objectives[i]?.statistics.spearman ?? {};
      expect(Number(row.spearman)).toBeCloseTo(Number(value), 5);
      expect(Number(row["spearman low"])).toBeCloseTo(Number(low), 5);
    });
  });

  test("has a report that needs nothing else, with checksum, command, optimum and picks", () => {
    const html = readFileSync(join(cwd, "static/report.html"), "utf8");
    const { table, command, optimum, objectives } = summaryOf("static");
    expect(html).toContain(table.sha256);
    expect(html).toContain(command.replaceAll("'", "&#39;"));
    expect(html).toContain(`★ optimum, ${optimum.accuracy.toFixed(2)} % (index ${optimum.index})`);
    for (const { runs } of objectives) expect(html).toContain(`(index ${runs[0]?.pick?.index})`);
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|<script|<link|src=|@import/);
  });

  test("has a chart for each metric that is whole XML", () => {
    const charts = readdirSync(join(cwd, "static")).filter((name) => name.endsWith(".svg"));
    expect(charts.sort()).toEqual([
      "budget.svg",
      "logsynflow.svg",
      "parameters-2.svg",
      "parameters.svg",
      "rank-parameters-logsynflow.svg",
    ]);
    for (const chart of charts) {
      const svg = readFileSync(join(cwd, "static", chart), "utf8");
      const parser = new DOMParser({ onError: onErrorStopParsing });
      expect(parser.parseFromString(svg, "image/svg+xml").documentElement?.tagName).toBe("svg");
    }
  });

  test("is the same by the command that it names", async () => {
    const { command } = summaryOf("static");
    const words = command.replaceAll("'", "").split(" ").slice(1);
    await stdoutOf(cwd, ...words, "--out", "again");
    expect(contentsOf(join(cwd, "again"))).toEqual(contentsOf(join(cwd, "static")));
  });

  test("is printed as JSON where that is asked for", async () => {
    const json = await stdoutOf(cwd, ...TABLE, ...STATIC, "--out", "static", "--json");
    expect(JSON.parse(json)).toEqual(readJson(cwd, "static", "summary.json"));
  });

  test("is the same of a table that is gzipped, its name aside", async () => {
    const args = TABLE.map((word) => (word === "cells.csv" ? "cells.csv.gz" : word));
    await stdoutOf(cwd, ...args, ...STATIC, "--out", "gzipped");
    expect(summaryOf("gzipped").table).toMatchObject({ ...summaryOf("static").table, file: "cells.csv.gz" });
    expect(summaryOf("gzipped").objectives).toEqual(summaryOf("static").objectives);
  });

  test("of a sample has networks of the table in its order, the same for one seed", async () => {
    await stdoutOf(cwd, ...TABLE, "--metrics", "macs", "--sample", "10", "--seed", "3", "--out", "sample");
    await stdoutOf(cwd, ...TABLE, "--metrics", "macs", "--sample", "20", "--seed", "3", "--out", "larger");
    const [few, more] = [scoresOf("sample"), scoresOf("larger")].map((scores) =>
      scores.map(({ index }) => Number(index)),
    );
    expect(few).toHaveLength(10);
    expect(more).toHaveLength(20);
    expect(few?.toSorted((a, b) => a - b)).toEqual(few);
    for (const index of few ?? []) expect(more).toContain(index);
  });

  test("of hybrids is had from their JSON", async () => {
    const hybrids = hybridSpace({ input: [1, 32, 32], classes: 10, stem: 2 });
    const table = Array.from({ length: 12 }, (_, i) => ({
      architecture: architectureText(hybrids, sample(hybrids, random)),
      fashion: 80 + i,
    }));
    writeFileSync(join(cwd, "hybrids.csv"), stringify(table, { header: true }));
    const args =
      "bench correlate --space hybrid --dataset fashion --table hybrids.csv --metrics macs,activation-layers";
    await stdoutOf(cwd, ...args.split(" "));
    expect(summaryOf("bench/hybrid-fashion")).toMatchObject({
      space: { options: { classes: 10 } },
      optimum: { accuracy: 91 },
    });
  });
});

describe("scores of random weights", () => {
  const THREE = [...TABLE, ...FORWARD, "--seeds", "3", "--resamples", "50"];
  beforeAll(async () => {
    await stdoutOf(cwd, ...THREE, "--workers", "2", "--scores", "two.sqlite", "--out", "two");
  }, SLOW);

  test("are the same whatever the number of workers", async () => {
    await stdoutOf(cwd, ...THREE, "--workers", "1", "--scores", "one.sqlite", "--out", "one");
    expect(contentsOf(join(cwd, "one"))).toEqual(contentsOf(join(cwd, "two")));
  });

  test("have a column for each seed, and their mean; statistics are means and deviations over the seeds", () => {
    const [first] = scoresOf("two");
    const seeds = [0, 1, 2].map((seed) => Number(first?.[`entropic-score@${seed}`]));
    expect(new Set(seeds).size).toBe(3);
    expect(Number(first?.["entropic-score"])).toBeCloseTo(
      (Number(seeds[0]) + Number(seeds[1]) + Number(seeds[2])) / 3,
      9,
    );
    const [entropic] = summaryOf("two").objectives;
    const values = entropic?.runs.map(({ statistics }) => Number(statistics.spearman)) ?? [];
    expect(entropic?.runs.map(({ seed }) => seed)).toEqual([0, 1, 2]);
    expect(entropic?.statistics.spearman?.value).toBeCloseTo(
      values.reduce((sum, value) => sum + value / 3, 0),
      12,
    );
    expect(entropic?.statistics.spearman?.spread).toBeGreaterThan(0);
  });

  test("of a seed are those of the same seed among others", async () => {
    const one = [...TABLE, "--metrics", "entropic-score", "--seed", "2", "--scores", "alone.sqlite", "--out", "alone"];
    await stdoutOf(cwd, ...one);
    const among = scoresOf("two").map(({ "entropic-score@2": score }) => score);
    expect(scoresOf("alone").map(({ "entropic-score": score }) => score)).toEqual(among);
    expect(readdirSync(cwd).filter((name) => name.startsWith("alone.sqlite"))).toEqual(["alone.sqlite"]);
  });

  test("that are kept are not made again", async () => {
    const made = withDatabase("two.sqlite", (db) => {
      db.exec("UPDATE scores SET score = 123.5 WHERE architecture = (SELECT min(architecture) FROM scores)");
      return db.prepare("SELECT min(architecture) AS architecture FROM scores").get() as { architecture: string };
    });
    const again = await esnas(cwd, ...THREE, "--scores", "two.sqlite", "--out", "altered");
    expect(again.code).toBe(0);
    const altered = scoresOf("altered").find(({ architecture }) => architecture === made.architecture);
    expect(altered).toMatchObject({ "entropic-score": "123.5", naswot: "123.5" });
  });
});

describe("a run that does not reach its end", () => {
  const LONG = [...TABLE, ...FORWARD, "--resamples", "20", "--workers", "1"];
  const scored = (file: string) =>
    withDatabase(
      file,
      (db) => (db.prepare("SELECT count(*) AS n FROM scores WHERE scope > 1").get() as { n: number }).n,
    );

  /** Waits until a run has kept some scores of random weights. */
  async function kept(file: string): Promise<void> {
    while (!existsSync(join(cwd, file)) || statSync(join(cwd, `${file}-wal`), { throwIfNoEntry: false }) === undefined)
      await pause(5);
    for (;;) {
      try {
        if (scored(file) > 0) return;
      } catch {
        // Its tables are being made.
      }
      await pause(20);
    }
  }

  beforeAll(async () => {
    await stdoutOf(cwd, ...LONG, "--scores", "whole.sqlite", "--out", "whole");
  }, SLOW);

  test("because it is killed goes on from there", async () => {
    const { child, ended } = start(cwd, ...LONG, "--scores", "killed.sqlite", "--out", "killed");
    await kept("killed.sqlite");
    child.kill("SIGKILL");
    await ended;
    expect(existsSync(join(cwd, "killed"))).toBe(false);
    expect(scored("killed.sqlite")).toBeLessThan(scored("whole.sqlite"));
    await stdoutOf(cwd, ...LONG, "--scores", "killed.sqlite", "--out", "killed");
    expect(contentsOf(join(cwd, "killed"))).toEqual(contentsOf(join(cwd, "whole")));
    expect(scored("killed.sqlite")).toBe(scored("whole.sqlite"));
  });

  test("because of Ctrl-C ends with exit code 130, says so, and goes on from there", async () => {
    const { child, ended } = start(cwd, ...LONG, "--scores", "stopped.sqlite", "--out", "stopped");
    await kept("stopped.sqlite");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({
      code: 130,
      stdout: "",
      stderr: expect.stringMatching(/stopped; the scores so far are in stopped\.sqlite/),
    });
    expect(existsSync(join(cwd, "stopped"))).toBe(false);
    await stdoutOf(cwd, ...LONG, "--scores", "stopped.sqlite", "--out", "stopped");
    expect(contentsOf(join(cwd, "stopped"))).toEqual(contentsOf(join(cwd, "whole")));
  });
});

describe("what cannot be done is refused, and nothing touched", () => {
  const place = temporaryFolder();
  writeFileSync(join(place, "cells.csv"), csv);
  writeFileSync(join(place, "cut.csv"), csv.slice(0, -60));
  writeFileSync(join(place, "cut.csv.gz"), gzipSync(csv).subarray(0, 300));
  writeFileSync(join(place, "empty.csv"), "");
  writeFileSync(join(place, "fractions.csv"), csv.replaceAll(/,(\d\d)\.(\d+)\n/g, ",0.$1$2\n"));
  writeFileSync(join(place, "page.html"), "<!doctype html>\n<p>not found, or moved</p>\n");
  writeFileSync(join(place, "wide.csv"), `${Array.from({ length: 1001 }, (_, i) => `c${i}`).join()}\n`);
  writeFileSync(join(place, "line.csv"), `architecture,in16,${"a".repeat(2 ** 21)}\n`);
  writeFileSync(join(place, "quote.csv"), `architecture,in16\n"${"a\n".repeat(2 ** 20)}`);
  writeFileSync(join(place, "short.csv.gz"), gzipSync("a\n".repeat(2_000_001)));
  mkdirSync(join(place, "mine"));
  writeFileSync(join(place, "mine", "summary.json"), "{}");

  const on = (line: string) => `--space nats-topology --dataset in16 --metrics macs ${line}`;

  test.for<[line: string, reason: RegExp]>([
    ["--dataset c10", /required option '--space <name>' not specified/],
    ["--space nats-topology", /required option '--dataset <name>' not specified/],
    [
      on(""),
      /there is no table "tables\/nats-topology.csv".*expected a CSV file with the columns "architecture".*docs\/tables.md/,
    ],
    [on("--table nowhere.csv"), /there is no table "nowhere.csv": expected a CSV file/],
    [on("--table mine"), /cannot read "mine": it is a folder/],
    [
      on("--table cells.csv"),
      /expected 15,625 rows, the networks of nats-topology: "cells.csv" has 40; where a part is meant, say that it is partial/,
    ],
    [on("--table cut.csv --partial"), /"cut.csv" is no whole CSV file: .*line 41/],
    [on("--table cut.csv.gz --partial"), /"cut.csv.gz" cannot be unpacked .*truncated/],
    [on("--table empty.csv --partial"), /"empty.csv" is empty/],
    [on("--table wide.csv --partial"), /"wide.csv" is no table of networks: it has more than 1,000 columns/],
    [on("--table line.csv --partial"), /"line.csv" is no whole CSV file: Max Record Size/],
    [on("--table quote.csv --partial"), /"quote.csv" is no whole CSV file: Max Record Size/],
    [on("--table short.csv.gz --partial"), /more than 2,000,000 rows/],
    [on("--table page.html --partial"), /"page.html" .*line 2/],
    [on("--table fractions.csv --partial"), /no "in16" is above 0\.\d+; expected accuracies in %/],
    [
      on("--table cells.csv --partial --dataset c10"),
      /"cells.csv" has no column "c10".*has "index", "architecture", "in16"/,
    ],
    [on("--table cells.csv --partial --dataset cifar10"), /unknown dataset of nats-topology "cifar10"/],
    [
      on("--table cells.csv --partial --sample 41"),
      /--sample takes at most the 40 networks of "cells.csv", was given 41/,
    ],
    [on("--table cells.csv --partial --metrics magic"), /unknown metric "magic"/],
    [on("--table cells.csv --partial --out mine"), /"mine" holds summary.json of something else; choose another --out/],
    [on("--table cells.csv --partial --scores cells.csv"), /"cells.csv" as an SQLite database/],
    [on("--table cells.csv --partial --workers 0"), /--workers takes a whole number from 1/],
    [on("--table cells.csv --partial surplus"), /too many arguments/],
  ])("esnas bench correlate %s", ([line, reason]) =>
    expectRefusal(place, ["bench", "correlate", ...line.split(" ").filter((word) => word !== "")], reason),
  );

  test("esnas bench corelate", () =>
    expectRefusal(place, ["bench", "corelate"], /unknown command 'corelate' \(Did you mean correlate\?\)/));
  test("esnas bench", () => expectRefusal(place, ["bench"], /no command, or no such command; see --help/));
});
