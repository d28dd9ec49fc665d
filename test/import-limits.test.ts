/**
 * @file Files at the limits of what is read: each is described, and each above is refused before a runtime sees it. How long they take is
 * looked at by hand; here they have to end at all.
 */

import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { limits } from "../packages/core/src/onnx/import/file/limits.js";
import { importOnnx } from "../packages/core/src/onnx/import/import.js";
import { onnxRuntime } from "../packages/core/src/runtime/onnxruntime.js";
import type { Runtime } from "../packages/core/src/runtime/session.js";
import { floats, type GraphParts, graph, integers, node, onnxFile, tensor } from "./reference/onnx-file.js";

const runtime = onnxRuntime(ort);

const forbidden: Runtime = {
  name: "forbidden",
  createSession: () => Promise.reject(new Error("a runtime was given the file")),
};

/** Far above what any file took on two busy cores. */
const LIMIT = 240_000;

const image = tensor("x", [1, 3, 16, 16]);
const file = (parts: Partial<GraphParts>) =>
  onnxFile({ input: [image], output: [tensor("y", undefined)], nodes: [], ...parts }, 17);

/** Nodes one after another. */
function chain(n: number, step: (from: string, to: string, i: number) => ReturnType<typeof node>): Partial<GraphParts> {
  const nodes = Array.from({ length: n }, (_, i) => step(i === 0 ? "x" : `t${i - 1}`, i === n - 1 ? "y" : `t${i}`, i));
  return { nodes };
}

const N = limits.nodes;

/** By what they are; a tenth as many in the quick suite. */
function atLimits(n: number): Record<string, () => Partial<GraphParts>> {
  const many = Array.from({ length: n - 1 }, (_, i) => `t${i}`);
  const fan = many.map((name) => node("Neg", ["x"], [name]));
  const nested = (depth: number): ReturnType<typeof graph> =>
    graph({
      input: [],
      output: [tensor(`o${depth}`, undefined)],
      nodes:
        depth === 0
          ? [node("Neg", ["x"], ["o0"])]
          : [node("If", ["c"], [`o${depth}`], { then_branch: nested(depth - 1), else_branch: nested(0) })],
    });
  return {
    "a chain of Neg": () => chain(n, (from, to) => node("Neg", [from], [to])),
    "a chain of Relu": () => chain(n, (from, to) => node("Relu", [from], [to])),
    "a chain of Identity": () => chain(n, (from, to, i) => node(i === n - 1 ? "Neg" : "Identity", [from], [to])),
    "a chain of gates": () =>
      chain(n, (from, to, i) =>
        i % 2 === 0 ? node("Sigmoid", [from], [to]) : node("Mul", [from, i === 1 ? "x" : `t${i - 2}`], [to]),
      ),
    "a chain of Add with a weight each": () => ({
      ...chain(n, (from, to, i) => node("Add", [from, `w${i}`], [to])),
      stored: Array.from({ length: n }, (_, i) => floats(`w${i}`, [3, 1, 1], i)),
    }),
    "a chain of Conv": () => ({
      ...chain(n, (from, to, i) => node("Conv", [from, `w${i}`], [to])),
      stored: Array.from({ length: n }, (_, i) => floats(`w${i}`, [3, 3, 1, 1], 0.1)),
    }),
    "a chain of Add with one weight": () => ({
      ...chain(n, (from, to) => node("Add", [from, "w"], [to])),
      stored: [floats("w", [3, 1, 1])],
    }),
    "a chain of Reshape": () => ({
      ...chain(n, (from, to) => node("Reshape", [from, "s"], [to])),
      stored: [integers("s", [1, 3, 16, 16])],
    }),
    "a chain of Transpose": () => chain(n, (from, to) => node("Transpose", [from], [to], { perm: [0, 1, 3, 2] })),
    "a chain whose shapes hang on values": () => ({
      nodes: [
        node("NonZero", ["x"], ["z"]),
        ...Array.from({ length: n - 5 }, (_, i) => node("Neg", [i === 0 ? "z" : `t${i - 1}`], [`t${i}`])),
        node("ReduceMean", [`t${n - 5 - 1}`], ["f"], { keepdims: 0 }),
        node("Cast", ["f"], ["g"], { to: 1 }),
        node("Add", ["x", "g"], ["y"]),
      ],
    }),
    "one Concat": () => ({ nodes: [...fan, node("Concat", many, ["y"], { axis: 1 })] }),
    "one Sum": () => ({ nodes: [...fan, node("Sum", many, ["y"])] }),
    "one tensor that all read": () => ({
      nodes: [...fan, node("Neg", ["x"], ["y"])],
      output: ["y", ...many.slice(0, limits.outputs - 1)].map((name) => tensor(name, undefined)),
    }),
    "one Split": () => ({
      nodes: [
        node("Reshape", ["x", "s"], ["r"]),
        node("Split", ["r"], many.slice(0, 768), { axis: 1 }),
        node("Concat", many.slice(0, 768), ["y"], { axis: 1 }),
      ],
      stored: [integers("s", [1, 768, 1, 1])],
    }),
    "many stored tensors": () => ({
      nodes: [node("Neg", ["x"], ["y"])],
      stored: Array.from({ length: limits.initializers * (n / N) }, (_, i) => floats(`w${i}`, [1])),
    }),
    "names as long as they may be": () => {
      const long = (i: number) => `${i}`.padEnd(limits.name, "n");
      return chain(n / 10, (_, to, i) => node("Neg", [i === 0 ? "x" : long(i - 1)], [to === "y" ? "y" : long(i)]));
    },
    "control flow as deep as it may be": () => ({
      nodes: [node("If", ["c"], ["y"], { then_branch: nested(limits.depth - 1), else_branch: nested(0) })],
      stored: [Object.assign(integers("c", [1], []), { dataType: 9, int64Data: [], int32Data: [1] })],
    }),
    "a chain of Unsqueeze and Squeeze": () => ({
      ...chain(n, (from, to, i) => node(i % 2 === 0 ? "Unsqueeze" : "Squeeze", [from, "a"], [to])),
      stored: [integers("a", [0])],
    }),
  };
}

