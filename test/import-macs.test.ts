/** @file Multiply-accumulates of files of others: products of any form, quantised ones, and those in bodies of control flow. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { architectureCosts, importOnnx, onnxRuntime } from "@esnas/core/internal";
import fc from "fast-check";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { bytes, floats, type GraphParts, graph, integers, node, onnxFile, tensor } from "./reference/onnx-file.js";

const runtime = onnxRuntime(ort);
const FIXTURES = resolve(import.meta.dirname, "fixtures/onnx");

async function countedIn(file: Uint8Array) {
  const model = await importOnnx(file, { runtime });
  const { macs } = architectureCosts(model.architecture);
  expect(model.layers.reduce((sum, layer) => sum + layer.macs, 0)).toBe(macs);
  return { macs, notes: model.notes.filter((note) => note.startsWith("multiply-accumulates")) };
}

describe("a file", () => {
  test.each<[string, number, readonly string[]]>([
    ["einsum-plain.onnx", 49_152 + 2 * 64 * 64 * 16, []],
    ["einsum-ellipsis.onnx", 49_152 + 2 * 64 * 64 * 16, []],
    ["einsum-dots.onnx", 655_360 + 2 * 4 * 64 * 64 * 8, []],
    ["einsum-broadcast-one.onnx", 49_152 + 4 * 4 * 4 * 64, []],
    ["einsum-three.onnx", 49_152, ["multiply-accumulates of Einsum are not counted"]],
    ["loop-body.onnx", 442_368 + 4 * 1024 * 2304, []],
    ["if-body.onnx", 442_368, ["multiply-accumulates of the bodies of If are not counted"]],
    ["matmulintegertofloat.onnx", 1_769_472 + 64 * 10, []],
    ["dynamic-quant.onnx", 1_769_472 + 64 * 10, []],
    ["gru.onnx", 64 * 8 * 27, ["multiply-accumulates of GRU are not counted"]],
    ["attention23.onnx", 49_152, ["multiply-accumulates of Attention are not counted"]],
  ])("has its multiply-accumulates, or a note on those that are not counted: %s", async (name, macs, notes) => {
    expect(await countedIn(readFileSync(resolve(FIXTURES, name)))).toEqual({ macs, notes });
  });
});

/** A file of one product of an image of features and a stored tensor. */
function productFile(
  product: NodeProto,
  features: readonly number[],
  stored: readonly TensorProto[],
  domains: string[] = [],
) {
  return onnxFile(
    { input: [tensor("x", features)], output: [tensor("y", undefined)], nodes: [product], stored },
    13,
    domains,
  );
}

/** Labels of one product, with their lengths; some have length 1 in one of the factors, and are repeated there. */
interface Product {
  readonly lengths: Readonly<Record<string, number>>;
  readonly left: readonly string[];
  readonly right: readonly string[];
  readonly ones: readonly string[];
  /** How many of the labels of both are written as an ellipsis. */
  readonly dots: number;
}

const products: fc.Arbitrary<Product> = fc
  .record({
    both: fc.integer({ min: 1, max: 4 }),
    left: fc.integer({ min: 0, max: 1 }),
    right: fc.integer({ min: 0, max: 2 }),
    lengths: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 7, maxLength: 7 }),
    ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    dots: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ both, left, right, lengths, ones, dots }) => {
    const name = (i: number) => String.fromCharCode(97 + i);
    const shared = Array.from({ length: both }, (_, i) => name(i));
    const only = (from: number, n: number) => Array.from({ length: n }, (_, i) => name(from + i));
    return {
      lengths: Object.fromEntries(lengths.map((length, i) => [name(i), length])),
      left: [...shared, ...only(4, left)],
      right: [...shared, ...only(5, right)],
      ones: shared.filter((_, i) => ones[i]),
      dots: Math.min(dots, both),
    };
  });

