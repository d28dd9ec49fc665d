/** @file `esnas space` and `--space FILE` as their users see them: a file is started, changed, searched, and not needed any more. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { candidatesOf, expectRefusal, readJson, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const SHORT = ["--max-params", "300k", "--max-evaluations", "40", "--resolution", "64", "--workers", "1"];

function written(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

const SMALL = `space: hybrid
input: [1, 32, 32]
classes: 10
stem: 2
stages:
  - { depth: [1, 2], width: [8, 12, 16], kernel: [3, 5] }
  - { depth: [1, 2], width: [16, 24], kinds: [ibn, transformer], qkvDim: [8, 16], limits: { transformer: 1 } }
`;

describe("esnas space", () => {
  test("starts a file that is the space itself: a search in it has the same candidates", async () => {
    const file = written("printed.yaml", await stdoutOf(cwd, "space", "--print", "hybrid"));
    expect(await stdoutOf(cwd, "space", file)).toMatch(/^a hybrid space with 34 genes of topology and 18 of size/);
    await stdoutOf(cwd, "search", ...SHORT, "--stem", "4", "--out", "by-name");
    await stdoutOf(cwd, "search", ...SHORT, "--stem", "4", "--space", file, "--out", "by-file");
    const scores = (run: string) => candidatesOf(join(cwd, run)).map((row) => [row.phase, row.scores, row.macs]);
    expect(scores("by-file")).toEqual(scores("by-name"));
  });

  test("has the schema that is in the docs", async () => {
    const schema = JSON.parse(await stdoutOf(cwd, "space", "--schema"));
    expect(schema).toEqual(readJson(import.meta.dirname, "../../docs/space.schema.json"));
  });

  test.each([
    ["no YAML", "stages: [", /"wrong\.yaml": not YAML or JSON: .*line 1/],
    ["a wrong value", SMALL.replace("[3, 5]", "[3, 4]"), /"wrong\.yaml": "stages\.0\.kernel" .*kernels are odd/],
    ["a key with a slip", SMALL.replace("classes", "clases"), /"wrong\.yaml": it has "clases", which is not known/],
    ["what does not go together", SMALL.replace("[8, 16]", "[7]"), /"wrong\.yaml": QKV dimension 7 of stages\.1/],
  ])("refuses %s in one line", async (_, text, message) => {
    await expectRefusal(cwd, ["space", written("wrong.yaml", text)], message);
    await expectRefusal(cwd, ["search", "--space", "wrong.yaml"], message);
  });

  test("refuses a file that is not there, and no file at all", async () => {
    await expectRefusal(cwd, ["search", "--space", "missing.yaml"], /cannot read "missing\.yaml"/);
    await expectRefusal(cwd, ["space"], /give one of these/);
    await expectRefusal(cwd, ["space", "--print", "nats-size"], /unknown space with a file "nats-size"/);
  });
});

describe("a file of a space", () => {
  test("is needed by nothing after the search, which names it", async () => {
    const file = written("small.yaml", SMALL);
    const flags = "--max-params 60k --max-evaluations 40 --workers 1 --name small";
    await stdoutOf(cwd, "search", "--space", file, ...flags.split(" "));
    const run = "runs/small";
    expect(readJson(cwd, run, "summary.json")).toMatchObject({
      command: expect.stringContaining("--space small.yaml"),
    });
    expect(readJson(cwd, run, "architecture.json")).toMatchObject({ space: "hybrid", options: { input: [1, 32, 32] } });
    rmSync(join(cwd, file));
    expect(await stdoutOf(cwd, "describe", run)).toContain("1 x 32 x 32");
    await stdoutOf(cwd, "search", "--resume", run);
  });

  test("holds where flags say nothing else: images, classes, channels", async () => {
    const file = written("small.yaml", SMALL);
    const score = ["score", "--space", file, "--random", "1", "--metrics", "parameters", "--json"];
    const optionsBy = async (...flags: string[]) =>
      JSON.parse(await stdoutOf(cwd, ...score, ...flags)).candidates[0].genotype.options;
    expect(await optionsBy()).toMatchObject({ input: [1, 32, 32], classes: 10, stem: 2 });
    expect(await optionsBy("--resolution", "48", "--classes", "3")).toMatchObject({ input: [1, 48, 48], classes: 3 });
  });

  test("is a setting of a sweep", async () => {
    written("small.yaml", SMALL);
    const sweep = written("sweep.yaml", "space: small.yaml\nmax-params: 60k\nmax-evaluations: 20\nseeds: 2\n");
    await stdoutOf(cwd, "sweep", sweep, "--random", "0", "--workers", "1", "--out", "swept");
    expect(readFileSync(join(cwd, "swept/summary.json"), "utf8")).toContain("small.yaml");
  });
});
