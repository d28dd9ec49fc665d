/** @file `esnas bench search` as its user sees it: what is found and written, what is refused, stops and kills. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { architectureText, type Genotype, natsTopologySpace } from "@esnas/core/internal";
import { DOMParser, onErrorStopParsing } from "@xmldom/xmldom";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import Database from "libsql";
import { mean, quantile, sampleStandardDeviation } from "simple-statistics";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { convertTables } from "../../packages/studies/src/tables/convert.js";
import { contentsOf, expectRefusal, REPOSITORY, readJson, start, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const space = natsTopologySpace({ dataset: "in16" });
const NETWORKS = 5 ** 6;
/** Milliseconds that a first run may take. */
const SLOW = 120_000;

/** All cells, with accuracies that are made up: of their operations, and a little of their number. */
const worth: Readonly<Record<string, number>> = {
  none: 0,
  avg_pool_3x3: 2,
  skip_connect: 4,
  nor_conv_1x1: 5,
  nor_conv_3x3: 6,
};
const rows = Array.from({ length: NETWORKS }, (_, index) => {
  const genotype: Genotype = space.genes.map(({ values }, gene) => values[Math.floor(index / 5 ** gene) % 5] ?? "");
  const sum = genotype.reduce<number>((total, operation) => total + (worth[operation] ?? 0), 0);
  const accuracy = 5 + sum + ((index * 7919) % NETWORKS) / NETWORKS;
  return {
    index,
    architecture: architectureText(space, genotype),
    in16: accuracy.toFixed(4),
    "in16-val12": (accuracy / 2 + ((index * 104_729) % 1000) / 1000).toFixed(4),
    "in16-seconds12": 60 + (index % 50),
  };
});
const csv = stringify(rows, { header: true });
writeFileSync(join(cwd, "cells.csv.gz"), gzipSync(csv));
const byArchitecture = new Map(rows.map((row) => [row.architecture, row]));
const OPTIMUM = Math.max(...rows.map(({ in16 }) => Number(in16)));

const TABLE = "bench search --space nats-topology --dataset in16 --table cells.csv.gz".split(" ");

const row = z.strictObject({ index: z.number(), architecture: z.string(), accuracy: z.number() });
const summarySchema = z.strictObject({
  kind: z.literal("esnas bench search"),
  version: z.string(),
  command: z.string(),
  space: z.strictObject({ name: z.string(), version: z.number(), options: z.record(z.string(), z.unknown()) }),
  dataset: z.string(),
  table: z.strictObject({ file: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), rows: z.number() }),
  seeds: z.array(z.number()),
  scoreSeed: z.number().nullable(),
  maxEvaluations: z.number(),
  rescore: z.number().nullable(),
  optimum: row,
  methods: z.array(
    z.strictObject({
      label: z.string(),
      algorithm: z.string(),
      objective: z.string(),
      accuracy: z.strictObject({
        mean: z.number(),
        deviation: z.number().nullable(),
        best: z.number(),
        median: z.number(),
        worst: z.number(),
      }),
      atOptimum: z.number(),
      evaluations: z.number(),
      seconds: z.number(),
      training: z.strictObject({ networks: z.number(), seconds: z.number().nullable() }).nullable(),
      searches: z.array(row.extend({ seed: z.number(), evaluations: z.number(), reason: z.string() })),
      curve: z.array(
        z.strictObject({
          evaluations: z.number(),
          mean: z.number(),
          lowerQuartile: z.number(),
          upperQuartile: z.number(),
        }),
      ),
    }),
  ),
});

function summaryOf(folder: string) {
  return summarySchema.parse(readJson(cwd, folder, "summary.json"));
}

function csvOf(folder: string, name: string): Record<string, string>[] {
  return parse(readFileSync(join(cwd, folder, name)), { columns: true });
}

/** The files of a result without what tells times. */
function timeless(folder: string): unknown {
  const { "summary.json": _summary, "report.html": _report, ...files } = contentsOf(join(cwd, folder));
  const { methods, ...summary } = summaryOf(folder);
  return { files, summary, methods: methods.map(({ seconds: _seconds, ...method }) => method) };
}