describe("Einsum of two factors", () => {
  test("takes a loop over all of its labels, those of an ellipsis and of lengths of 1 among them", async () => {
    const property = fc.asyncProperty(products, async ({ lengths, left, right, ones, dots }) => {
      const write = (labels: readonly string[]) => (dots > 0 ? `...${labels.slice(dots).join("")}` : labels.join(""));
      const kept = [...new Set([...left, ...right])].filter((_, i) => i < dots || i % 2 === 0);
      const equation = `${write(left)},${write(right)}->${dots > 0 ? `...${kept.slice(dots).join("")}` : kept.join("")}`;
      const shape = right.map((label) => (ones.includes(label) ? 1 : (lengths[label] ?? 1)));
      const features = left.map((label) => lengths[label] ?? 1);
      // The file's first axis is a batch of 1.
      const file = onnxFile({
        input: [tensor("x", [1, ...features])],
        output: [tensor("y", undefined)],
        nodes: [node("Squeeze", ["x", "first"], ["f"]), node("Einsum", ["f", "w"], ["y"], { equation })],
        stored: [integers("first", [0]), floats("w", shape)],
      });
      const expected = [...new Set([...left, ...right])].reduce((product, label) => product * (lengths[label] ?? 1), 1);
      expect(await countedIn(file), equation).toEqual({ macs: expected, notes: [] });
    });
    await fc.assert(property, { seed: 3, numRuns: 80 });
  });

  test("with a label twice in one factor takes its diagonal once", async () => {
    const file = productFile(
      node("Einsum", ["x", "w"], ["y"], { equation: "bii,ij->bij" }),
      [1, 5, 5],
      [floats("w", [5, 7])],
    );
    expect(await countedIn(file)).toEqual({ macs: 5 * 7, notes: [] });
  });

  test("without the second is a sum or a move, which takes none", async () => {
    const file = productFile(node("Einsum", ["x"], ["y"], { equation: "bij->bj" }), [1, 5, 5], []);
    expect(await countedIn(file)).toEqual({ macs: 0, notes: [] });
  });
});

describe("a product", () => {
  const [M, K, N] = [6, 32, 8];
  const scale = (name: string) => floats(name, [], 0.1);
  const microsoft = ["com.microsoft"];
  const quantised: Record<string, [readonly NodeProto[], readonly TensorProto[]]> = {
    DynamicQuantizeMatMul: [
      [node("com.microsoft.DynamicQuantizeMatMul", ["x", "w", "s"], ["y"])],
      [bytes("w", [K, N], DataType.INT8), scale("s")],
    ],
    MatMulIntegerToFloat: [
      [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node("com.microsoft.MatMulIntegerToFloat", ["q", "w", "qs", "s"], ["y"]),
      ],
      [bytes("w", [K, N], DataType.INT8), scale("s")],
    ],
    MatMulInteger: [
      [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node("MatMulInteger", ["q", "w"], ["i"]),
        node("Cast", ["i"], ["y"], { to: DataType.FLOAT }),
      ],
      [bytes("w", [K, N], DataType.INT8)],
    ],
    QLinearMatMul: [
      [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("QLinearMatMul", ["q", "s", "z", "w", "s", "z", "s", "z"], ["i"]),
        node("DequantizeLinear", ["i", "s", "z"], ["y"]),
      ],
      [bytes("w", [K, N], DataType.UINT8), scale("s"), bytes("z", [], DataType.UINT8)],
    ],
    QGemm: [
      [
        node("Squeeze", ["x", "first"], ["f"]),
        node("QuantizeLinear", ["f", "s", "z"], ["q"]),
        node("com.microsoft.QGemm", ["q", "s", "z", "w", "s", "z", "", "s", "z"], ["i"], { transB: 1 }),
        node("DequantizeLinear", ["i", "s", "z"], ["y"]),
      ],
      [bytes("w", [N, K], DataType.UINT8), scale("s"), bytes("z", [], DataType.UINT8), integers("first", [0])],
    ],
    MatMulNBits: [
      [node("com.microsoft.MatMulNBits", ["x", "w", "s"], ["y"], { K, N, bits: 4, block_size: 32 })],
      [bytes("w", [N, 1, 16], DataType.UINT8), floats("s", [N])],
    ],
    FusedMatMul: [[node("com.microsoft.FusedMatMul", ["x", "w"], ["y"], { transB: 1 })], [floats("w", [N, K])]],
  };

  test.each(Object.entries(quantised))("of M x K and K x N takes M K N: %s", async (_, [nodes, stored]) => {
    const parts = { input: [tensor("x", [1, M, K])], output: [tensor("y", undefined)], nodes, stored };
    expect(await countedIn(onnxFile(parts, 13, microsoft))).toEqual({ macs: M * K * N, notes: [] });
  });

  test("whose first factor is transposed takes as many", async () => {
    const product = node("com.microsoft.FusedMatMul", ["x", "w"], ["y"], { transA: 1 });
    expect(await countedIn(productFile(product, [1, K, M], [floats("w", [K, N])], microsoft))).toEqual({
      macs: M * K * N,
      notes: [],
    });
  });
});

