/** @file `esnas analyze`: searches of its own or runs that were made before give the same; what is done is not done again. */

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import { alterStudy, contentsOf, esnas, expectRefusal, readJson, start, stdoutOf, temporaryFolder } from "./esnas.js";

interface Summary {
  readonly seeds: readonly number[];
  readonly search: Readonly<Record<string, unknown>>;
  readonly patterns: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly statements: readonly Readonly<Record<string, unknown>>[];
  }[];
  readonly traits: readonly Readonly<Record<string, number | string | null>>[];
}

const cwd = temporaryFolder();
const budget = "--preset s0 --max-evaluations 40".split(" ");
const counts = "--random 20 --resamples 50 --top 3".split(" ");
const making = ["analyze", "--seeds", "3", ...budget, ...counts, "--out", "result"];
const runs = [0, 1, 2].map((seed) => join("result", "runs", `seed${seed}`));
const RESULTS = [
  "analysis.csv",
  "ffns.svg",
  "kernels.svg",
  "kinds.svg",
  "models.csv",
  "qkv.svg",
  "report.html",
  "summary.json",
];

let summary: Summary;
beforeAll(async () => {
  summary = JSON.parse(await stdoutOf(cwd, ...making, "--json"));
}, 120_000);

describe("an analysis of searches that it makes", () => {
  test("leaves its result and the folders of the runs, and prints the summary", () => {
    expect(readdirSync(join(cwd, "result")).sort()).toEqual([...RESULTS, "runs"].sort());
    expect(readdirSync(join(cwd, "result", "runs")).sort()).toEqual(["seed0", "seed1", "seed2"]);
    expect(readJson(cwd, "result", "summary.json")).toEqual(summary);
    expect(summary).toMatchObject({ seeds: [0, 1, 2], search: { preset: "s0", maxEvaluations: 40 } });
  });

  test("has the five patterns, each with a verdict and the numbers behind it", () => {
    expect(summary.patterns.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e"]);
    for (const { verdict, statements } of summary.patterns) {
      expect(verdict).toMatch(/^(holds|does not hold|undecided)$/);
      for (const statement of statements) {
        expect(statement).toMatchObject({ verdict: expect.any(String), random: expect.any(Number) });
      }
    }
  });

  test("has shares of kinds that sum up to one in every stage, of random genotypes too", () => {
    for (const stage of [0, 1, 2, 3]) {
      const shares = summary.traits.filter((trait) => trait.kind === "kind" && trait.stage === stage);
      for (const of of ["found", "random"]) {
        expect(shares.reduce((sum, share) => sum + Number(share[of]), 0)).toBeCloseTo(1, 9);
      }
    }
  });

  test("has every trait that some network has in its CSV file, with effects from -1 to 1", () => {
    const rows = parse(readFileSync(join(cwd, "result", "analysis.csv")), { columns: true }) as Record<
      string,
      string
    >[];
    const traits = rows.filter(({ what }) => what === "trait").map(({ name }) => name);
    expect(traits).toEqual(summary.traits.filter(({ found }) => found !== null).map(({ name }) => name));
    for (const { effect, "effect low": low, "effect high": high } of rows.filter((row) => row.effect !== "")) {
      for (const value of [effect, low, high]) expect(Math.abs(Number(value))).toBeLessThanOrEqual(1);
    }
  });

  test("is made again with the same bytes, from the runs that are there", async () => {
    const before = contentsOf(join(cwd, "result"));
    const text = await stdoutOf(cwd, ...making);
    expect(contentsOf(join(cwd, "result"))).toEqual(before);
    expect(text).toContain("(a) IBN is the main block");
  });

  test("goes on after Ctrl-C with what is missing, and ends with the same", async () => {
    const stopped = [...making.slice(0, -1), "stopped"];
    const { child, ended } = start(cwd, ...stopped);
    const first = join(cwd, "stopped", "runs", "seed0");
    while (!existsSync(first)) await new Promise((later) => setTimeout(later, 20));
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(existsSync(join(cwd, "stopped", "summary.json"))).toBe(false);
    await stdoutOf(cwd, ...stopped);
    const { traits } = readJson(cwd, "stopped", "summary.json") as Summary;
    expect(traits).toEqual(summary.traits);
  });
});

describe("an analysis of runs that were made before", () => {
  test("finds what the one that made them found", async () => {
    const again = JSON.parse(await stdoutOf(cwd, "analyze", ...runs, ...counts, "--out", "again", "--json"));
    expect({ patterns: again.patterns, traits: again.traits }).toEqual({
      patterns: summary.patterns,
      traits: summary.traits,
    });
  });

  test("looks at the found models alone with --top 1", async () => {
    const alone = JSON.parse(
      await stdoutOf(cwd, "analyze", ...runs, ...counts, "--top", "1", "--out", "alone", "--json"),
    ) as Summary;
    const widths = runs.map((run) => (readJson(cwd, run, "summary.json") as { stages: { width: number }[] }).stages[3]);
    const mean = widths.reduce((sum, stage) => sum + (stage?.width ?? 0), 0) / widths.length;
    const models = parse(readFileSync(join(cwd, "alone", "models.csv")), { columns: true }) as Record<string, string>[];
    expect(models.map((model) => Number(model["stages.3.width"]))).toEqual(widths.map((stage) => stage?.width));
    expect(models.map(({ seed }) => Number(seed))).toEqual([0, 1, 2]);
    expect(alone.traits.find(({ name }) => name === "stages.3.width")?.found).toBeCloseTo(mean, 9);
  });
});

describe("what is refused", () => {
  test.for<[line: string, reason: RegExp]>([
    ["analyze", /nothing to look at: give folders of runs, or --seeds N/],
    ["analyze --seeds 1", /--seeds takes a whole number from 2/],
    ["analyze --seeds 2 --space nats-topology", /looks at the space "hybrid", was given "nats-topology"/],
    ["analyze nothing", /there is no such file or folder/],
    ["analyze result", /is not the folder of a run/],
    [`analyze ${runs[0]} --seeds 3`, /take no --seeds/],
    [`analyze ${runs[0]} --preset s1`, /take no --preset/],
    [`analyze ${runs[0]} ${runs[1]} ${runs[0]}`, /are runs of the same seed/],
    [`analyze ${runs[0]} ${runs[1]} --out ${runs[0]}`, /holds summary\.json of something else; choose another --out/],
    ["analyze --seeds 3 --preset s1 --max-evaluations 40 --out result", /is a run of another preset/],
  ])("is refused: esnas %s", ([line, reason]) => expectRefusal(cwd, line.split(" "), reason));

  test("runs that differ in more than their seeds", async () => {
    await esnas(cwd, ..."search --preset s0 --max-evaluations 39 --seed 5 --out other".split(" "));
    await expectRefusal(cwd, ["analyze", runs[0] ?? "", "other"], /differ in more than their seeds: in maxEvaluations/);
  });

  test("a run that has not ended, or whose study holds something else", async () => {
    rmSync(join(cwd, "other", "summary.json"));
    await expectRefusal(cwd, ["analyze", "other"], /has not ended; end it with: esnas search --resume other/);
    await esnas(cwd, ..."search --preset s0 --max-evaluations 39 --seed 6 --out broken".split(" "));
    alterStudy(join(cwd, "broken"), "UPDATE candidates SET scores = '[]'");
    await expectRefusal(cwd, ["analyze", "broken"], /a candidate is not of the form/);
  });
});