describe("a file below the limits is described:", () => {
  test.each(Object.entries(atLimits(Number(process.env.ESNAS_LIMIT_NODES ?? N / 10))))(
    "%s",
    async (what, parts) => {
      const bytes = file(parts());
      const before = process.cpuUsage();
      const { layers } = await importOnnx(bytes, { runtime });
      const { user, system } = process.cpuUsage(before);
      if (process.env.ESNAS_LIMIT_NODES !== undefined)
        console.log(what, layers.length, ((user + system) / 1e6).toFixed(2), "s of CPU");
      expect(layers.length).toBeGreaterThan(0);
    },
    LIMIT,
  );
});

describe("a file above the limits is refused before a runtime sees it:", () => {
  const neg = (from: string, to: string) => node("Neg", [from], [to]);

  test.each<[string, () => Partial<GraphParts>, RegExp]>([
    ["too many nodes", () => chain(N + 1, neg), /has 8001 nodes beside constants: at most 8000/],
    [
      "too many nodes, constants among them",
      () => chain(50_001, (from, to) => node("Identity", [from], [to])),
      /more than 50000 nodes/,
    ],
    [
      "too many outputs",
      () => ({ nodes: [neg("x", "y")], output: new Array(1001).fill(tensor("y", undefined)) }),
      /more than 1000 outputs/,
    ],
    [
      "too many inputs of nodes",
      () => ({ nodes: [node("Sum", new Array(limits.names).fill("x"), ["y"])] }),
      /more than 200000 inputs and outputs of nodes/,
    ],
    [
      "too many stored tensors",
      () => ({
        nodes: [neg("x", "y")],
        stored: Array.from({ length: limits.initializers + 1 }, (_, i) => floats(`w${i}`, [1])),
      }),
      /more than 50000 stored tensors/,
    ],
    [
      "a name that is too long",
      () => ({ nodes: [neg("x", "n".repeat(1025)), neg("n".repeat(1025), "y")] }),
      /has 1025 characters: at most 1024/,
    ],
    [
      "a stored tensor of too many axes",
      () => ({ nodes: [node("Add", ["x", "w"], ["y"])], stored: [floats("w", new Array(65).fill(1))] }),
      /has 65 axes: at most 64/,
    ],
    [
      "a weight that is given too many axes",
      () => ({
        nodes: [node("Unsqueeze", ["w", "a"], ["u"]), node("Add", ["x", "u"], ["y"])],
        stored: [
          floats("w", [1]),
          integers(
            "a",
            Array.from({ length: 4000 }, (_, i) => i),
          ),
        ],
      }),
      /4001 axes: at most 64/,
    ],
  ])("%s", async (_, parts, reason) => {
    await expect(importOnnx(file(parts()), { runtime: forbidden })).rejects.toThrow(reason);
  });
});

describe("a tensor above the limit is refused before memory is taken for it:", () => {
  /** A runtime that infers, and is not to run. */
  const inferring: Runtime = {
    name: "inferring",
    async createSession(model) {
      const session = await runtime.createSession(model);
      return {
        outputShapes: session.outputShapes,
        otherOutputs: session.otherOutputs,
        run: () => Promise.reject(new Error("was run")),
        release: () => session.release(),
      };
    },
  };

  test.each<[string, () => Partial<GraphParts>]>([
    ["Expand", () => ({ nodes: [node("Expand", ["x", "s"], ["y"])], stored: [integers("s", [5_592_405, 3, 16, 16])] })],
    ["Tile", () => ({ nodes: [node("Tile", ["x", "s"], ["y"])], stored: [integers("s", [1, 1, 4096, 4096])] })],
    [
      "Pad",
      () => ({ nodes: [node("Pad", ["x", "s"], ["y"])], stored: [integers("s", [0, 0, 0, 0, 0, 0, 60_000, 60_000])] }),
    ],
    [
      "Range, whose values nothing needs",
      () => ({
        nodes: [
          node("Range", ["a", "b", "c"], ["r"]),
          node("Shape", ["r"], ["s"]),
          node("Cast", ["s"], ["f"], { to: 1 }),
          node("Mul", ["x", "f"], ["y"]),
        ],
        stored: [integers("a", [0], []), integers("b", [1e10], []), integers("c", [1], [])],
      }),
    ],
    [
      "RandomNormal",
      () => ({
        nodes: [
          node("RandomNormal", [], ["r"], { shape: [2 ** 31] }),
          node("ReduceMax", ["r"], ["m"], { keepdims: 0 }),
          node("Add", ["x", "m"], ["y"]),
        ],
      }),
    ],
  ])("%s", async (_, parts) => {
    await expect(importOnnx(file(parts()), { runtime: inferring })).rejects.toThrow(/at most 536870912 elements/);
  });
});
