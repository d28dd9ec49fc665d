/**
 * @file Which numbers of a file are parameters: as published, as PyTorch counts them, and as exporters and quantisers write them; and
 * what is none, though the file holds it as a tensor like any other.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  architectureCosts,
  encode,
  graphOf,
  importOnnx,
  onnxRuntime,
  parameterValues,
  type WeightSource,
} from "@esnas/core/internal";
import { TensorProto_DataType as DataType } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { floats } from "./reference/onnx-file.js";
import { type FileSpec, type NodeSpec, specifiedFile, trained, wholes } from "./reference/onnx-specs.js";
import { hasPythonModule, PYTHON } from "./reference/python.js";

const FIXTURES = fileURLToPath(new URL("fixtures/parameters/", import.meta.url));
const CASES = fileURLToPath(new URL("../../shared/cases/onnx/", import.meta.url));
const runtime = onnxRuntime(ort);

/** What 8 bits lose of an output, of its largest number. */
const ROUNDING = 0.1;

async function parametersOf(bytes: Uint8Array, weights: WeightSource = "random") {
  const model = await importOnnx(bytes, { runtime, weights });
  const { parameters } = architectureCosts(model.architecture);
  expect(model.layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
  return { parameters, notes: model.notes.join("\n") };
}

describe("a file of others", () => {
  test.each([
    ["qdq-int8", 216 + 8 + 128],
    ["qdq-int8-per-channel", 216 + 8 + 128],
    ["ortopt-qdq-int8-all", 216 + 8 + 128],
    ["qat-float-weights", 216],
    ["qlinearconv-int8", 216 + 8],
    ["dynamic-quant", 1728 + 640 + 10],
    ["matmulintegertofloat", 1728 + 640 + 10],
    ["if-body-inner-weights", 432 + 2304 + 256],
    ["instancenorm-plain", 432],
    ["instancenorm-running", 432],
    // A table of positions as large as sines; the number that PyTorch has as a parameter is one.
    ["sincos-buffer", 3377],
    // 2 heads of 7 x 7 relative positions, stored as 16 x 16; no mask.
    ["swin-window", 5954],
    ["anchors-constant", 400],
    ["mean-std-inside", 216],
    ["head-one-class-add", 225],
    ["head-one-class-gemm", 225],
    ["shared-identity", 792],
    ["shared-conv", 792],
    ["weight-standardised", 216],
    ["bn-then-scale-gamma1", 432 + 2304 + 32],
    ["bn-then-scale-gamma0.01", 432 + 2304 + 32],
    // LSTM and GRU have two biases for each gate, as PyTorch has them; their states are none.
    ["crnn", 160 + 2 * 4 * 8 * (16 + 8 + 2) + 170],
    ["gru", 216 + 3 * 12 * (8 + 12 + 2)],
  ])("has its parameters, with weights of either kind: %s", async (name, parameters) => {
    const bytes = readFileSync(`${FIXTURES}${name}.onnx`);
    expect(await parametersOf(bytes)).toMatchObject({ parameters });
    expect(await parametersOf(bytes, "file")).toMatchObject({ parameters });
  });

  test.each([
    ["sincos-buffer", /not counted as parameters, though they may be: "pos"/],
    ["sincos-buffer", /counted as parameters, though they may be constants: "a"/],
    ["anchors-constant", /not counted as parameters, though they may be: "wh", "anc"/],
    ["instancenorm-plain", /not counted as parameters, though they may be/],
  ])("names tensors of which it does not tell what they are: %s", async (name, note) => {
    expect((await parametersOf(readFileSync(`${FIXTURES}${name}.onnx`))).notes).toMatch(note);
  });

  test.skipIf(!existsSync(CASES))(
    "has no parameters in normalisations of groups (skipped without ../shared)",
    async () => {
      expect(await parametersOf(readFileSync(`${CASES}groupnorm.onnx`))).toMatchObject({ parameters: 25_728 });
    },
  );
});

const conv: NodeSpec = ["Conv", ["x", "w"], ["c"], { pads: [1, 1, 1, 1] }];
const weight = floats("w", [8, 3, 3, 3], trained(0.1));
const head: NodeSpec = ["Conv", ["h", "w2"], ["y"]];
const headWeight = floats("w2", [4, 8, 1, 1], trained(0.2));
const own = 216 + 32;

/** Nodes between two convolutions: they take `c` and give `h`. */
function between(nodes: readonly NodeSpec[], tensors: FileSpec["tensors"], opset = 17): Uint8Array {
  return specifiedFile({
    nodes: [conv, ...nodes, head],
    tensors: [weight, headWeight, ...tensors],
    output: "y",
    opset,
  });
}

const per = (name: string, values: number | ((i: number) => number)) => floats(name, [8], values);
const { UINT8, INT8, INT32, INT64 } = DataType;
const square = (i: number) => ((37 * i) % 255) - 127;

describe("what stands between two layers", () => {
  const batchNorm: NodeSpec = ["BatchNormalization", ["c", "s", "b", "m", "v"], ["n"]];
  const statistics = [per("m", trained(0.3)), per("v", trained(0.1, 1))];
  const scaled: readonly NodeSpec[] = [
    ["Mul", ["n", "g"], ["p"]],
    ["Add", ["p", "o"], ["h"]],
  ];
  const scale = [floats("g", [8, 1, 1], trained(0.5)), floats("o", [8, 1, 1], trained(0.4))];
  const end: NodeSpec = ["Relu", ["n"], ["h"]];

  test.each<[string, number, Uint8Array]>([
    ["a batch normalisation", 16, between([batchNorm, end], [per("s", 1), per("b", 0), ...statistics])],
    [
      "one of Caffe, with a Scale behind it",
      16,
      between([batchNorm, ...scaled], [per("s", 1), per("b", 0), ...statistics, ...scale]),
    ],
    [
      "one of Caffe in a file whose weights were filled",
      16,
      between([batchNorm, ...scaled], [per("s", 0.02), per("b", 0.02), ...statistics, ...scale]),
    ],
    [
      "a batch normalisation with a trained scale, and a scale of its own behind it",
      32,
      between([batchNorm, ...scaled], [per("s", trained(0.2, 1)), per("b", trained(0.2)), ...statistics, ...scale]),
    ],
    ["one of Keras without scales", 8, between([batchNorm, end], [per("s", 1), per("b", trained(0.2)), ...statistics])],
    ["a factor for each channel", 8, between([["Mul", ["c", "g"], ["h"]]], scale.slice(0, 1))],
    ["a PReLU with one slope", 1, between([["PRelu", ["c", "g"], ["h"]]], [floats("g", [1], 0.2)])],
    ["a number that is a constant of the program", 0, between([["Mul", ["c", "g"], ["h"]]], [floats("g", [], 0.3)])],
    [
      "a number that is a parameter, where constants are values of nodes",
      1,
      between(
        [
          ["Constant", [], ["k"], { value: floats("", [], 0.7) }],
          ["Mul", ["c", "k"], ["t"]],
          ["Mul", ["t", "g"], ["h"]],
        ],
        [floats("g", [], 0.3)],
      ),
    ],
    ["a mask", 0, between([["Add", ["c", "k"], ["h"]]], [floats("k", [16, 16], (i) => (i % 3 === 0 ? -100 : 0))])],
    [
      "a mask of infinities",
      0,
      between(
        [["Add", ["c", "k"], ["h"]]],
        [floats("k", [16, 16], (i) => (i % 3 === 0 ? Number.NEGATIVE_INFINITY : 0))],
      ),
    ],
    [
      "coordinates beside the channels",
      8 * 10,
      between(
        [
          ["Concat", ["c", "k"], ["t"], { axis: 1 }],
          ["Conv", ["t", "w3"], ["h"]],
        ],
        [
          floats("k", [1, 2, 16, 16], (i) => (i < 256 ? Math.floor(i / 16) : i % 16) / 15),
          floats("w3", [8, 10, 1, 1], trained(0.3)),
        ],
      ),
    ],
    [
      "sines and cosines of positions",
      0,
      between(
        [["Add", ["c", "k"], ["h"]]],
        [floats("k", [8, 16, 16], (i) => (i % 2 === 0 ? Math.sin(i / 7) : Math.cos(i / 11)))],
      ),
    ],
    ["trained positions", 2048, between([["Add", ["c", "k"], ["h"]]], [floats("k", [8, 16, 16], trained(0.03))])],
    ["positions that begin at 0", 2048, between([["Add", ["c", "k"], ["h"]]], [floats("k", [8, 16, 16], 0)])],
    [
      "a tensor of ones that an exporter wrote once for two normalisations",
      32,
      between(
        [
          ["Identity", ["s"], ["s2"]],
          ["Identity", ["b"], ["b2"]],
          batchNorm,
          ["Relu", ["n"], ["r"]],
          ["BatchNormalization", ["r", "s2", "b2", "m", "v"], ["h"]],
        ],
        [per("s", 1), per("b", 0), ...statistics],
      ),
    ],
    [
      "a trained tensor that two normalisations share",
      16,
      between(
        [
          ["Identity", ["s"], ["s2"]],
          ["Identity", ["b"], ["b2"]],
          batchNorm,
          ["Relu", ["n"], ["r"]],
          ["BatchNormalization", ["r", "s2", "b2", "m", "v"], ["h"]],
        ],
        [per("s", trained(0.1, 1)), per("b", trained(0.1)), ...statistics],
      ),
    ],
  ])("%s", async (_, parameters, bytes) => {
    expect(await parametersOf(bytes)).toMatchObject({ parameters: own + parameters });
  });
});

describe("quantised weights count as the floats that they stand for", () => {
  const scalar = (name: string, value: number) => floats(name, [], value);
  const zero = (name: string, type: DataType, value: number) => wholes(name, type, [], value);
  const quantise: NodeSpec = ["QuantizeLinear", ["x", "sx", "zx"], ["q"]];
  // Scales that hold what the signals come to: images, features, and what comes out.
  const of = [
    scalar("sx", 1 / 127),
    scalar("sf", 1 / 512),
    scalar("sy", 1 / 30),
    scalar("so", 1 / 8192),
    zero("zx", UINT8, 128),
    scalar("s", 1 / 512),
    zero("z", INT8, 0),
  ];
  const codes = (name: string, dims: readonly number[]) => wholes(name, INT8, dims, square);
  const flat: readonly NodeSpec[] = [
    conv,
    ["Relu", ["c"], ["r"]],
    ["GlobalAveragePool", ["r"], ["p"]],
    ["Flatten", ["p"], ["f"]],
  ];

  const specs: readonly (readonly [string, number, FileSpec])[] = [
    [
      "QLinearMatMul",
      216 + 80,
      {
        nodes: [
          ...flat,
          ["QuantizeLinear", ["f", "sf", "zx"], ["q"]],
          ["QLinearMatMul", ["q", "sf", "zx", "W", "s", "z", "so", "zx"], ["m"]],
          ["DequantizeLinear", ["m", "so", "zx"], ["y"]],
        ],
        tensors: [weight, codes("W", [8, 10]), ...of],
        output: "y",
      },
    ],
    [
      "QGemm",
      216 + 80 + 10,
      {
        nodes: [
          ...flat,
          ["QuantizeLinear", ["f", "sf", "zx"], ["q"]],
          ["com.microsoft.QGemm", ["q", "sf", "zx", "W", "s", "z", "B", "so", "zx"], ["m"], { transB: 1 }],
          ["DequantizeLinear", ["m", "so", "zx"], ["y"]],
        ],
        tensors: [weight, codes("W", [10, 8]), wholes("B", INT32, [10], square), ...of],
        output: "y",
      },
    ],
    [
      "ConvInteger with its scales behind it",
      216 + 8,
      {
        nodes: [
          ["DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]],
          ["ConvInteger", ["q", "W", "qz", "z"], ["i"], { pads: [1, 1, 1, 1] }],
          ["Cast", ["i"], ["f"], { to: 1 }],
          ["Mul", ["qs", "s"], ["ss"]],
          ["Mul", ["f", "ss"], ["g"]],
          ["Add", ["g", "b"], ["y"]],
        ],
        tensors: [codes("W", [8, 3, 3, 3]), floats("b", [1, 8, 1, 1], trained(0.1)), ...of],
        output: "y",
      },
    ],
    [
      "a chain of quantised layers with a residual sum and a pool between them",
      216 + 8 + 64,
      {
        nodes: [
          quantise,
          ["QLinearConv", ["q", "sx", "zx", "W", "s", "z", "sy", "zx", "B"], ["a"], { pads: [1, 1, 1, 1] }],
          ["QLinearConv", ["a", "sy", "zx", "V", "s", "z", "sy", "zx"], ["b"]],
          ["com.microsoft.QLinearAdd", ["a", "sy", "zx", "b", "sy", "zx", "sy", "zx"], ["d"]],
          ["MaxPool", ["d"], ["e"], { kernel_shape: [2, 2], strides: [2, 2] }],
          ["com.microsoft.QLinearGlobalAveragePool", ["e", "sy", "zx", "sy", "zx"], ["g"], { channels_last: 0 }],
          ["DequantizeLinear", ["g", "sy", "zx"], ["y"]],
        ],
        tensors: [codes("W", [8, 3, 3, 3]), wholes("B", INT32, [8], square), codes("V", [8, 8, 1, 1]), ...of],
        output: "y",
      },
    ],
    [
      "weights of 4 bits in blocks",
      216 + 32 * 16,
      {
        nodes: [
          ["Conv", ["x", "w"], ["c"], { pads: [1, 1, 1, 1] }],
          ["Relu", ["c"], ["r"]],
          ["Reshape", ["r", "t"], ["f"]],
          ["com.microsoft.MatMulNBits", ["f", "W", "ss"], ["y"], { K: 32, N: 16, bits: 4, block_size: 32 }],
        ],
        tensors: [
          weight,
          wholes("t", INT64, [3], (i) => [0, 64, 32][i] ?? 0),
          wholes("W", UINT8, [16, 1, 16], (i) => (31 * i) % 256),
          floats("ss", [16], trained(0.01, 0.1)),
        ],
        output: "y",
      },
    ],
  ];

  test.each(specs)("%s", async (_, parameters, spec) => {
    const bytes = specifiedFile(spec);
    expect(await parametersOf(bytes)).toMatchObject({ parameters });
    expect((await parametersOf(bytes, "file")).notes).toContain("quantised parts are computed in float32");
  });

  const stored = ["qdq-int8", "qdq-int8-per-channel", "qlinearconv-int8", "dynamic-quant", "matmulintegertofloat"];
  // Scales of the stored files hold images of this size.
  const SMALL = 0.2;
  const files: readonly (readonly [string, number, () => Uint8Array])[] = [
    ...specs.map(([name, , spec]) => [name, 1, () => specifiedFile(spec)] as const),
    ...stored.map((name) => [name, SMALL, () => readFileSync(`${FIXTURES}${name}.onnx`)] as const),
  ];

  test.each(files)("and compute what they compute, but for rounding: %s", async (_, amplitude, file) => {
    const bytes = file();
    const model = await importOnnx(bytes, { runtime, weights: "file" });
    const graph = graphOf(model.architecture);
    const data = Float32Array.from(
      { length: model.input.reduce((a, n) => a * n, 1) },
      (_, i) => amplitude * Math.sin(i),
    );
    const again = encode(graph, { values: (parameter) => parameterValues(0, parameter) });
    const [before, after] = await Promise.all(
      [bytes, again].map(async (of) => {
        const session = await runtime.createSession(of);
        const { data: result } = (await session.run({ x: { data, shape: model.input } })).y ?? {};
        await session.release();
        return [...(result ?? [])];
      }),
    );
    const largest = Math.max(...(before ?? []).map(Math.abs));
    const error = Math.max(...(before ?? []).map((x, i) => Math.abs(x - (after?.[i] ?? Number.NaN))));
    expect(largest).toBeGreaterThan(0);
    expect(error).toBeLessThan(ROUNDING * largest);
  });
});

const SCRIPT = fileURLToPath(new URL("../scripts/import-parameters.py", import.meta.url));
const isThere = hasPythonModule("torch");

test.skipIf(!isThere)(
  "PyTorch counts the same of what it exports (skipped without python3-torch)",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "esnas-parameters-"));
    try {
      const { status, stderr } = spawnSync(PYTHON, [SCRIPT, folder], { encoding: "utf8" });
      expect(status, stderr).toBe(0);
      const counts: Record<string, number> = JSON.parse(readFileSync(join(folder, "counts.json"), "utf8"));
      // The lengths of 16 filters are in the file only as a factor of the filters.
      const merged: Readonly<Record<string, number>> = { "weight-norm-folded": 16 };
      expect(Object.keys(counts).length).toBeGreaterThan(20);
      for (const [name, count] of Object.entries(counts)) {
        const { parameters } = await parametersOf(readFileSync(join(folder, `${name}.onnx`)));
        expect(parameters, name).toBe(count - (merged[name] ?? 0));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  300_000,
);
