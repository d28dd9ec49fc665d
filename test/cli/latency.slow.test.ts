/** @file `esnas latency`, and searches that are bounded by what it has measured. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  architectureCosts,
  encode,
  graphOf,
  hybridSpace,
  latencyPredictor,
  parameterValues,
  readGenotype,
  readLatencyProfile,
  sample,
  seededRandom,
  toJson,
} from "@esnas/core/internal";
import { beforeAll, describe, expect, test } from "vitest";
import { candidatesOf, esnas, expectRefusal, readJson, resultOf, start, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const space = hybridSpace({ input: [3, 64, 64], classes: 10 });
const genotype = sample(space, seededRandom(1));
writeFileSync(join(cwd, "genotype.json"), JSON.stringify(toJson(space, genotype)));
const architecture = space.build(genotype);
const bytes = encode(graphOf(architecture), { values: (parameter) => parameterValues(0, parameter) });
writeFileSync(join(cwd, "model.onnx"), bytes);
writeFileSync(join(cwd, "broken.onnx"), bytes.subarray(0, 1000));
writeFileSync(join(cwd, "other.json"), "{}");

/** Milliseconds for what takes seconds on a machine that does nothing else. */
const PATIENCE = 300_000;

interface Printed {
  readonly machine: { readonly cpu: string };
  readonly networks: readonly {
    readonly name: string;
    readonly input: readonly number[];
    readonly runs: number;
    readonly median: number;
    readonly p10: number;
    readonly p90: number;
    readonly parts: readonly { readonly name: string; readonly kind?: string; readonly milliseconds: number }[];
  }[];
}

describe("measuring networks", () => {
  let printed: Printed;
  beforeAll(async () => {
    const line = "latency genotype.json model.onnx --models edgenext_xxs --size 64 --runs 5 --warm-up 1 --json";
    printed = JSON.parse(await stdoutOf(cwd, ...line.split(" ")));
  }, PATIENCE);

  test("gives quantiles of as many runs of each as were asked for, with the machine that they are of", () => {
    expect(printed.machine.cpu).not.toBe("");
    expect(printed.networks.map(({ name }) => name)).toEqual(["genotype.json", "model.onnx", "edgenext_xxs"]);
    for (const { input, runs, p10, median, p90 } of printed.networks) {
      expect(input).toEqual([1, 3, 64, 64]);
      expect(runs).toBe(5);
      expect(p10).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(p10);
      expect(p90).toBeGreaterThanOrEqual(median);
    }
  });

  test("tells of a genotype block by block, and of anybody's file operator by operator", () => {
    const [ours, file] = printed.networks;
    expect(ours?.parts.map(({ name, kind }) => [name, kind])).toEqual(
      architecture.blocks.map(({ name, spec }) => [name, spec.kind]),
    );
    for (const { milliseconds } of ours?.parts ?? []) expect(milliseconds).toBeGreaterThan(0);
    expect(file?.parts.map(({ name }) => name)).toContain("Conv");
    expect(file?.parts.every(({ kind }) => kind === undefined)).toBe(true);
  });

  test("prints tables, and its progress elsewhere", async () => {
    const { code, stdout, stderr } = await esnas(cwd, ..."latency genotype.json --runs 3 --batch 2".split(" "));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^network +input +runs +median ms/);
    expect(stdout).toContain("2 x 3 x 64 x 64");
    expect(stdout).toMatch(/^stages\.0\.blocks\.0 +\w+ +[\d.]+ +[\d.]+$/m);
    expect(stderr).toContain("3 runs of each");
  });

  test("ends at Ctrl-C with what was measured by then", async () => {
    const { child, ended } = start(cwd, ..."latency genotype.json model.onnx --runs 1000000 --json".split(" "));
    child.stderr?.once("data", () => child.kill("SIGINT"));
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining("stopped after") });
    const { networks } = JSON.parse(stdout) as Printed;
    expect(networks).toHaveLength(2);
    for (const { runs, parts } of networks) {
      expect(runs).toBeGreaterThan(0);
      expect(parts).toEqual([]);
    }
  });

  test.for<[line: string, reason: RegExp]>([
    ["latency", /nothing to measure/],
    ["latency missing.json", /there is no such file/],
    ["latency missing.onnx", /there is no such file/],
    ["latency other.json", /"other\.json"/],
    ["latency broken.onnx", /"broken\.onnx": not an ONNX file/],
    ["latency --models edgenext_xss", /unknown model "edgenext_xss"\. Did you mean "edgenext_xxs"/],
    ["latency genotype.json --calibrate", /draws its networks itself/],
    ["latency genotype.json --profile p.json", /--calibrate/],
    ["latency genotype.json --runs 0", /whole number/],
    ["latency --calibrate --profile other.json", /"other\.json" exists already; give --force/],
  ])("is refused: esnas %s", ([line, reason]) => expectRefusal(cwd, line.split(" "), reason));
});

