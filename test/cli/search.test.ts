/** @file `esnas search`: what it prints, what it leaves in the run's folder, and that it keeps the budget. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { familyBudgets } from "@esnas/core/internal";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import {
  candidatesOf,
  type Ended,
  esnas,
  query,
  REPOSITORY,
  RUN_FILES,
  readJson,
  resultOf,
  startProgram,
  stdoutOf,
  temporaryFolder,
} from "./esnas.js";

interface FoundModel {
  readonly parameters: number;
  readonly macs: number;
  readonly evaluations: { readonly topology: number; readonly size: number };
}

const cwd = temporaryFolder();
const folder = join(cwd, "run");

let ended: Ended;
beforeAll(async () => {
  ended = await esnas(cwd, ..."search --preset s0 --max-evaluations 120 --out run --json".split(" "));
});

describe("a search with --json", () => {
  test("ends well, with one JSON document on standard output and its progress on standard error", () => {
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toBeTypeOf("object");
    expect(ended.stderr).toContain("search ended: ");
    expect(ended.stderr).not.toContain("\u001b");
  });

  test("prints the summary that scripts rely on", () => {
    const stage = expect.objectContaining({
      kind: expect.stringMatching(/^(ibn|convnext|transformer)$/),
      width: expect.any(Number),
      depth: expect.any(Number),
    });
    expect(JSON.parse(ended.stdout)).toMatchObject({
      preset: "s0",
      seed: 0,
      parameters: expect.any(Number),
      macs: expect.any(Number),
      scores: { "entropic-score": expect.any(Number), "logsynflow(normalisation=divide)": expect.any(Number) },
      evaluations: { topology: expect.any(Number), size: expect.any(Number) },
      cycles: expect.any(Number),
      seconds: { total: expect.any(Number), topology: expect.any(Number), size: expect.any(Number) },
      speed: { workers: availableParallelism(), evaluationsPerSecond: expect.any(Number) },
      stages: [stage, stage, stage, stage],
    });
  });

  test("finds a model within the preset's budget, from the evaluations that it was given", () => {
    const { parameters, macs, evaluations } = JSON.parse(ended.stdout) as FoundModel;
    expect(parameters).toBeLessThanOrEqual(familyBudgets.s0.parameters.max);
    expect(macs).toBeLessThanOrEqual(familyBudgets.s0.macs.max);
    expect(evaluations.topology).toBeGreaterThan(0);
    expect(evaluations.size).toBeGreaterThan(0);
    expect(evaluations.topology + evaluations.size).toBeLessThanOrEqual(120);
  });

  test("leaves a folder with the study and the files of the result, and nothing else", () => {
    expect(readdirSync(folder).sort()).toEqual(RUN_FILES);
    expect(readdirSync(cwd)).toEqual(["run"]);
    expect(readJson(folder, "summary.json")).toEqual(JSON.parse(ended.stdout));
  });
});

test("a search in which a metric scores no candidate ends in one line, keeps its study, and writes no model", async () => {
  const metrics = ["--topology-metric", "az-trainability", "--resolution", "50", "--max-evaluations", "10"];
  const { code, stdout, stderr } = await esnas(cwd, "search", ...metrics, "--out", "unscored");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /^esnas: no candidate of the search has a score by az-trainability \(.+\): there is no model/m,
  );
  expect(readdirSync(join(cwd, "unscored"))).toEqual(["study.sqlite"]);
  rmSync(join(cwd, "unscored"), { recursive: true });
});

describe("the model of a run", () => {
  test.each([1, 8])("runs in ONNX Runtime at 256 x 256 and batch %i", async (batch) => {
    const session = await InferenceSession.create(join(folder, "model.onnx"));
    const input = new Tensor("float32", new Float32Array(batch * 3 * 256 * 256).fill(1), [batch, 3, 256, 256]);
    const results = await session.run({ [session.inputNames[0] ?? ""]: input });
    const output = results[session.outputNames[0] ?? ""];
    expect(output?.dims).toEqual([batch, 1000]);
    expect([...(output?.data ?? [])].every(Number.isFinite)).toBe(true);
    await session.release();
  });

  test("has the parameters and MACs that the summary tells of", async () => {
    const { parameters, macs } = JSON.parse(ended.stdout) as FoundModel;
    const described = JSON.parse(await stdoutOf(cwd, "describe", "run", "--json")) as FoundModel;
    expect(described).toMatchObject({ parameters, macs });
  });
});

describe("the study of a run", () => {
  test("has one row an evaluation in the order of asking, with the genotype as JSON", () => {
    const { evaluations } = JSON.parse(ended.stdout) as FoundModel;
    const candidates = candidatesOf(folder);
    expect(candidates.map(({ id }) => id)).toEqual(candidates.map((_, i) => i + 1));
    for (const phase of ["topology", "size"] as const) {
      expect(candidates.filter((candidate) => candidate.phase === phase)).toHaveLength(evaluations[phase]);
    }
    for (const { genotype, cycle } of candidates) {
      expect(JSON.parse(String(genotype))).toMatchObject({ space: "hybrid", version: 1 });
      expect(cycle).toBeGreaterThan(0);
    }
  });

  test("keeps times in a table of their own, one row an evaluation", () => {
    expect(query(folder, "SELECT id FROM timings")).toHaveLength(candidatesOf(folder).length);
    expect(Object.keys(candidatesOf(folder)[0] ?? {}).join()).not.toMatch(/time|second|date/i);
  });

  const hasSqlite3 = spawnSync("sqlite3", ["--version"]).status === 0;
  test.skipIf(!hasSqlite3)("opens in the sqlite3 command line", () => {
    const counted = execFileSync("sqlite3", [join(folder, "study.sqlite"), "SELECT COUNT(*) FROM candidates"]);
    expect(Number(counted)).toBe(candidatesOf(folder).length);
  });

  test("has equal rows, and the run equal files, where the seed is the same", async () => {
    await stdoutOf(cwd, ..."search --preset s0 --max-evaluations 120 --out again".split(" "));
    expect(candidatesOf(join(cwd, "again"))).toEqual(candidatesOf(folder));
    expect(resultOf(join(cwd, "again"))).toEqual(resultOf(folder));
  });

  test("has other rows where the seed is another", async () => {
    await stdoutOf(cwd, ..."search --preset s0 --max-evaluations 120 --seed 1 --out other".split(" "));
    expect(candidatesOf(join(cwd, "other"))).not.toEqual(candidatesOf(folder));
  });
});

describe("the README of a run", () => {
  const commandIn = (run: string) => /^ {4}(esnas search .*)$/m.exec(readFileSync(join(run, "README.md"), "utf8"))?.[1];

  test.each([
    "--max-params 400k --min-macs 30M --max-evaluations 24 --resolution 96 --classes 7 --cycles 2 --topology-budget relaxed",
    "--preset s1 --max-params 1.5M --seed 5 --max-evaluations 24 --algorithm joint --topology-metric naswot(batch=4,resolution=32) --size-metric synflow",
    "--seed 3 --max-evaluations 24 --repeats 2 --rescore 3 --cycles 1",
    "--seed 2 --max-evaluations 24 --topology-metric rank(naswot(batch=4,resolution=32),entropic-score) --size-metric log-rank(logsynflow,-macs)",
  ])("has the command line that makes the same run again: %s", async (flags) => {
    const place = temporaryFolder();
    await stdoutOf(place, "search", ...flags.split(" "), "--out", "first");
    const command = commandIn(join(place, "first")) ?? "";
    const env = { ...process.env, PATH: [join(REPOSITORY, "node_modules/.bin"), process.env.PATH].join(delimiter) };
    const again = await startProgram("sh", ["-c", `${command} --out second`], place, env).ended;
    expect(again, command).toMatchObject({ code: 0 });
    expect(candidatesOf(join(place, "second"))).toEqual(candidatesOf(join(place, "first")));
    expect(resultOf(join(place, "second"))).toEqual(resultOf(join(place, "first")));
  });
});

describe("a search without --json", () => {
  test("prints the model as a table, and goes to runs/<preset>-seed<n>, then to the next free name", async () => {
    const place = temporaryFolder();
    const printed = await stdoutOf(place, ..."search --max-evaluations 12 --seed 3".split(" "));
    expect(printed).toMatch(/^stage .*blocks/);
    expect(printed).toMatch(/stages\.3/);
    await stdoutOf(place, ..."search --max-evaluations 12 --seed 3".split(" "));
    expect(readdirSync(join(place, "runs")).sort()).toEqual(["s0-seed3", "s0-seed3-2"]);
  });

  test("makes the folders that lead to --out", async () => {
    await stdoutOf(cwd, "search", "--max-evaluations", "6", "--out", "some/where/a run");
    expect(existsSync(join(cwd, "some/where/a run/model.onnx"))).toBe(true);
  });
});

describe("budgets", () => {
  test("are filled by a cost as the metric of sizes, and left empty by the same with a minus", async () => {
    const flags = "search --max-params 1M --topology-metric logsynflow --max-evaluations 300 --json".split(" ");
    const [most, least] = await Promise.all(
      ["parameters", "-parameters"].map(async (metric, i) => {
        const printed = await stdoutOf(cwd, ...flags, "--size-metric", metric, "--out", `cost${i}`);
        return (JSON.parse(printed) as FoundModel).parameters;
      }),
    );
    expect(most).toBeGreaterThan(0.95e6);
    expect(least).toBeLessThan(0.3e6);
  });

  test("down to that of the smallest model of the space can be searched in", async () => {
    const smallest = 79_200;
    const printed = await stdoutOf(
      cwd,
      ...`search --max-params ${smallest} --max-evaluations 20 --json --out smallest`.split(" "),
    );
    expect(JSON.parse(printed)).toMatchObject({ preset: null, parameters: smallest });
  });
});
