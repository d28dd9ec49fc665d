/** @file `esnas score`, `describe` and `export`, on a run and on a file of a genotype. */

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { architectureCosts, metricNames, readGenotype } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { contentsOf, expectRefusal, readJson, start, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();

beforeAll(async () => {
  await stdoutOf(cwd, ..."search --max-evaluations 12 --out run".split(" "));
  copyFileSync(join(cwd, "run/architecture.json"), join(cwd, "genotype.json"));
});

describe("score of a genotype", () => {
  test("has a number or a null with its reason for each metric that was asked for", async () => {
    const metrics = "entropic-score,logsynflow,naswot(resolution=8)";
    const printed = await stdoutOf(cwd, "score", "genotype.json", "--metrics", metrics, "--json");
    expect(JSON.parse(printed)).toEqual({
      scores: {
        "entropic-score": expect.any(Number),
        logsynflow: expect.any(Number),
        "naswot(resolution=8)": { value: null, reason: expect.stringContaining("8 pixels") },
      },
    });
  });

  test("takes the folder of a run, and gives the scores of its summary", async () => {
    const { scores } = readJson(cwd, "run/summary.json") as { scores: Readonly<Record<string, number>> };
    const printed = await stdoutOf(cwd, "score", "run", "--json", "--metrics", Object.keys(scores).join());
    expect(JSON.parse(printed)).toMatchObject({ scores });
  });

  test("takes all metrics, as a table", async () => {
    const printed = await stdoutOf(cwd, "score", "run");
    for (const name of metricNames) expect(printed).toMatch(new RegExp(`^${name} +[-\\d.,e+]+ +\\d+ x \\d+$`, "m"));
  });

  test("follows the seed", async () => {
    const scoreOf = (seed: number) =>
      stdoutOf(cwd, "score", "run", "--metrics", "entropic-score", "--json", "--seed", String(seed));
    const [first, again, other] = [await scoreOf(1), await scoreOf(1), await scoreOf(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test("refuses bounds, which are for random genotypes", () =>
    expectRefusal(cwd, ["score", "run", "--max-params", "1M"], /bounds/));
});

describe("score of random genotypes", () => {
  const draw = (csv: string, seed: number, ...more: string[]) =>
    stdoutOf(
      cwd,
      ...`score --space hybrid --random 5 --metrics parameters,entropic-score,naswot(resolution=8) --csv ${csv} --seed ${seed}`.split(
        " ",
      ),
      ...more,
    );
  const rowsOf = (csv: string) =>
    parse(readFileSync(join(cwd, csv)), { columns: true }) as Readonly<Record<string, string>>[];

  test("writes a CSV with a row a candidate, a column a metric, and the genotype", async () => {
    await draw("five.csv", 0);
    const rows = rowsOf("five.csv");
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(["index", "parameters", "entropic-score", "naswot(resolution=8)", "genotype"]);
      expect(Number(row.parameters)).toBeGreaterThan(0);
      expect(Number(row["entropic-score"])).toBeGreaterThan(0);
      expect(row["naswot(resolution=8)"]).toBe("");
    }
    expect(new Set(rows.map(({ genotype }) => genotype)).size).toBe(5);
  });

  test("writes genotypes that can be scored by themselves, to the same scores", async () => {
    const [row] = rowsOf("five.csv");
    writeFileSync(join(cwd, "first.json"), row?.genotype ?? "");
    const printed = await stdoutOf(cwd, ..."score first.json --metrics parameters,entropic-score --json".split(" "));
    expect(JSON.parse(printed)).toEqual({
      scores: { parameters: Number(row?.parameters), "entropic-score": Number(row?.["entropic-score"]) },
    });
  });

  test("draws the same of one seed and others of another, and prints what it writes", async () => {
    await draw("again.csv", 0);
    const { candidates } = JSON.parse(await draw("other.csv", 1, "--json")) as {
      readonly candidates: { readonly scores: Record<string, unknown>; readonly genotype: unknown }[];
    };
    expect(readFileSync(join(cwd, "again.csv"))).toEqual(readFileSync(join(cwd, "five.csv")));
    expect(readFileSync(join(cwd, "other.csv"))).not.toEqual(readFileSync(join(cwd, "five.csv")));
    expect(candidates.map(({ genotype }) => genotype)).toEqual(
      rowsOf("other.csv").map(({ genotype }) => JSON.parse(genotype ?? "")),
    );
  });

  test("keeps what was scored by Ctrl-C, and says how much that is", async () => {
    const flags = "score --space hybrid --random 100000 --metrics entropic-score --csv stopped.csv".split(" ");
    const { child, ended } = start(cwd, ...flags);
    child.stderr?.once("data", () => child.kill("SIGINT"));
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/of 100,000 scored\n$/) });
    const rows = rowsOf("stopped.csv");
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(100_000);
    expect(stderr).toContain(`${rows.length} of 100,000 scored`);
  });

  test("keeps bounds", async () => {
    const flags = "score --space hybrid --random 4 --max-params 300k --metrics parameters --json".split(" ");
    const { candidates } = JSON.parse(await stdoutOf(cwd, ...flags)) as {
      readonly candidates: { readonly scores: { readonly parameters: number } }[];
    };
    expect(candidates).toHaveLength(4);
    for (const { scores } of candidates) expect(scores.parameters).toBeLessThanOrEqual(300_000);
  });

  test("are of the resolution and the classes that a search takes too", async () => {
    const task = "--resolution 64 --classes 10".split(" ");
    const flags = ["score", "--space", "hybrid", "--random", "2", "--metrics", "parameters,macs", "--json"];
    const { candidates } = JSON.parse(await stdoutOf(cwd, ...flags, ...task)) as {
      readonly candidates: { readonly scores: Record<string, number>; readonly genotype: object }[];
    };
    for (const { scores, genotype } of candidates) {
      expect(genotype).toMatchObject({ options: { input: [3, 64, 64], classes: 10 } });
      const { space, genotype: genes } = readGenotype(genotype);
      expect(architectureCosts(space.build(genes))).toMatchObject(scores);
    }
    await expectRefusal(
      cwd,
      ["score", "run", ...task],
      /--input, --resolution, --classes and --stem are for random genotypes/,
    );
    const other = "score --space nats-topology --random 2 --resolution 64".split(" ");
    await expectRefusal(cwd, other, /space "nats-topology": it has "input", which is not known/);
  });

  test("does not write over a file without --force", async () => {
    writeFileSync(join(cwd, "taken.csv"), "mine");
    const flags = "score --space hybrid --random 2 --metrics macs --csv taken.csv".split(" ");
    await expectRefusal(cwd, flags, /"taken.csv" exists already; give --force/);
    await stdoutOf(cwd, ...flags, "--force");
    expect(rowsOf("taken.csv")).toHaveLength(2);
  });
});

describe("describe", () => {
  test("has a row a stage", async () => {
    const printed = await stdoutOf(cwd, "describe", "run");
    expect(printed.match(/^\S+/gm)?.slice(1, 7)).toEqual([
      "stem",
      "stages.0",
      "stages.1",
      "stages.2",
      "stages.3",
      "head",
    ]);
    expect(printed).toMatch(
      /[\d.]+ M of 1\.33 M parameters \(\d+ %\), \d+ M of 260 M MACs \(\d+ %\)\nimages of 3 x 256 x 256, 1,000 classes; stem 4 x 4, smallest map 8 x 8\n$/,
    );
  });

  test("has a row a block, as many as the depths say", async () => {
    const { stages } = readJson(cwd, "genotype.json") as { readonly stages: { readonly depth: number }[] };
    const printed = await stdoutOf(cwd, "describe", "genotype.json", "--blocks");
    for (const [s, { depth }] of stages.entries()) {
      expect(printed.match(new RegExp(`^stages\\.${s}\\.blocks\\.`, "gm"))).toHaveLength(depth);
    }
  });

  test("prints stages and blocks as JSON, with the costs of the summary", async () => {
    const described = JSON.parse(await stdoutOf(cwd, "describe", "run", "--json"));
    const { parameters, macs } = readJson(cwd, "run/summary.json") as Record<string, unknown>;
    expect(described).toMatchObject({ space: "hybrid", parameters, macs });
    expect(described.stages[1].blocks[0]).toMatchObject({ name: "stages.0.blocks.0", kind: expect.any(String) });
  });
});

describe("export", () => {
  test("writes a model that ONNX Runtime runs, and a drawing", async () => {
    const printed = await stdoutOf(cwd, ..."export run --onnx model.onnx --svg figure.svg --json".split(" "));
    const { written } = JSON.parse(printed) as { readonly written: { readonly file: string }[] };
    expect(written.map(({ file }) => file)).toEqual(["model.onnx", "figure.svg"]);
    expect(readFileSync(join(cwd, "figure.svg"), "utf8")).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    const session = await InferenceSession.create(join(cwd, "model.onnx"));
    const image = new Tensor("float32", new Float32Array(3 * 256 * 256).fill(1), [1, 3, 256, 256]);
    const results = await session.run({ [session.inputNames[0] ?? ""]: image });
    expect(results[session.outputNames[0] ?? ""]?.dims).toEqual([1, 1000]);
    await session.release();
  });

  test("writes the very model of the run for the run's seed, and another for another", async () => {
    await stdoutOf(cwd, "export", "genotype.json", "--onnx", "same.onnx");
    await stdoutOf(cwd, "export", "genotype.json", "--onnx", "other.onnx", "--seed", "7");
    const { "same.onnx": same, "other.onnx": other, "run/model.onnx": model } = contentsOf(cwd);
    expect(same).toBe(model);
    expect(other).not.toBe(model);
  });

  test("does not write over a file without --force, nor anything else then", async () => {
    writeFileSync(join(cwd, "taken.svg"), "mine");
    const flags = "export run --onnx fresh.onnx --svg taken.svg".split(" ");
    await expectRefusal(cwd, flags, /"taken.svg" exists already; give --force/);
    await stdoutOf(cwd, ...flags, "--force");
    expect(existsSync(join(cwd, "fresh.onnx"))).toBe(true);
    expect(readFileSync(join(cwd, "taken.svg"), "utf8")).toMatch(/^<svg/);
    expect(readdirSync(cwd).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test.each([
    ["nothing to write", "export run", /give --onnx FILE/],
    ["one file for both", "export run --onnx both --svg ./both", /same file/],
    ["a folder in the place of a file", "export run --onnx run --force", /it is no file/],
    ["a folder that is not there", "export run --onnx no/model.onnx", /no such file or folder/],
    ["a device in the place of a file", "export run --onnx /dev/null --force", /it is no file/],
  ])("refuses %s", (_what, line, reason) => expectRefusal(cwd, line.split(" "), reason));
});
