/**
 * @file Random weights hang on the network alone: not on what tensors and nodes are called, not on what was trained, not on the form in
 * which a layer is written or its weights are stored. Each file is scored again after its names were changed and all that is trained
 * was multiplied.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  encode,
  fromGraph,
  graphOf,
  importOnnx,
  metricsOf,
  modelNamed,
  onnxRuntime,
  parameterValues,
  Scorer,
  type Scores,
  seededRandom,
} from "@esnas/core/internal";
import { TensorProto_DataType as DataType, type GraphProto, ModelProtoSchema, type TensorProto } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { floats } from "./reference/onnx-file.js";
import { type NodeSpec, specifiedFile, trained, wholes } from "./reference/onnx-specs.js";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));
const runtime = onnxRuntime(ort);
const scorer = new Scorer(runtime, { seed: 3, sessions: 2 });
afterAll(() => scorer.release());

const metrics = metricsOf(
  "parameters,macs,activation-layers,entropic-score,zen-score,naswot(batch=4),logsynflow,synflow",
);

async function scoresOf(bytes: Uint8Array): Promise<Scores> {
  const { architecture } = await importOnnx(bytes, { runtime });
  return withoutReasons(await scorer.scores(architecture, metrics));
}

/** Reasons name nodes, whose names change. */
function withoutReasons(scores: Scores): Scores {
  return Object.fromEntries(
    Object.entries(scores).map(([id, score]) => [id, typeof score === "number" ? score : { value: null, reason: "" }]),
  );
}

function changed(bytes: Uint8Array, change: (graph: GraphProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  if (model.graph !== undefined) change(model.graph);
  return toBinary(ModelProtoSchema, model);
}

/** Other names for all tensors and nodes, those of bodies with them. */
function renamed(bytes: Uint8Array): Uint8Array {
  const names = new Map<string, string>();
  const other = (name: string) => {
    if (name === "") return name;
    const known = names.get(name) ?? `t${(7919 * (names.size + 1)) % 10007}`;
    names.set(name, known);
    return known;
  };
  const rename = (graph: GraphProto) => {
    for (const of of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer])
      of.name = other(of.name);
    for (const node of graph.node) {
      node.name = node.name === "" ? "" : other(`node ${node.name}`);
      node.input = node.input.map(other);
      node.output = node.output.map(other);
      for (const { g } of node.attribute) if (g !== undefined) rename(g);
    }
  };
  return changed(bytes, rename);
}

/** Each tensor that is trained, times a factor of its own. */
function multiplied(bytes: Uint8Array, isTrained: (tensor: TensorProto) => boolean): Uint8Array {
  const random = seededRandom(11);
  const multiply = (graph: GraphProto) => {
    for (const tensor of graph.initializer) {
      if (tensor.dataType !== DataType.FLOAT || tensor.dims.length === 0 || !isTrained(tensor)) continue;
      const factor = 0.3 + random.below(1000) / 300;
      const raw = new Uint8Array(tensor.rawData);
      if (raw.length === 0) tensor.floatData = tensor.floatData.map((value) => factor * value);
      else tensor.rawData = new Uint8Array(new Float32Array(raw.buffer).map((value) => factor * value).buffer);
    }
    for (const { attribute } of graph.node) for (const { g } of attribute) if (g !== undefined) multiply(g);
  };
  return changed(bytes, multiply);
}

const all = () => true;
/** Statistics and constants of the program are not trained, nor are codes of positions that a file names so. */
const except =
  (...names: readonly string[]) =>
  ({ name }: TensorProto) =>
    !names.includes(name);

const conv: NodeSpec = ["Conv", ["x", "w"], ["c"], { pads: [1, 1, 1, 1] }];
const tail: readonly NodeSpec[] = [
  ["Relu", ["h"], ["r"]],
  ["Conv", ["r", "w2"], ["y"]],
];
const weights = [floats("w", [8, 3, 3, 3], trained(0.1)), floats("w2", [4, 8, 1, 1], trained(0.2))];

function between(nodes: readonly NodeSpec[], tensors: readonly TensorProto[]): Uint8Array {
  return specifiedFile({ nodes: [conv, ...nodes, ...tail], tensors: [...weights, ...tensors], output: "y" });
}

const stored = (path: string) => () => readFileSync(`${FIXTURES}${path}.onnx`);