describe("a profile that is measured", () => {
  const place = temporaryFolder();
  let printed: string;
  beforeAll(async () => {
    const flags = "--networks 12 --passes 1 --size 64 --profile here/machine.json".split(" ");
    printed = await stdoutOf(place, "latency", "--calibrate", ...flags);
  }, PATIENCE);

  test("is a file that predicts any network of the space, and says how well", () => {
    const profile = readLatencyProfile(readJson(place, "here/machine.json"));
    expect(profile.check.networks).toBe(12);
    expect(printed).toMatch(/Spearman [\d.-]+, median error [\d.]+ %/);
    const predictor = latencyPredictor(profile);
    for (let seed = 0; seed < 20; seed++) {
      expect(predictor.ofArchitecture(space.build(sample(space, seededRandom(seed))))).toBeGreaterThan(0);
    }
  });
});

describe("a search within a latency", () => {
  const place = temporaryFolder();
  /** A machine that there is not: milliseconds of multiply-accumulates and of blocks. */
  const kind = {
    blocks: 100,
    medianError: 0,
    weights: Object.fromEntries([
      ...["image convolution", "convolution", "pointwise", "depthwise", "MatMul", "Gemm"].flatMap((name) => [
        [`${name} macs`, 2e-8],
        [`${name} elements`, 0],
      ]),
      ...["BatchNormalization", "Clip", "Add", "Transpose", "LayerNormalization", "Gelu", "Reshape", "Split"].map(
        (name) => [`${name} elements`, 1e-7],
      ),
      ...["Mul", "Softmax", "GlobalAveragePool", "Flatten"].map((name) => [`${name} elements`, 1e-7]),
      ["depthwise rows", 0],
      ["weights", 0],
      ["block", 0.05],
    ] as [string, number][]),
  };
  const profile = {
    format: "esnas-latency-profile",
    version: 1,
    machine: { cpu: "Abacus 9000", cores: 1, system: "none", runtime: "none" },
    threads: 1,
    batch: 1,
    measured: { networks: 1, runs: 1, seed: 0 },
    channelGroup: 8,
    network: { fixed: 0.2, factor: 1 },
    kinds: { downsample: kind, ibn: kind, convnext: kind, transformer: kind, head: kind },
    blocks: {},
    check: { networks: 0, spearman: 0, medianError: 0 },
  };
  writeFileSync(join(place, "profile.json"), JSON.stringify(profile));
  writeFileSync(join(place, "broken.json"), JSON.stringify({ ...profile, version: 7 }));
  writeFileSync(join(place, "text.json"), "text");
  const predictor = latencyPredictor(readLatencyProfile(profile));

  interface Found {
    readonly preset: string | null;
    readonly parameters: number;
    readonly latency: {
      readonly milliseconds: number;
      readonly machine: { readonly cpu: string };
      readonly profile: string;
    };
  }

  const SEARCH = "search --max-evaluations 60 --profile profile.json";

  test.for<[flags: string, out: string]>([
    ["--max-latency 8ms", "alone"],
    ["--max-latency 0.008s --max-params 800k --min-latency 7", "with-another"],
    ["--max-latency 6 --preset s0 --algorithm joint", "with-preset"],
  ])("ends within it: %s", async ([flags, out]) => {
    const line = `${SEARCH} ${flags} --out ${out} --json`;
    const { preset, parameters, latency } = JSON.parse(await stdoutOf(place, ...line.split(" "))) as Found;
    expect(preset).toBe(flags.includes("s0") ? "s0" : null);
    if (flags.includes("800k")) {
      expect(parameters).toBeLessThanOrEqual(800e3);
      expect(latency.milliseconds).toBeGreaterThanOrEqual(7);
    }
    expect(latency.milliseconds).toBeLessThanOrEqual(flags.includes("--max-latency 6") ? 6 : 8);
    expect(latency.machine.cpu).toBe("Abacus 9000");
    const read = readGenotype(readJson(place, out, "architecture.json"));
    expect(predictor.ofArchitecture(read.space.build(read.genotype))).toBeCloseTo(latency.milliseconds, 9);
    expect(readFileSync(join(place, out, "README.md"), "utf8")).toMatch(/ ms of .+ predicted \(.+\).* on Abacus 9000/);
  });

  test("gives the same answer to the same seed, and goes on without the profile's file", async () => {
    const line = `${SEARCH} --max-latency 8 --seed 3`;
    await stdoutOf(place, ...line.split(" "), "--out", "first");
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, "profile.json"), JSON.stringify(profile));
    await stdoutOf(elsewhere, ...line.split(" "), "--out", "second");
    expect(candidatesOf(join(elsewhere, "second"))).toEqual(candidatesOf(join(place, "first")));
    expect(resultOf(join(elsewhere, "second"))).toEqual(resultOf(join(place, "first")));
    writeFileSync(join(elsewhere, "profile.json"), "{}");
    await stdoutOf(elsewhere, "search", "--resume", "second");
    expect(resultOf(join(elsewhere, "second"))).toEqual(resultOf(join(place, "first")));
  });

  test("draws random genotypes within it, too", async () => {
    const line = "score --space hybrid --random 5 --max-latency 6ms --profile profile.json --metrics macs --json";
    const { candidates } = JSON.parse(await stdoutOf(place, ...line.split(" ")));
    for (const { genotype: json } of candidates as { genotype: unknown }[]) {
      const read = readGenotype(json);
      expect(predictor.ofArchitecture(read.space.build(read.genotype))).toBeLessThanOrEqual(6);
    }
  });

  test("is told of by describe, where a profile is given", async () => {
    await stdoutOf(place, ...`${SEARCH} --max-latency 8ms --out described`.split(" "));
    const { latency } = readJson(place, "described/summary.json") as Found;
    const described = await stdoutOf(place, ..."describe described --profile profile.json --json".split(" "));
    expect(JSON.parse(described)).toMatchObject({ latency });
    const text = await stdoutOf(place, ..."describe described --profile profile.json".split(" "));
    expect(text).toMatch(/[\d.]+ ms of 8 ms predicted \(\d+ %\) on Abacus 9000\s+images of 3 x 256 x 256/);
  });

  test("costs more parameters and multiply-accumulates where more of it is given", () => {
    const fewest = space.build(space.genes.map(({ values }) => values[0] ?? 0));
    expect(predictor.ofArchitecture(fewest)).toBeLessThan(predictor.ofArchitecture(architecture));
    expect(architectureCosts(fewest).macs).toBeLessThan(architectureCosts(architecture).macs);
  });

  test.for<[line: string, reason: RegExp]>([
    ["search --max-latency 8ms", /no latency profile "latency\/.*\.json".*esnas latency --calibrate --profile latency/],
    ["search --max-latency 8ms --profile none.json", /no latency profile "none\.json"/],
    ["search --max-latency 8ms --profile broken.json", /"broken\.json": not a latency profile.*version/],
    ["search --max-latency 8ms --profile text.json", /"text\.json" is not JSON/],
    ["search --profile profile.json", /give --max-latency/],
    ["search --max-latency soon --profile profile.json", /"soon" is no time.*8ms/],
    ["search --max-latency 0 --profile profile.json", /"0" is no time/],
    [
      "search --max-latency 0.4ms --profile profile.json",
      /no model of the space "hybrid" has at most 0\.4 ms of predicted latency: its smallest model has [\d.]+/,
    ],
    [
      "search --space nats-size --max-latency 8ms --profile profile.json",
      /the latency profile has not measured the block "stem" \(nats-stem\)/,
    ],
  ])("is refused: esnas %s", async ([line, reason]) => {
    await expectRefusal(place, line.split(" "), reason);
    expect(readdirSync(place)).not.toContain("runs");
  });
});