describe("help", () => {
  test("of esnas bench names it", async () => {
    expect(await stdoutOf(cwd, "bench", "--help")).toMatch(/\n {2}search /);
  });

  test("of esnas bench search fits 80 columns, and has examples, every flag of which it knows", async () => {
    const [options = "", examples = ""] = (await stdoutOf(cwd, "bench", "search", "--help")).split("\nExamples:\n");
    for (const line of options.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(examples).toContain("$ esnas bench search ");
    for (const [flag] of examples.matchAll(/ --[\w-]+/g)) expect(options).toContain(flag);
  });
});

describe("a result", () => {
  const ARGS = [...TABLE, ..."--algorithm cyclic,evolution,freerea --metrics logsynflow --seeds 3".split(" ")];
  let stdout = "";
  beforeAll(async () => {
    stdout = await stdoutOf(cwd, ...ARGS, "--max-evaluations", "80", "--out", "flow");
  }, SLOW);

  test("has a row for each algorithm, for FreeREA one with its skip term and one without", () => {
    const { methods } = summaryOf("flow");
    expect(methods.map(({ label, algorithm, objective }) => [label, algorithm, objective])).toEqual([
      ["cyclic", "cyclic", "logsynflow"],
      ["evolution", "evolution", "logsynflow"],
      ["freerea", "freerea", "logsynflow"],
      ["freerea with its skip term", "freerea", "scaled(logsynflow,skip-length)"],
    ]);
    for (const { label } of methods) expect(stdout).toContain(label);
  });

  test("tells of what is found by the table, and of what the seeds have in common", () => {
    const { methods, optimum, table } = summaryOf("flow");
    expect(optimum.accuracy).toBe(OPTIMUM);
    expect(table.rows).toBe(NETWORKS);
    for (const { searches, accuracy, atOptimum, evaluations, training } of methods) {
      expect(searches.map(({ seed }) => seed)).toEqual([0, 1, 2]);
      for (const { architecture, index, accuracy: found, evaluations: scored } of searches) {
        const expected = byArchitecture.get(architecture);
        expect({ index, found }).toEqual({ index: expected?.index, found: Number(expected?.in16) });
        expect(scored).toBeLessThanOrEqual(80);
      }
      const found = searches.map(({ accuracy: value }) => value);
      expect(accuracy).toEqual({
        mean: mean(found),
        deviation: sampleStandardDeviation(found),
        best: Math.max(...found),
        median: quantile(found, 0.5),
        worst: Math.min(...found),
      });
      expect(atOptimum).toBe(found.filter((value) => value === OPTIMUM).length / 3);
      expect(evaluations).toBeCloseTo(mean(searches.map(({ evaluations: scored }) => scored)), 12);
      expect(training).toBeNull();
    }
  });

  test("has curves that end with what is found", () => {
    const { methods } = summaryOf("flow");
    for (const { curve, accuracy } of methods) {
      expect(curve.map(({ evaluations }) => evaluations)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
      expect(curve.at(-1)?.mean).toBe(accuracy.mean);
    }
    const points = csvOf("flow", "curves.csv");
    expect(points).toHaveLength(4 * 80);
    expect(Object.keys(points[0] ?? {})).toEqual([
      "search",
      "objective",
      "candidates",
      "mean",
      "lower quartile",
      "upper quartile",
    ]);
  });

  test("has its searches as CSV, a chart that is whole XML, and a report that needs nothing else", () => {
    expect(readdirSync(join(cwd, "flow")).sort()).toEqual([
      "curves.csv",
      "curves.svg",
      "report.html",
      "searches.csv",
      "summary.json",
    ]);
    const { methods, command, table } = summaryOf("flow");
    expect(
      csvOf("flow", "searches.csv").map(({ search, seed, accuracy }) => [search, Number(seed), Number(accuracy)]),
    ).toEqual(methods.flatMap(({ label, searches }) => searches.map(({ seed, accuracy }) => [label, seed, accuracy])));
    const svg = readFileSync(join(cwd, "flow/curves.svg"), "utf8");
    const parser = new DOMParser({ onError: onErrorStopParsing });
    expect(parser.parseFromString(svg, "image/svg+xml").documentElement?.tagName).toBe("svg");
    const html = readFileSync(join(cwd, "flow/report.html"), "utf8");
    expect(html).toContain(table.sha256);
    expect(html).toContain(command);
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|<script|<link|src=|@import/);
  });

  test("is the same by the command that it names, times apart", async () => {
    const { command } = summaryOf("flow");
    await stdoutOf(cwd, ...command.split(" ").slice(1), "--out", "again");
    expect(timeless("again")).toEqual(timeless("flow"));
  });

  test("is printed as JSON where that is asked for", async () => {
    const json = await stdoutOf(cwd, ...ARGS, "--max-evaluations", "80", "--out", "flow", "--json");
    expect(JSON.parse(json)).toEqual(readJson(cwd, "flow", "summary.json"));
  });

  test("of FreeREA with several metrics orders by their scaled sum", async () => {
    const args = [...TABLE, ..."--algorithm freerea --seeds 1 --max-evaluations 30 --out terms".split(" ")];
    await stdoutOf(cwd, ...args, "--metrics", "logsynflow,macs");
    expect(summaryOf("terms").methods.map(({ objective }) => objective)).toEqual([
      "scaled(logsynflow,macs)",
      "scaled(logsynflow,macs,skip-length)",
    ]);
  });
});

describe("the trained baselines", () => {
  beforeAll(async () => {
    const args = "--algorithm random,regularized-evolution --seeds 4 --max-evaluations 60 --out trained";
    await stdoutOf(cwd, ...TABLE, ...args.split(" "));
  }, SLOW);

  test("are ordered by the accuracy after 12 epochs, and tell of the training that they would have cost", () => {
    const { methods } = summaryOf("trained");
    expect(methods.map(({ label, objective }) => [label, objective])).toEqual([
      ["random", "trained"],
      ["regularized-evolution", "trained"],
    ]);
    for (const { training } of methods) {
      expect(training?.networks).toBe(60);
      expect(training?.seconds).toBeGreaterThan(60 * 60);
      expect(training?.seconds).toBeLessThan(60 * 110);
    }
  });

  test("find more than a network drawn at random is worth, evolution more than random search", () => {
    const [random, evolved] = summaryOf("trained").methods.map(({ accuracy }) => accuracy.mean);
    const average = mean(rows.map(({ in16 }) => Number(in16)));
    expect(random).toBeGreaterThan(average + 5);
    expect(evolved).toBeGreaterThan(random ?? 0);
  });

  test("say that the time is not known where the table does not have it", async () => {
    const timesless = rows.map(({ "in16-seconds12": _seconds, ...others }) => others);
    writeFileSync(join(cwd, "timeless.csv"), stringify(timesless, { header: true }));
    const args = "--algorithm random --seeds 1 --max-evaluations 20 --table timeless.csv --out timeless";
    const stdout = await stdoutOf(cwd, ...TABLE, ...args.split(" "));
    expect(stdout).toMatch(/20 networks, 12\s+epochs each, time\s+not known/);
    expect(summaryOf("timeless").methods[0]?.training).toEqual({ networks: 20, seconds: null });
  });
});

describe("a part of a table", () => {
  test("is searched alone where that is asked for", async () => {
    const part = rows.filter(({ index }) => index % 7 === 3);
    writeFileSync(join(cwd, "part.csv"), stringify(part, { header: true }));
    const args = "--table part.csv --partial --algorithm evolution,freerea,random --metrics logsynflow --seeds 2";
    await stdoutOf(cwd, ...TABLE, ...args.split(" "), "--max-evaluations", "60", "--out", "part");
    const { methods, optimum } = summaryOf("part");
    expect(optimum.accuracy).toBe(Math.max(...part.map(({ in16 }) => Number(in16))));
    for (const { searches } of methods) {
      for (const { index, evaluations } of searches) {
        expect(index % 7).toBe(3);
        expect(evaluations).toBe(60);
      }
    }
  });
});

describe("scores of random weights", () => {
  const ARGS = [...TABLE, ..."--algorithm random --metrics entropic-score --max-evaluations 12 --seeds 2".split(" ")];
  const scopesOf = (file: string) => {
    const db = new Database(join(cwd, file));
    try {
      return db.prepare("SELECT seed, count(*) AS n FROM scores JOIN scopes ON scope = id GROUP BY seed").all();
    } finally {
      db.close();
    }
  };
  beforeAll(async () => {
    await stdoutOf(cwd, ...ARGS, "--workers", "2", "--scores", "two.sqlite", "--out", "two");
  }, SLOW);

  test("are the same whatever the number of workers, and each search has those of its own seed", async () => {
    await stdoutOf(cwd, ...ARGS, "--workers", "1", "--scores", "one.sqlite", "--out", "one");
    expect(timeless("one")).toEqual(timeless("two"));
    expect(scopesOf("one.sqlite")).toEqual([
      { seed: 0, n: 12 },
      { seed: 1, n: 12 },
    ]);
  });

  test("are those of one seed for all searches where that is asked for", async () => {
    await stdoutOf(cwd, ...ARGS, "--score-seed", "5", "--scores", "shared.sqlite", "--out", "shared");
    expect(scopesOf("shared.sqlite")).toMatchObject([{ seed: 5 }]);
    expect(summaryOf("shared").scoreSeed).toBe(5);
  });

  test("that are kept are not made again", async () => {
    const db = new Database(join(cwd, "two.sqlite"));
    const [last] = db.prepare("SELECT max(architecture) FROM scores WHERE scope = 1").raw().get() as [string];
    db.prepare("UPDATE scores SET score = 1000 WHERE scope = 1 AND architecture = ?").run(last);
    db.close();
    await stdoutOf(cwd, ...ARGS, "--scores", "two.sqlite", "--out", "altered");
    expect(summaryOf("altered").methods[0]?.searches[0]?.architecture).toBe(last);
  });

  test("are drawn again for the ten best where that is asked for, and the best of these is what is found", async () => {
    await stdoutOf(cwd, ...ARGS, "--rescore", "3", "--scores", "again.sqlite", "--out", "again");
    const { rescore, command, methods } = summaryOf("again");
    expect({ rescore, command }).toMatchObject({ rescore: 3, command: expect.stringContaining("--rescore 3") });
    const db = new Database(join(cwd, "again.sqlite"));
    const finalists = (seed: number) =>
      db
        .prepare(
          "SELECT architecture FROM scores JOIN scopes ON scope = id WHERE seed = ? AND metric = ? ORDER BY score DESC",
        )
        .pluck()
        .all(seed, "entropic-score(repeats=3)");
    for (const { seed, architecture, evaluations } of methods[0]?.searches ?? []) {
      expect(finalists(seed)).toHaveLength(10);
      expect(architecture).toBe(finalists(seed)[0]);
      expect(evaluations).toBe(22);
    }
    db.close();
  });
});

describe("a run that does not reach its end", () => {
  const ARGS = [...TABLE, ..."--algorithm evolution,random --metrics entropic-score --seeds 2 --workers 1".split(" ")];
  const LONG = [...ARGS, "--max-evaluations", "40"];

  /** Waits until a run has kept some scores. */
  async function kept(file: string): Promise<void> {
    for (;;) {
      await pause(20);
      if (!existsSync(join(cwd, file)) || statSync(join(cwd, file)).size === 0) continue;
      try {
        const db = new Database(join(cwd, file));
        const isKept = db.prepare("SELECT 1 FROM scores").get() !== undefined;
        db.close();
        if (isKept) return;
      } catch {
        // Its tables are being made.
      }
    }
  }

  beforeAll(async () => {
    await stdoutOf(cwd, ...LONG, "--scores", "whole.sqlite", "--out", "whole");
  }, SLOW);

  test.each(["SIGINT", "SIGKILL"] as const)("because of %s goes on from there", async (signal) => {
    const file = `${signal}.sqlite`;
    const { child, ended } = start(cwd, ...LONG, "--scores", file, "--out", signal);
    await kept(file);
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect(existsSync(join(cwd, signal))).toBe(false);
    if (signal === "SIGINT") {
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toContain(`stopped; the scores so far are in ${file}`);
    }
    await stdoutOf(cwd, ...LONG, "--scores", file, "--out", signal);
    expect(timeless(signal)).toEqual(timeless("whole"));
  });
});

describe("what cannot be done is refused, and nothing touched", () => {
  const place = temporaryFolder();
  writeFileSync(join(place, "cells.csv"), csv);
  writeFileSync(join(place, "few.csv"), csv.split("\n").slice(0, 200).join("\n"));
  writeFileSync(
    join(place, "bare.csv"),
    stringify(
      rows.map(({ index, architecture, in16 }) => ({ index, architecture, in16 })),
      { header: true },
    ),
  );
  mkdirSync(join(place, "mine"));
  writeFileSync(join(place, "mine", "curves.svg"), "<svg/>");

  const on = (line: string) => `--space nats-topology --dataset in16 --seeds 1 ${line}`;

  test.for<[line: string, reason: RegExp]>([
    ["--dataset c10", /required option '--space <name>' not specified/],
    ["--space hybrid --dataset fashion", /unknown space with a table of all its networks "hybrid".*nats-topology/],
    [on(""), /there is no table "tables\/nats-topology.csv"/],
    [
      on("--table few.csv"),
      /expected 15,625 rows, the networks of nats-topology: "few.csv" has 199; where a part is meant, say that it is partial/,
    ],
    [on("--table few.csv --partial --metrics macs"), /a search needs a table of the whole space "nats-topology"/],
    [on("--table bare.csv"), /random without --metrics is a trained baseline: it needs the column "in16-val12"/],
    [on("--table bare.csv --metrics trained"), /--metrics trained: it needs the column "in16-val12"/],
    [on("--table cells.csv --algorithm genetic"), /unknown algorithm "genetic".*Known: cyclic, evolution/],
    [on("--table cells.csv --algorithm random,random"), /algorithm "random" is named twice/],
    [on("--table cells.csv --metrics macs,logsynflow"), /cyclic takes one objective.*rank\(macs,logsynflow\)/],
    [on("--table cells.csv --metrics magic"), /unknown metric "magic"/],
    [on("--table cells.csv --max-evaluations 0"), /--max-evaluations takes a whole number from 1/],
    [
      on("--table cells.csv --algorithm evolution --metrics naswot(repeats=4) --rescore 4"),
      /--rescore takes more random weights than the 4 that candidates are scored with, was given 4/,
    ],
    [on("--table cells.csv --score-seed -1"), /--score-seed takes a whole number from 0/],
    [on("--table cells.csv --out mine"), /"mine" holds curves.svg of something else; choose another --out/],
    [on("--table cells.csv --algorithm random --scores cells.csv"), /"cells.csv" as an SQLite database/],
  ])("esnas bench search %s", ([line, reason]) =>
    expectRefusal(place, ["bench", "search", ...line.split(" ").filter((word) => word !== "")], reason),
  );
});

const DATA = join(REPOSITORY, "../shared/data");

describe.skipIf(!existsSync(join(DATA, "tss_nats201.csv.gz")))(
  "the whole table of NATS-Bench (skipped without ../shared/data)",
  () => {
    const real = temporaryFolder();
    beforeAll(() => convertTables({ from: DATA, out: join(real, "tables") }), SLOW);

    test("has FreeREA find by LogSynflow what the paper's skip term is there for", async () => {
      const args =
        "bench search --space nats-topology --dataset c10 --algorithm freerea --metrics logsynflow --seeds 3";
      const { methods } = summarySchema.parse(JSON.parse(await stdoutOf(real, ...args.split(" "), "--json")));
      const [without, withSkips] = methods.map(({ accuracy }) => accuracy.mean);
      expect(without).toBeCloseTo(93.76, 2);
      expect(withSkips).toBeCloseTo(94.36, 2);
    });

    test("has regularized evolution find more by 12 epochs of training than random search does", async () => {
      const args =
        "bench search --space nats-topology --dataset c10 --algorithm random,regularized-evolution --seeds 10";
      const { methods, optimum } = summarySchema.parse(JSON.parse(await stdoutOf(real, ...args.split(" "), "--json")));
      expect(optimum.accuracy).toBe(94.3733);
      const [random, evolved] = methods.map(({ accuracy }) => accuracy.mean);
      expect(random).toBeGreaterThan(93.5);
      expect(evolved).toBeGreaterThan(94.2);
    });
  },
);
