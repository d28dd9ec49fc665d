/** @file The user's own task, from the search to the files: grey images, few classes, a stem that suits small images. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decode, shapeOf } from "@esnas/core/internal";
import { describe, expect, test } from "vitest";
import { candidatesOf, esnas, readJson, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const run = (line: string) => stdoutOf(cwd, ...line.split(" "));
const inputOf = (file: string) => {
  const graph = decode(readFileSync(join(cwd, file))).graph;
  return shapeOf(graph, graph.input);
};

describe("a search for small grey images", () => {
  test("says what it chose, and its model is exported, described, scored and measured as what it is", async () => {
    const words = "images of 1 x 48 x 64, 2 classes; stem 1 x 1, smallest map 6 x 8";
    const { code, stderr, stdout } = await esnas(
      cwd,
      ..."search --input 1x48x64 --classes 2 --max-evaluations 24 --out run".split(" "),
    );
    expect(code).toBe(0);
    expect(stderr).toContain(`${words}\n`);
    expect(stdout).toContain(`for ${words}\n`);
    expect(readFileSync(join(cwd, "run/README.md"), "utf8")).toContain(`For ${words}.\n`);
    const task = { input: [1, 48, 64], classes: 2, stem: 1, smallestMap: [6, 8] };
    expect(readJson(cwd, "run/summary.json")).toMatchObject({ task });

    expect(await run("describe run")).toContain(words);
    expect(JSON.parse(await run("describe run --json"))).toMatchObject({ task });
    await run("export run --onnx run.onnx --pytorch run.py");
    expect(inputOf("run.onnx")).toEqual([1, 1, 48, 64]);
    expect(readFileSync(join(cwd, "run.py"), "utf8")).toMatch(/multiply-accumulates at 48 x 64/);
    const [genotype, file] = await Promise.all(
      ["run", "run.onnx"].map(async (network) =>
        JSON.parse(await run(`score ${network} --metrics parameters,macs,logsynflow --json`)),
      ),
    );
    expect(file.scores).toEqual(genotype.scores);
    expect(await run("latency run --runs 2 --warm-up 0")).toContain("1 x 1 x 48 x 64");
  });

  test("has in its genotypes the stem that was chosen", async () => {
    const [{ genotype } = { genotype: "" }] = candidatesOf(join(cwd, "run")) as { genotype: string }[];
    expect(JSON.parse(String(genotype))).toMatchObject({ options: { input: [1, 48, 64], classes: 2, stem: 1 } });
  });
});

describe("the folder of a run", () => {
  test("is called by what was asked for, or by --name, and no run is written over", async () => {
    const place = temporaryFolder();
    const line = "search --resolution 96 --classes 2 --max-evaluations 3".split(" ");
    await stdoutOf(place, ...line);
    await stdoutOf(place, ...line);
    await stdoutOf(place, ...line, "--name", "cats");
    expect(readdirSync(join(place, "runs")).sort()).toEqual(["cats", "s0-96px-2c-seed0", "s0-96px-2c-seed0-2"]);
    const refusals: [string[], RegExp][] = [
      [["--name", "cats"], /"runs\/cats" exists already; choose another --out, or go on with it by --resume/],
      [["--name", "../cats"], /--name takes letters, digits, dots, dashes and underscores/],
      [["--name", "cats", "--out", "dogs"], /--out is a folder, --name names one in runs\/: give one of them/],
    ];
    for (const [flags, message] of refusals) {
      const { code, stderr } = await esnas(place, ...line, ...flags);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    }
  });
});

describe("a network that exists", () => {
  test("is made over for another task, its stem as it was unless one is asked for", async () => {
    const files = { "a.onnx": "--input 3x128x96 --classes 7", "b.onnx": "--input 2x128x96 --stem auto" };
    for (const [file, flags] of Object.entries(files)) await run(`export run --onnx ${file} ${flags}`);
    expect(inputOf("a.onnx")).toEqual([1, 3, 128, 96]);
    expect(inputOf("b.onnx")).toEqual([1, 2, 128, 96]);
    const described = async (flags: string) => JSON.parse(await run(`describe run --json ${flags}`)).task;
    expect(await described("--input 3x128x96 --classes 7")).toMatchObject({ input: [3, 128, 96], classes: 7, stem: 1 });
    expect(await described("--resolution 128x96 --stem auto")).toMatchObject({
      input: [1, 128, 96],
      classes: 2,
      stem: 2,
    });
    expect(await run("latency run --runs 2 --warm-up 0 --input 2x64x96")).toContain("1 x 2 x 64 x 96");
  });

  test.each([
    ["describe --model resnet18 --stem 2", /has a stem of its own: leave the stem out/],
    ["describe a.onnx --input 1x64x64", /are of genotypes and published models: of an ONNX file, --size/],
    ["latency a.onnx --classes 3", /are of genotypes and published models: of an ONNX file, give --size/],
    ["latency run --size 64 --input 1x64x64", /--size, --input and --resolution exclude each other/],
    ["export run --onnx c.onnx --any-size --input 1x64x64", /--any-size and --input exclude each other/],
    ["score run --input 1x64x64", /--input, --resolution, --classes and --stem are for random genotypes/],
  ])("is refused what does not go together: %s", async (line, message) => {
    const { code, stderr } = await esnas(cwd, ...line.split(" "));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
