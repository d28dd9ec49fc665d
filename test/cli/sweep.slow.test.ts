/** @file `esnas sweep`: each search is the one that `esnas search` makes, all are in one database, and nothing that ends a process changes it. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import Database from "libsql";
import { beforeAll, describe, expect, test } from "vitest";
import {
  alterStudy,
  candidatesOf,
  contentsOf,
  esnas,
  expectRefusal,
  query,
  readJson,
  resultOf,
  start,
  stdoutOf,
  temporaryFolder,
} from "./esnas.js";

/** Of the default recipe. */
const SIZE_METRIC = "logsynflow(normalisation=divide)";

interface Estimate {
  readonly searches: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

interface Summary {
  readonly groups: readonly {
    readonly name: string;
    readonly scores: Readonly<Record<string, Estimate>>;
    readonly costs: Readonly<Record<string, Estimate>>;
    readonly analysis: { readonly folder: string; readonly patterns: readonly unknown[] } | null;
  }[];
  readonly searches: readonly {
    readonly group: string;
    readonly seed: number;
    readonly folder: string;
    readonly scores: Readonly<Record<string, number>>;
    readonly costs: Readonly<Record<string, number>>;
  }[];
}

const cwd = temporaryFolder();
const FILE = "sweep.yaml";
writeFileSync(
  join(cwd, FILE),
  `# Two groups of two searches.
preset: s2
algorithm: [cyclic, random]
topology-metric: meco
max-evaluations: 24
seeds: 2
`,
);
const runs = ["1-cyclic/seed0", "1-cyclic/seed1", "2-random/seed0", "2-random/seed1"].map((run) => join("runs", run));

function rowsOf(folder: string, sql: string): Record<string, unknown>[] {
  const db = new Database(join(folder, "sweep.sqlite"));
  try {
    return db.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    db.close();
  }
}

/** All candidates of a sweep, which two of one file share. */
function historiesOf(folder: string): Record<string, unknown>[] {
  return rowsOf(folder, "SELECT * FROM candidates ORDER BY search, id");
}

let summary: Summary;
beforeAll(async () => {
  summary = JSON.parse(await stdoutOf(cwd, "sweep", FILE, "--random", "10", "--json"));
}, 120_000);

const done = join(cwd, "sweeps", "sweep");

describe("a sweep", () => {
  test("leaves its database, its report and the folders of its runs, and prints the summary", () => {
    const files = ["analysis", "groups.csv", "report.html", "runs", "searches.csv", "summary.json", "sweep.sqlite"];
    expect(readdirSync(done).filter((name) => !name.startsWith("chart-"))).toEqual(files);
    expect(readdirSync(done)).toContain("chart-meco.svg");
    expect(readJson(done, "summary.json")).toEqual(summary);
    expect(summary.searches.map(({ folder }) => folder)).toEqual(runs);
  });

  test("makes each search as esnas search does, with its history and its files", async () => {
    const line = "search --preset s2 --algorithm random --topology-metric meco --max-evaluations 24 --seed 1";
    await stdoutOf(cwd, ...line.split(" "), "--out", "alone");
    const [, , , last = ""] = runs;
    expect(candidatesOf(join(done, last))).toEqual(candidatesOf(join(cwd, "alone")));
    expect(resultOf(join(done, last))).toEqual(resultOf(join(cwd, "alone")));
  });

  test("has the candidates of all searches in one database", () => {
    const searches = rowsOf(done, "SELECT * FROM searches ORDER BY id");
    expect(searches.map(({ folder }) => folder)).toEqual(runs);
    const ofRuns = runs.flatMap((run, i) => candidatesOf(join(done, run)).map((row) => ({ search: i + 1, ...row })));
    expect(historiesOf(done)).toEqual(ofRuns);
    const timings = runs.flatMap((run) => query(join(done, run), "SELECT milliseconds FROM timings ORDER BY id"));
    expect(rowsOf(done, "SELECT milliseconds FROM timings ORDER BY search, id")).toEqual(timings);
  });

  test("tells of each group means over its searches, within their intervals", () => {
    expect(summary.groups.map(({ name }) => name)).toEqual(["1-cyclic", "2-random"]);
    for (const { name, scores, costs } of summary.groups) {
      const searches = summary.searches.filter(({ group }) => group === name);
      expect(Object.keys(scores)).toEqual(["meco", SIZE_METRIC]);
      for (const [what, { searches: counted, mean, low, high }] of Object.entries({ ...scores, ...costs })) {
        const values = searches.map((search) => search.scores[what] ?? search.costs[what] ?? Number.NaN);
        expect(counted).toBe(2);
        expect(mean / ((Number(values[0]) + Number(values[1])) / 2)).toBeCloseTo(1, 9);
        expect(low).toBeLessThanOrEqual(mean);
        expect(high).toBeGreaterThanOrEqual(mean);
        expect([low, high]).toEqual([Math.min(...values), Math.max(...values)]);
      }
    }
  });

  test("has the same numbers in its CSV files", () => {
    const read = (name: string) =>
      parse(readFileSync(join(done, name)), { columns: true }) as Readonly<Record<string, string>>[];
    const searches = read("searches.csv");
    expect(searches.map(({ algorithm }) => algorithm)).toEqual(["cyclic", "cyclic", "random", "random"]);
    expect(searches.map(({ meco }) => Number(meco))).toEqual(summary.searches.map(({ scores }) => scores.meco));
    const means = read("groups.csv").filter(({ what }) => what === SIZE_METRIC);
    expect(means.map(({ mean }) => Number(mean))).toEqual(
      summary.groups.map(({ scores }) => scores[SIZE_METRIC]?.mean),
    );
  });

  test("has what esnas analyze finds of each group, which its command makes again", async () => {
    expect(summary.groups.map(({ analysis }) => analysis?.patterns.length)).toEqual([5, 5]);
    const { command } = readJson(done, "analysis", "1-cyclic", "summary.json") as { readonly command: string };
    const [, ...words] = command.split(" ");
    await stdoutOf(cwd, ...words, "--out", "again");
    const { "summary.json": _, "report.html": __, ...files } = contentsOf(join(done, "analysis", "1-cyclic"));
    expect(contentsOf(join(cwd, "again"))).toMatchObject(files);
  });

  test("that has ended writes its report again, and touches neither database nor runs", async () => {
    const before = contentsOf(done);
    rmSync(join(done, "report.html"));
    const text = await stdoutOf(cwd, "sweep", "--resume", join("sweeps", "sweep"), "--random", "10");
    expect(contentsOf(done)).toEqual(before);
    expect(text).toMatch(/^group +seeds +meco +logsynflow\(/);
    expect(text).toContain("4 searches in 2 groups");
  });
});

describe("a sweep that is killed", () => {
  test("again and again at any moment has the histories of the undisturbed one in the end", async () => {
    const random = seededRandom(5);
    const run = join(cwd, "killed");
    const begin = ["sweep", FILE, "--out", "killed", "--random", "0"];
    for (let kill = 0; kill < 2; kill++) {
      const going = existsSync(run) ? ["sweep", "--resume", "killed", "--random", "0"] : begin;
      const { child, ended } = start(cwd, ...going, "--at-once", String(kill + 2), "--workers", "2");
      while (!existsSync(join(run, "runs")) && child.exitCode === null) await pause(5);
      await pause(300 + random.below(700));
      child.kill("SIGKILL");
      await ended;
    }
    expect(readdirSync(run)).not.toContain("summary.json");
    await stdoutOf(cwd, "sweep", "--resume", "killed", "--random", "0");
    expect(historiesOf(run)).toEqual(historiesOf(done));
    for (const folder of runs) expect(resultOf(join(run, folder))).toEqual(resultOf(join(done, folder)));
  });

  test("by Ctrl-C says how to go on; meanwhile nobody else works on it", async () => {
    const { child, ended } = start(cwd, "sweep", FILE, "--out", "it stops", "--json");
    while (!existsSync(join(cwd, "it stops", "runs"))) await pause(5);
    expect(await esnas(cwd, "sweep", "--resume", "it stops")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/another process is working on "it stops|another process is working on "\//),
    });
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/^go on with: esnas sweep --resume 'it stops'$/m);
    expect(existsSync(join(cwd, "it stops", "sweep.sqlite-lock"))).toBe(false);
  });
});

