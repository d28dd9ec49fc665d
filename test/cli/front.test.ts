/** @file `esnas search --front`: models for a range of budgets, what is said of them, and that a killed run ends the same. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { architectureCosts, readGenotype } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import {
  candidatesOf,
  type Ended,
  esnas,
  query,
  readJson,
  resultOf,
  start,
  stdoutOf,
  temporaryFolder,
} from "./esnas.js";

const cwd = temporaryFolder();
const folder = join(cwd, "front");
const FLAGS =
  "search --front macs --max-macs 40M --points 4 --max-params 2M --resolution 64 --stem 4 --classes 10 --max-evaluations 30".split(
    " ",
  );

interface Point {
  readonly point: number;
  readonly budget: number;
  readonly folder: string;
  readonly parameters: number;
  readonly macs: number;
  readonly dominatedBy: readonly number[];
  readonly scores: Readonly<Record<string, number>>;
}

interface FrontFound {
  readonly command: string;
  readonly scored: number;
  readonly points: readonly Point[];
}

let ended: Ended;
let found: FrontFound;
let milliseconds = 0;
beforeAll(async () => {
  const begin = performance.now();
  ended = await esnas(cwd, ...FLAGS, "--out", "front", "--json");
  milliseconds = performance.now() - begin;
  found = JSON.parse(ended.stdout) as FrontFound;
});

describe("a front", () => {
  test("ends well, with its summary on standard output and in its folder", () => {
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining("search ended: models for 4 budgets") });
    expect(readJson(folder, "summary.json")).toEqual(found);
  });

  test("goes from a sixteenth of the greatest budget to it, by one factor", () => {
    expect(found.points.map(({ budget }) => budget)).toEqual([2.5e6, 6.3e6, 15.9e6, 40e6]);
  });

  test("leaves the study, a table, a chart, and a folder of each model", () => {
    const files = ["README.md", "front.csv", "front.svg", "models", "study.sqlite", "summary.json"];
    expect(readdirSync(folder).sort()).toEqual(files);
    expect(found.points.map((point) => point.folder)).toEqual(
      ["1-2.5M", "2-6.3M", "3-15.9M", "4-40M"].map((name) => `models/${name}`),
    );
    for (const point of found.points) {
      expect(readdirSync(join(folder, point.folder)).sort()).toEqual(["architecture.json", "figure.svg", "model.onnx"]);
    }
  });

  test("has models within their budgets and the other bounds, of the costs that it tells of", () => {
    for (const { folder: of, budget, parameters, macs } of found.points) {
      const { space, genotype } = readGenotype(readJson(folder, of, "architecture.json"));
      expect(architectureCosts(space.build(genotype))).toMatchObject({ parameters, macs });
      expect(macs).toBeLessThanOrEqual(budget);
      expect(parameters).toBeLessThanOrEqual(2e6);
    }
  });

  test("calls a model dominated, in its summary and in its table, exactly where another costs and scores no worse", () => {
    const values = ({ macs, scores }: Point) => [-macs, scores["entropic-score"] ?? 0, scores.logsynflow ?? 0];
    const rows = parse(readFileSync(join(folder, "front.csv")), { columns: true }) as Record<string, string>[];
    found.points.forEach((point, i) => {
      const own = values(point);
      const dominators = found.points.filter((other) => {
        const theirs = values(other);
        return theirs.every((value, k) => value >= (own[k] ?? 0)) && theirs.join() !== own.join();
      });
      const expected = dominators.map((other) => other.point);
      expect(point.dominatedBy).toEqual(expected);
      expect(rows[i]).toMatchObject({
        point: String(point.point),
        macs: String(point.macs),
        "entropic-score": String(point.scores["entropic-score"]),
        dominated_by: expected.join(" "),
      });
    });
  });

  test("has every candidate in its study, with the point that asked for it, and none twice by the same metrics", () => {
    const phases = query(folder, "SELECT DISTINCT phase FROM candidates ORDER BY id").map(({ phase }) => phase);
    expect(phases).toEqual([1, 2, 3, 4].flatMap((n) => [`point ${n} topology`, `point ${n} size`]));
    const candidates = candidatesOf(folder) as { genotype: string; phase: string }[];
    expect(candidates).toHaveLength(found.scored);
    const asked = candidates.map(({ genotype, phase }) => `${phase.split(" ").at(-1)} ${genotype}`);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test("is made again by the command that it tells of", async () => {
    const [program, ...words] = found.command.replaceAll("'", "").split(" ");
    expect(program).toBe("esnas");
    await stdoutOf(cwd, ...words, "--out", "again");
    expect(candidatesOf(join(cwd, "again"))).toEqual(candidatesOf(folder));
    expect(resultOf(join(cwd, "again"))).toEqual(resultOf(folder));
  });
});

test.each([0.35, 0.7])(
  "a front that is killed after %f of its time ends the same when it is resumed",
  async (share) => {
    const run = `killed-${share}`;
    const { child, ended: killed } = start(cwd, ...FLAGS, "--out", run);
    await pause(share * milliseconds);
    child.kill("SIGKILL");
    await killed;
    const begun = readdirSync(cwd).includes(run);
    const printed = await stdoutOf(cwd, ...(begun ? ["search", "--resume", run] : [...FLAGS, "--out", run]));
    expect(printed).toMatch(/^point +at most, MACs/);
    expect(candidatesOf(join(cwd, run))).toEqual(candidatesOf(folder));
    expect(resultOf(join(cwd, run))).toEqual(resultOf(folder));
  },
);