describe("the scores of a file do not change with its names and with what was trained", () => {
  test.each<[string, () => Uint8Array, (tensor: TensorProto) => boolean]>([
    ["group normalisation as PyTorch has it", stored("forms/groupnorm-gamma1-opset13"), all],
    ["group normalisation with constants of its own", stored("forms/groupnorm-pytorch"), except("one", "zero")],
    ["layer normalisation", stored("forms/layernorm-gamma1-opset17"), all],
    ["layer normalisation written out", stored("forms/layernorm-gamma1-opset13"), all],
    ["Caffe's normalisation", stored("parameters/bn-then-scale-gamma1"), except("one", "zero")],
    ["8-bit weights", stored("parameters/qdq-int8"), all],
    ["8-bit weights with a scale for each channel", stored("parameters/qdq-int8-per-channel"), all],
    ["a quantised convolution", stored("parameters/qlinearconv-int8"), all],
    ["weights quantised when it runs", stored("parameters/dynamic-quant"), all],
    ["quantised training", stored("parameters/qat-float-weights"), all],
    ["standardised weights", stored("parameters/weight-standardised"), all],
    ["a shared weight", stored("parameters/shared-identity"), all],
    ["a bidirectional LSTM", stored("parameters/crnn"), all],
    ["a GRU", stored("parameters/gru"), all],
    ["an If whose bodies have weights", stored("parameters/if-body-inner-weights"), all],
    ["attention in windows", stored("parameters/swin-window"), except("onnx::Add_239")],
    ["squeeze-and-excite", stored("forms/se-torch-1"), all],
    ["slopes", () => between([["PRelu", ["c", "g"], ["h"]]], [floats("g", [8, 1, 1], trained(0.2))]), all],
    ["a layer scale", () => between([["Mul", ["c", "g"], ["h"]]], [floats("g", [8, 1, 1], trained(0.2))]), all],
    ["positions", () => between([["Add", ["c", "g"], ["h"]]], [floats("g", [8, 16, 16], trained(0.02))]), all],
    [
      "a product with two factors",
      () =>
        between([["Einsum", ["c", "g"], ["h"], { equation: "nchw,co->nohw" }]], [floats("g", [8, 8], trained(0.2))]),
      all,
    ],
  ])("%s", async (_, file, isTrained) => {
    const bytes = file();
    const scores = await scoresOf(bytes);
    expect(Object.values(scores).filter((score) => typeof score === "number").length).toBeGreaterThan(3);
    expect(await scoresOf(renamed(bytes))).toEqual(scores);
    expect(await scoresOf(multiplied(bytes, isTrained))).toEqual(scores);
    expect(await scoresOf(renamed(multiplied(bytes, isTrained)))).toEqual(scores);
  });
});

test("codes of weights do not change the scores either", async () => {
  const bytes = stored("parameters/qdq-int8")();
  const others = changed(bytes, (graph) => {
    for (const tensor of graph.initializer) {
      if (tensor.dataType !== DataType.INT8 || tensor.dims.length === 0) continue;
      tensor.rawData = Uint8Array.from(tensor.rawData, (byte, i) => (byte * 31 + i) % 256);
    }
  });
  expect(await scoresOf(others)).toEqual(await scoresOf(bytes));
});