describe("a body", () => {
  const truth = (name: string, value = 1) => bytes(name, [], DataType.BOOL, value);
  const conv = 8 * 8 * 4 * 36;
  const stored = [floats("w", [4, 4, 3, 3]), truth("true"), truth("false", 0), integers("three", [3], [])];
  const convolution = (from: string, to: string) => node("Conv", [from, "w"], [to], { pads: [1, 1, 1, 1] });
  const file = (nodes: readonly NodeProto[], more: Partial<GraphParts> = {}) =>
    onnxFile({
      input: [tensor("x", [1, 4, 8, 8])],
      output: [tensor("y", undefined)],
      nodes,
      stored: [...stored, ...(more.stored ?? [])],
    });
  const scalar = (name: string, type: DataType) => tensor(name, [], type);
  const state = (name: string) => tensor(name, undefined);
  /** A body that convolves its state, and goes on as long as it is told to. */
  const repeated = (name: string, nodes = [convolution(`${name}.v`, `${name}.o`)]) =>
    graph({
      input: [scalar(`${name}.i`, DataType.INT64), scalar(`${name}.c`, DataType.BOOL), state(`${name}.v`)],
      output: [scalar(`${name}.d`, DataType.BOOL), state(`${name}.o`)],
      nodes: [...nodes, node("Identity", [`${name}.c`], [`${name}.d`])],
    });

  test("of a Loop counts as often as it runs", async () => {
    const loop = node("Loop", ["three", "true", "x"], ["y"], { body: repeated("b") });
    expect(await countedIn(file([loop]))).toEqual({ macs: 3 * conv, notes: [] });
  });

  test("of a Loop that does not run counts as none", async () => {
    const loop = node("Loop", ["three", "false", "x"], ["y"], { body: repeated("b") });
    expect(await countedIn(file([loop]))).toEqual({ macs: 0, notes: [] });
  });

  test("of a Loop in a Loop counts as often as both run", async () => {
    const inner = node("Loop", ["three", "true", "b.v"], ["b.o"], { body: repeated("in") });
    const loop = node("Loop", ["three", "true", "x"], ["y"], { body: repeated("b", [inner]) });
    expect(await countedIn(file([loop]))).toEqual({ macs: 9 * conv, notes: [] });
  });

  test("of a Loop that ends by its own counter counts as often as it runs", async () => {
    const body = graph({
      input: [scalar("i", DataType.INT64), scalar("c", DataType.BOOL), tensor("n", [], DataType.INT64), state("v")],
      output: [scalar("d", DataType.BOOL), tensor("m", [], DataType.INT64), state("o")],
      nodes: [convolution("v", "o"), node("Add", ["n", "one"], ["m"]), node("Less", ["m", "five"], ["d"])],
    });
    const loop = node("Loop", ["", "true", "zero", "x"], ["n.end", "y"], { body });
    const numbers = [integers("zero", [0], []), integers("one", [1], []), integers("five", [5], [])];
    expect(await countedIn(file([loop], { stored: numbers }))).toEqual({ macs: 5 * conv, notes: [] });
  });

  test("of a Loop whose state grows counts each time with its own lengths", async () => {
    const body = graph({
      input: [scalar("i", DataType.INT64), scalar("c", DataType.BOOL), state("v")],
      output: [scalar("d", DataType.BOOL), state("o")],
      nodes: [convolution("v", "k"), node("Concat", ["v", "k"], ["o"], { axis: 2 }), node("Identity", ["c"], ["d"])],
    });
    const loop = node("Loop", ["three", "true", "x"], ["y"], { body });
    expect(await countedIn(file([loop]))).toEqual({ macs: (1 + 2 + 4) * conv, notes: [] });
  });

  test("of a Loop that ends by what is computed of the image has a note", async () => {
    const body = graph({
      input: [scalar("i", DataType.INT64), scalar("c", DataType.BOOL), state("v")],
      output: [scalar("d", DataType.BOOL), state("o")],
      nodes: [
        convolution("v", "o"),
        node("ReduceMax", ["o"], ["max"], { keepdims: 0 }),
        node("Less", ["max", "limit"], ["d"]),
      ],
    });
    const loop = node("Loop", ["three", "true", "x"], ["y"], { body });
    const limit = floats("limit", []);
    expect(await countedIn(file([loop], { stored: [limit] }))).toEqual({
      macs: 0,
      notes: ["multiply-accumulates of the bodies of Loop are not counted"],
    });
  });

  test("of a Scan counts once along its axis", async () => {
    const body = graph({
      input: [tensor("row", undefined)],
      output: [tensor("out", undefined)],
      nodes: [node("MatMul", ["row", "m"], ["out"])],
    });
    // Slices of [1, 4, 8] along the third axis.
    const scan = node("Scan", ["x"], ["y"], { body, num_scan_inputs: 1, scan_input_axes: [2], scan_output_axes: [2] });
    expect(await countedIn(file([scan], { stored: [floats("m", [8, 5])] }))).toEqual({
      macs: 8 * 4 * 8 * 5,
      notes: [],
    });
  });

  const branch = (name: string, nodes: readonly NodeProto[]) =>
    graph({ input: [], output: [tensor(name, undefined)], nodes });
  const thick = branch("thick", [convolution("x", "thick.c"), convolution("thick.c", "thick")]);
  const thin = branch("thin", [convolution("x", "thin")]);

  test.each([
    ["true", 2],
    ["false", 1],
  ])("of an If whose condition is %s counts for the branch that is taken", async (condition, times) => {
    const choice = node("If", [condition], ["y"], { then_branch: thick, else_branch: thin });
    expect(await countedIn(file([choice]))).toEqual({ macs: times * conv, notes: [] });
  });

  test("of an If whose condition hangs on lengths counts for the branch that is taken", async () => {
    const nodes = [
      node("Size", ["x"], ["size"]),
      node("Less", ["three", "size"], ["large"]),
      node("If", ["large"], ["y"], { then_branch: thick, else_branch: thin }),
    ];
    expect(await countedIn(file(nodes))).toEqual({ macs: 2 * conv, notes: [] });
  });

  test("of an If whose condition hangs on the image, but which multiplies nothing, needs no note", async () => {
    const nodes = [
      node("ReduceMax", ["x"], ["max"], { keepdims: 0 }),
      node("Less", ["max", "limit"], ["low"]),
      node("If", ["low"], ["y"], {
        then_branch: branch("a", [node("Relu", ["x"], ["a"])]),
        else_branch: branch("b", [node("Abs", ["x"], ["b"])]),
      }),
    ];
    expect(await countedIn(file(nodes, { stored: [floats("limit", [])] }))).toEqual({ macs: 0, notes: [] });
  });

  test("with what is not counted has a note of that, besides what is", async () => {
    const body = repeated("b", [
      convolution("b.v", "b.k"),
      node("Det", ["b.k"], ["b.t"]),
      node("Add", ["b.k", "tiny"], ["b.o"]),
    ]);
    const loop = node("Loop", ["three", "true", "x"], ["y"], { body });
    expect(await countedIn(file([loop], { stored: [floats("tiny", [])] }))).toEqual({
      macs: 3 * conv,
      notes: ["multiply-accumulates of Det are not counted"],
    });
  });
});
