/** @file `esnas export`: sizes, weights, PyTorch, and what is refused. */

import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode, decodeSafetensors, encodeSafetensors } from "@esnas/core/internal";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { contentsOf, expectRefusal, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const exported = (line: string) => stdoutOf(cwd, "export", ...line.split(" "));

beforeAll(async () => {
  await stdoutOf(cwd, ..."search --max-params 400k --max-evaluations 12 --out run".split(" "));
  copyFileSync(join(cwd, "run/architecture.json"), join(cwd, "genotype.json"));
  await exported("genotype.json --safetensors random.safetensors");
});

async function outputShape(file: string, shape: readonly number[]): Promise<readonly number[]> {
  const session = await InferenceSession.create(join(cwd, file));
  const image = new Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const { dims } = Object.values(await session.run({ input: image }))[0] ?? {};
  await session.release();
  return dims ?? [];
}

describe("an ONNX model", () => {
  test("takes any batch at its own size, or at another", async () => {
    await exported("genotype.json --onnx own.onnx");
    await exported("genotype.json --onnx other.onnx --resolution 96x160 --classes 7");
    expect(await outputShape("own.onnx", [3, 3, 256, 256])).toEqual([3, 1000]);
    expect(await outputShape("other.onnx", [2, 3, 96, 160])).toEqual([2, 7]);
    await expect(outputShape("other.onnx", [1, 3, 160, 96])).rejects.toThrow();
  });

  test("takes images of any size, or one batch alone, where that is asked for", async () => {
    await exported("genotype.json --onnx any.onnx --any-size");
    await exported("genotype.json --onnx four.onnx --batch 4 --resolution 64");
    expect(await outputShape("any.onnx", [1, 3, 64, 320])).toEqual([1, 1000]);
    expect(await outputShape("any.onnx", [2, 3, 224, 224])).toEqual([2, 1000]);
    expect(await outputShape("four.onnx", [4, 3, 64, 64])).toEqual([4, 1000]);
    await expect(outputShape("four.onnx", [1, 3, 64, 64])).rejects.toThrow();
  });

  test("says of which genotype, version and seed it is, or of which file its weights", async () => {
    await exported("genotype.json --onnx seeded.onnx --seed 7");
    await exported("genotype.json --onnx weighted.onnx --weights random.safetensors");
    const metadata = (file: string) => decode(readFileSync(join(cwd, file))).metadata;
    const genotype = JSON.stringify(JSON.parse(readFileSync(join(cwd, "genotype.json"), "utf8")));
    const version = (await stdoutOf(cwd, "--version")).trim();
    expect(metadata("seeded.onnx")).toEqual({ genotype, version, seed: "7" });
    expect(metadata("weighted.onnx")).toEqual({ genotype, version, weights: "random.safetensors" });
  });

  test("has the weights that it is given", async () => {
    const { tensors } = decodeSafetensors(readFileSync(join(cwd, "random.safetensors")));
    const doubled = [...tensors].map(
      ([name, { shape, data }]) => [name, { shape, data: data.map((x) => 2 * x) }] as const,
    );
    writeFileSync(join(cwd, "doubled.safetensors"), encodeSafetensors(new Map(doubled)));
    await exported("genotype.json --onnx doubled.onnx --weights doubled.safetensors");
    await exported("genotype.json --safetensors again.safetensors --weights doubled.safetensors");
    const again = decodeSafetensors(readFileSync(join(cwd, "again.safetensors"))).tensors;
    expect(again).toEqual(new Map(doubled));
    const bytes = readFileSync(join(cwd, "doubled.onnx"));
    const { data } = again.get("head.classifier.weight") ?? {};
    expect(bytes.includes(Buffer.from(data?.buffer ?? new ArrayBuffer(0)))).toBe(true);
  });
});

describe("PyTorch source", () => {
  test("of a run says by which command and within which budget it was found", async () => {
    await exported("run --pytorch run.py");
    const source = readFileSync(join(cwd, "run.py"), "utf8");
    expect(source).toMatch(/^"""ESFormer: [\d,]+ parameters/);
    expect(source).toContain("Budget: at most 400,000 parameters.\n\nFound without training by\n");
    expect(source.replaceAll("\n", " ")).toMatch(/esnas search --max-params 400000 --seed 0 --max-evaluations 12 /);
  });

  test("of a model of the family has its genotype and its budget, of another its title", async () => {
    await exported("--model esformer_s0 --pytorch s0.py");
    await exported("--model edgenext_s --pytorch edgenext.py");
    const [s0 = "", edgenext = ""] = ["s0.py", "edgenext.py"].map((file) => readFileSync(join(cwd, file), "utf8"));
    expect(s0).toMatch(/^"""ESFormerS0: /);
    expect(s0).toContain("Budget: at most 1,330,000 parameters, at most 260,000,000 multiply-accumulates.");
    expect(s0).toContain("esnas search --preset s0 --seed 0\n");
    expect(s0).toContain('{"space": "hybrid", "version": 1,');
    expect(edgenext).toContain("EdgeNeXt-S as published, without its weights.");
  });

  test("of a genotype is the same at each call, and has the classes that are asked for", async () => {
    await exported("genotype.json --pytorch a.py");
    await exported("genotype.json --pytorch b.py");
    await exported("genotype.json --pytorch c.py --classes 7");
    const { "a.py": a, "b.py": b } = contentsOf(cwd);
    expect(a).toBe(b);
    expect(readFileSync(join(cwd, "c.py"), "utf8")).toContain("num_classes: int = 7");
  });
});

describe("what cannot be exported is refused", () => {
  beforeAll(() => {
    writeFileSync(join(cwd, "empty.safetensors"), encodeSafetensors(new Map()));
  });

  test.for<[line: string, reason: RegExp]>([
    ["genotype.json --onnx x.onnx --resolution 8", /cannot take images of \[8, 8\]/],
    ["genotype.json --onnx x.onnx --resolution 8x8x8", /takes 224 or 224x320, was given "8x8x8"/],
    ["genotype.json --onnx x.onnx --any-size --resolution 64", /exclude each other/],
    ["genotype.json --svg x.svg --batch 2", /--batch is of ONNX models: give --onnx/],
    ["genotype.json --pytorch x --safetensors ./x", /--pytorch and --safetensors name the same file/],
    ["genotype.json --onnx x.onnx --weights empty.safetensors", /the weights lack "stem.conv.weight"/],
    ["genotype.json --onnx x.onnx --weights random.safetensors --classes 3", /the network has \[3, \d+\]/],
    ["--model deit_tiny --onnx x.onnx --any-size", /cannot take images of any size/],
  ])("esnas export %s", ([line, reason]) => expectRefusal(cwd, ["export", ...line.split(" ")], reason));
});
