/** @file `esnas score` and `describe` on ONNX files: of our own export, of others, and of those that mean harm. */

import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { hybridSpace, sampleWithin, seededRandom, toJson } from "@esnas/core/internal";
import { TensorProto_DataLocation as DataLocation, ModelProtoSchema } from "onnx-buf";
import { beforeAll, describe, expect, test } from "vitest";
import { expectRefusal, REPOSITORY, start, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const space = hybridSpace({ input: [3, 32, 32], classes: 10 });

beforeAll(async () => {
  const genotype = sampleWithin(space, { parameters: { max: 300_000 } }, seededRandom(1));
  writeFileSync(join(cwd, "genotype.json"), JSON.stringify(toJson(space, genotype)));
  await stdoutOf(cwd, ..."export genotype.json --onnx model.onnx".split(" "));
}, 120_000);

/** The model with the bytes of its weights in another file. */
function writeExternal(name: string, location: string): void {
  const model = fromBinary(ModelProtoSchema, readFileSync(join(cwd, "model.onnx")));
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph?.initializer ?? []) {
    if (tensor.rawData.length < 64) continue;
    const entry = (key: string, value: string) => ({ $typeName: "onnx.StringStringEntryProto" as const, key, value });
    tensor.externalData = [
      entry("location", location),
      entry("offset", String(offset)),
      entry("length", String(tensor.rawData.length)),
    ];
    tensor.dataLocation = DataLocation.EXTERNAL;
    parts.push(tensor.rawData);
    offset += tensor.rawData.length;
    tensor.rawData = new Uint8Array();
  }
  writeFileSync(join(cwd, name), toBinary(ModelProtoSchema, model));
  writeFileSync(join(cwd, "weights.bin"), Buffer.concat(parts));
}

describe("the costs that describe says", () => {
  test.each([
    ["batch-4", "296 parameters, 221 k MACs (221,264), 1 nonlinearity"],
    ["dynamic-quant", "2.38 k parameters (2,378), 1.77 M MACs (1,770,112), 1 nonlinearity"],
  ])("says each number of %s once, and in full where it was rounded", async (name, costs) => {
    const text = await stdoutOf(cwd, "describe", join(REPOSITORY, `test/fixtures/onnx/${name}.onnx`));
    expect(text.split("\n")).toContain(costs);
  });

  test("says several nonlinearities", async () => {
    expect(await stdoutOf(cwd, "describe", "model.onnx")).toMatch(/\), \d\d+ nonlinearities\n/);
  });
});

describe("score of a file", () => {
  const metrics = "parameters,macs,logsynflow,entropic-score,naswot(batch=4)";

  test("of our own export is that of its genotype", async () => {
    const own = JSON.parse(await stdoutOf(cwd, "score", "genotype.json", "--metrics", metrics, "--json"));
    const file = JSON.parse(await stdoutOf(cwd, "score", "model.onnx", "--metrics", metrics, "--json"));
    expect(file).toMatchObject({ scores: own.scores, weights: "random", opset: 17, input: [1, 3, 32, 32], notes: [] });
  });

  test("has the weights of the file, in it or beside it, where it is told to", async () => {
    writeExternal("external.onnx", "weights.bin");
    const scoreOf = async (file: string) =>
      JSON.parse(await stdoutOf(cwd, "score", file, "--weights", "file", "--metrics", metrics, "--json")).scores;
    expect(await scoreOf("external.onnx")).toEqual(await scoreOf("model.onnx"));
  });

  test("needs no weights where they are drawn anew", async () => {
    writeExternal("lost.onnx", "nowhere.bin");
    const flags = ["--metrics", "logsynflow,entropic-score", "--json"];
    const [lost, own] = [
      await stdoutOf(cwd, "score", "lost.onnx", ...flags),
      await stdoutOf(cwd, "score", "model.onnx", ...flags),
    ];
    expect(JSON.parse(lost).scores).toEqual(JSON.parse(own).scores);
    await expectRefusal(cwd, ["score", "lost.onnx", "--weights", "file"], /nowhere\.bin": there is no such file/);
  });
});

describe("describe of a file", () => {
  test("has a row a node, which add up to the totals", async () => {
    const { layers, parameters, macs, metadata } = JSON.parse(await stdoutOf(cwd, "describe", "model.onnx", "--json"));
    const sum = (of: string) =>
      layers.reduce((total: number, layer: Record<string, number>) => total + (layer[of] ?? 0), 0);
    expect([sum("parameters"), sum("macs")]).toEqual([parameters, macs]);
    expect(metadata.genotype).toEqual(expect.any(String));
    const printed = await stdoutOf(cwd, "describe", "model.onnx");
    expect(printed.split("\n\n")[0]?.split("\n")).toHaveLength(layers.length + 1);
    expect(printed).toMatch(/opset 17, written by esnas/);
  });
});

describe("a file that means harm", () => {
  test("by a link that leads out of its folder is refused", async () => {
    mkdirSync(join(cwd, "inner"));
    writeExternal("model-outside.onnx", "out.bin");
    writeFileSync(join(cwd, "inner/model.onnx"), readFileSync(join(cwd, "model-outside.onnx")));
    symlinkSync(join(cwd, "weights.bin"), join(cwd, "inner/out.bin"));
    await expectRefusal(cwd, "score inner/model.onnx --weights file".split(" "), /leads out of the model's folder/);
  });

  test("by its size is refused before it is read", async () => {
    const descriptor = openSync(join(cwd, "huge.onnx"), "w");
    ftruncateSync(descriptor, 2 ** 31 + 1);
    closeSync(descriptor);
    const { code, stderr } = await start(cwd, "describe", "huge.onnx").ended;
    writeFileSync(join(cwd, "huge.onnx"), "");
    expect(code).toBe(2);
    expect(stderr).toMatch(/more than 2 GiB/);
  });

  test.each([
    ["is none", "score nowhere.onnx", /no such file/],
    ["is a text", "score text.onnx", /not an ONNX file|no ONNX graph/],
    ["is given flags of files without one", "score genotype.json --size 64", /--size is for ONNX files/],
    ["is asked for weights from elsewhere", "score model.onnx --weights best", /unknown source of weights "best"/],
  ])("or %s is told so", async (_, line, reason) => {
    writeFileSync(join(cwd, "text.onnx"), "hello");
    await expectRefusal(cwd, line.split(" "), reason);
  });
});

test("a tensor that is too large is refused by the command too, before memory is taken for it", () => {
  const file = join(REPOSITORY, "test/fixtures/hostile/random-huge.onnx");
  return expectRefusal(cwd, ["describe", file], /tensor "r" has the shape \[2147483648\]: at most 536870912 elements/);
});