describe("the same network has the same scores", () => {
  const pooled: readonly NodeSpec[] = [conv, ["Relu", ["c"], ["r"]], ["GlobalAveragePool", ["r"], ["p"]]];
  const [first = floats("", [0], 0)] = weights;
  const flat: NodeSpec = ["Flatten", ["p"], ["f"]];
  const codes = (name: string, dims: readonly number[]) =>
    wholes(name, DataType.INT8, dims, (i) => ((37 * i) % 255) - 127);

  test("whatever form a linear layer has", async () => {
    const forms: readonly (readonly [readonly NodeSpec[], readonly number[]])[] = [
      [
        [flat, ["Gemm", ["f", "m"], ["y"], { transB: 1 }]],
        [5, 8],
      ],
      [
        [flat, ["Gemm", ["f", "m"], ["y"]]],
        [8, 5],
      ],
      [
        [flat, ["MatMul", ["f", "m"], ["y"]]],
        [8, 5],
      ],
      [
        [
          ["Conv", ["p", "m"], ["v"]],
          ["Flatten", ["v"], ["y"]],
        ],
        [5, 8, 1, 1],
      ],
      [
        [flat, ["Transpose", ["m"], ["mt"], { perm: [1, 0] }], ["MatMul", ["f", "mt"], ["y"]]],
        [5, 8],
      ],
    ];
    const scores = await Promise.all(
      forms.map(([nodes, shape]) =>
        scoresOf(
          specifiedFile({
            nodes: [...pooled, ...nodes],
            tensors: [first, floats("m", shape, trained(0.1))],
            output: "y",
          }),
        ),
      ),
    );
    for (const { "zen-score": zen, "entropic-score": entropy, logsynflow } of scores) {
      expect([zen, entropy, logsynflow]).toEqual([
        scores[0]?.["zen-score"],
        scores[0]?.["entropic-score"],
        scores[0]?.logsynflow,
      ]);
    }
  });

  test("with weights of 8 bits and with floats", async () => {
    const nodes: readonly NodeSpec[] = [["Conv", ["x", "w"], ["h"], { pads: [1, 1, 1, 1] }], ...tail];
    const plain = specifiedFile({ nodes, tensors: weights, output: "y" });
    const quantised = specifiedFile({
      nodes: [
        ["QuantizeLinear", ["x", "s", "z"], ["q"]],
        ["DequantizeLinear", ["q", "s", "z"], ["d"]],
        ["DequantizeLinear", ["W", "s", "z8"], ["w"]],
        ["DequantizeLinear", ["W2", "s", "z8"], ["w2"]],
        ["Conv", ["d", "w"], ["h"], { pads: [1, 1, 1, 1] }],
        ...tail,
      ],
      tensors: [
        codes("W", [8, 3, 3, 3]),
        codes("W2", [4, 8, 1, 1]),
        floats("s", [], 0.02),
        wholes("z", DataType.UINT8, [], 128),
        wholes("z8", DataType.INT8, [], 0),
      ],
      output: "y",
    });
    expect(await scoresOf(quantised)).toEqual(await scoresOf(plain));
  });

  test("where a Relu was left out because codes end at 0", async () => {
    const plain = specifiedFile({
      nodes: [["Conv", ["x", "w"], ["h"], { pads: [1, 1, 1, 1] }], ...tail],
      tensors: weights,
      output: "y",
    });
    const quantised = specifiedFile({
      nodes: [
        ["QuantizeLinear", ["x", "s", "z"], ["q"]],
        ["QLinearConv", ["q", "s", "z", "W", "s", "z8", "s", "z0"], ["a"], { pads: [1, 1, 1, 1] }],
        ["QLinearConv", ["a", "s", "z0", "W2", "s", "z8", "s", "z"], ["b"]],
        ["DequantizeLinear", ["b", "s", "z"], ["y"]],
      ],
      tensors: [
        codes("W", [8, 3, 3, 3]),
        codes("W2", [4, 8, 1, 1]),
        floats("s", [], 0.02),
        wholes("z", DataType.UINT8, [], 128),
        wholes("z0", DataType.UINT8, [], 0),
        wholes("z8", DataType.INT8, [], 0),
      ],
      output: "y",
    });
    expect(await scoresOf(quantised)).toEqual(await scoresOf(plain));
  });

  test("whatever the order of its nodes and of the terms of a sum", async () => {
    const branches: readonly NodeSpec[] = [
      ["Conv", ["c", "wa"], ["a"], { pads: [1, 1, 1, 1] }],
      ["Conv", ["c", "wb"], ["b"]],
      ["Add", ["a", "b"], ["h"]],
    ];
    const tensors = [floats("wa", [8, 8, 3, 3], trained(0.1)), floats("wb", [8, 8, 1, 1], trained(0.2))];
    const [one, two] = branches;
    if (one === undefined || two === undefined) throw new Error("there are two branches");
    const swapped: readonly NodeSpec[] = [two, one, ["Add", ["b", "a"], ["h"]]];
    expect(await scoresOf(between(swapped, tensors))).toEqual(await scoresOf(between(branches, tensors)));
  });
});

describe("a file of ours", () => {
  const graph = graphOf(modelNamed("mobilevit_xxs").build({ resolution: 64, classes: 10 }));
  const bytes = encode(graph, { values: (parameter) => parameterValues(1, parameter) });

  test("has the scores of its genotype, under other names too", async () => {
    const scores = withoutReasons(await scorer.scores(fromGraph(graph), metrics));
    expect(await scoresOf(bytes)).toEqual(scores);
    expect(await scoresOf(renamed(bytes))).toEqual(scores);
    expect(await scoresOf(multiplied(renamed(bytes), all))).toEqual(scores);
  });
});