describe("what is refused", () => {
  const written = (text: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "bad.yaml"), text);
    return folder;
  };

  test.for<[text: string, reason: RegExp]>([
    [
      "{ seeds: 2, max-params: [2M, 1k] }",
      /^esnas: "bad\.yaml": no model .* has at most 1,000 parameters: its smallest model has 79,200 parameters, .* \(max-params 1k, seed 0: search 3 of 4\)/,
    ],
  ])("before a folder appears: %s", ([text, reason]) => expectRefusal(written(text), ["sweep", "bad.yaml"], reason));

  test.for<[line: string, reason: RegExp]>([
    ["sweep", /no file of a sweep was given/],
    [`sweep ${FILE} --out sweeps/sweep`, /"sweeps\/sweep" exists already; choose another --out/],
    [`sweep ${FILE} --resume sweeps/sweep`, /takes no file \("sweep\.yaml"\)/],
    ["sweep --resume sweeps", /"sweeps" is not the folder of a sweep: it holds no sweep\.sqlite/],
  ])("esnas %s", ([line, reason]) => expectRefusal(cwd, line.split(" "), reason));

  test("a database that is none of ours", async () => {
    mkdirSync(join(cwd, "other"));
    writeFileSync(join(cwd, "other", "sweep.sqlite"), readFileSync(join(done, runs[0] ?? "", "study.sqlite")));
    await expectRefusal(cwd, ["sweep", "--resume", "other"], /is no sweep of esnas/);
  });

  test.for(["ended", "stopped"])("a run that is not the sweep's, of a search that has %s", async (state) => {
    const sweep = state === "ended" ? join("sweeps", "sweep") : "it stops";
    const run = join(sweep, runs[0] ?? "");
    const seed = (from: number, to: number) =>
      alterStudy(join(cwd, run), `UPDATE study SET value = replace(value, '"seed":${from}', '"seed":${to}')`);
    seed(0, 3);
    const { code, stderr } = await esnas(cwd, "sweep", "--resume", sweep);
    seed(3, 0);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/seed0" is a run of another seed than the sweep's; go on with --resume /),
    });
  });
});
