/**
 * @file Gradients of every operator: the graph that is built, run by the float64 reference, against central differences of the graph that
 * it was built of, and run by ONNX Runtime against the reference.
 */

import { encode, type Graph, onnxRuntime, shapeOf } from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { buildBlock } from "../packages/core/src/blocks/registry.js";
import { GraphBuilder, type Tensor } from "../packages/core/src/graph/builder.js";
import { operators } from "../packages/core/src/graph/operators/registry.js";
import { atBatch, differentiate, withBatchStatistics } from "../packages/core/src/internal.js";
import { blockExamples } from "../packages/core/src/testing/block-examples.js";
import { evaluate } from "./reference/float64.js";
import { randomNodes } from "./reference/random-nodes.js";

type Values = ReadonlyMap<string, Float64Array>;

/** Numbers that lie on no kink, all apart, positive for what has a root or a logarithm. */
function valuesFor(graph: Graph, seed: number): Values {
  const isPositive = graph.nodes.some(({ operator }) => ["Log", "Sqrt"].includes(operator));
  const of = (name: string, salt: number): [string, Float64Array] => {
    const size = shapeOf(graph, name).reduce((a, n) => a * n, 1);
    return [
      name,
      Float64Array.from({ length: size }, (_, i) => {
        const value = offKinks(2.5 * Math.sin(12.9898 * (i + 1) + 78.233 * (salt + seed)));
        const isDivisor = graph.nodes.some(({ operator, inputs }) => operator === "Div" && inputs[1] === name);
        const isVariance = graph.nodes.some((n) => n.operator === "BatchNormalization" && n.inputs[4] === name);
        return isPositive || isVariance || isDivisor ? 0.3 + Math.abs(value) : value;
      }),
    ];
  };
  return new Map([of(graph.input, 0), ...[...graph.parameters.keys()].map((name, i) => of(name, i + 1))]);
}

/** Bends lie at halves, where they are not drawn. */
function offKinks(value: number): number {
  return Math.abs(value - Math.round(2 * value) / 2) < 0.01 ? value + 0.02 : value;
}

/** The weighted sum of all outputs as one scalar, whose gradients say all of theirs. */
function weighed(graph: Graph, prefix = ""): Graph {
  const b = new GraphBuilder(graph.name, graph);
  const sums = graph.outputs.map((name, at): Tensor => {
    const tensor = b.tensor(name);
    const weights = tensor.shape.reduce((a, n) => a * n, 1);
    const values = Array.from({ length: weights }, (_, i) => Math.cos(3 * i + at));
    const product = b.node("Mul", `${prefix}weigh${at}`, [
      tensor,
      b.constant(`${prefix}weights${at}`, "float32", values, tensor.shape),
    ]);
    if (tensor.shape.length === 0) return product;
    const axes = b.constant(`${prefix}axes${at}`, "int64", [...tensor.shape.keys()]);
    return b.node("ReduceSum", `${prefix}sum${at}`, [product, axes], { keepdims: 0 });
  });
  return b.build([sums.reduce((total, sum, i) => b.node("Add", `${prefix}total${i}`, [total, sum]))]);
}

function total(graph: Graph, values: Values): number {
  return evaluate(graph, values).get(graph.outputs[0] ?? "")?.[0] ?? Number.NaN;
}

/** Directions in which a tensor of `size` elements is moved: all of them at once, and one by one a few. */
function directions(size: number, seed: number): Float64Array[] {
  const some = [0, 1, 2].map((n) => new Float64Array(size).fill(1, (seed + 7 * n) % size, ((seed + 7 * n) % size) + 1));
  return [all(size, seed), all(size, seed + 1), ...some];
}

function all(size: number, salt: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.cos(97.13 * (i + 1) + 5.1 * salt));
}

/**
 * A central difference of fourth order along directions of some tensors, against what their gradients say of it. Where an activation
 * bends within the step, a smaller one decides.
 */
function expectDifference(graph: Graph, values: Values, moves: Values, gradients: Values) {
  let said = 0;
  let squares = 0;
  for (const [name, move] of moves) {
    const gradient = gradients.get(name) ?? missing(name);
    expect(gradient.length).toBe(move.length);
    gradient.forEach((value, i) => {
      const term = value * (move[i] ?? 0);
      said += term;
      squares += term * term;
    });
  }
  const at = (by: number) => {
    const moved = [...moves].map(([name, move]): [string, Float64Array] => [
      name,
      (values.get(name) ?? missing(name)).map((value, i) => value + by * (move[i] ?? 0)),
    ]);
    return total(graph, new Map([...values, ...moved]));
  };
  const errors: number[] = [];
  for (const step of [1e-4, 1e-5, 1e-6, 1e-7]) {
    const seen = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
    errors.push(Math.abs(seen - said) / Math.max(1, Math.sqrt(squares)));
    if ((errors.at(-1) ?? 1) < 1e-6) return;
  }
  expect.fail(`gradient by ${[...moves.keys()].join()}: along a direction ${said}, off by ${errors.join()}`);
}

function missing(name: string): never {
  throw new Error(`nothing is known of "${name}"`);
}

function expectDifferences(graph: Graph, values: Values, name: string, gradient: Float64Array, seed: number) {
  for (const direction of directions(gradient.length, seed)) {
    expectDifference(graph, values, new Map([[name, direction]]), new Map([[name, gradient]]));
  }
}

function expectClose(found: ArrayLike<number> | undefined, expected: Float64Array, tolerance: number, what: string) {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  expect(found?.length, what).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((found?.[i] ?? Number.NaN) - value) / scale, `${what}[${i}]`).toBeLessThan(tolerance);
  });
}

const runtime = onnxRuntime(ort);

async function run(graph: Graph, values: Values): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await runtime.createSession(encode(graph, { opset: 17, values: () => undefined, fixedShapes: true }));
  try {
    const feeds = [...values].map(([name, data]) => [
      name,
      { data: Float32Array.from(data), shape: shapeOf(graph, name) },
    ]);
    const outputs = await session.run(Object.fromEntries(feeds));
    return new Map(
      graph.outputs.map((name) => {
        expect(outputs[name]?.shape, name).toEqual(shapeOf(graph, name));
        return [name, outputs[name]?.data ?? new Float32Array()];
      }),
    );
  } finally {
    await session.release();
  }
}

/** What is a number and may be differentiated by. */
function variables(graph: Graph): string[] {
  return [graph.input, ...graph.parameters.keys()];
}

async function check(graph: Graph, seed: number): Promise<void> {
  const scalar = weighed(graph);
  const values = valuesFor(graph, seed);
  const names = variables(graph);
  const [of = ""] = scalar.outputs;
  const { graph: whole, gradients } = differentiate(scalar, { of, withRespectTo: names, independent: "zeros" });
  const computed = evaluate(whole, values);
  const ran = await run(whole, values);
  for (const name of names) {
    const gradient = gradients.get(name) ?? "";
    expect(shapeOf(whole, gradient)).toEqual(shapeOf(graph, name));
    const exact = computed.get(gradient) ?? new Float64Array();
    expectDifferences(scalar, values, name, exact, seed);
    expectClose(ran.get(gradient), exact, 1e-4, `ONNX Runtime's gradient by ${name}`);
  }
}

const batches = fc.integer({ min: 1, max: 3 });

/** Whether a random graph of one node can be had with a batch: not where its parameters have the input's first axis. */
function batched(graph: Graph, batch: number): Graph {
  try {
    return atBatch(graph, batch);
  } catch {
    return graph;
  }
}

test("every operator of the registry has a gradient", () => {
  expect(Object.entries(operators).filter(([, rules]) => !("gradient" in rules))).toEqual([]);
});

describe.each(Object.entries(randomNodes))("%s", (operator, graphs) => {
  test("has the gradients of central differences, and ONNX Runtime computes them", async () => {
    const property = fc.asyncProperty(graphs, batches, fc.nat(99), (graph, batch, seed) =>
      check(batched(graph, batch), seed),
    );
    await fc.assert(property, { seed: 1, numRuns: operator.startsWith("Conv") ? 30 : 10, endOnFailure: true });
  });
});

/** Weights of the size that networks have, on inputs of ours. */
function networkValues(graph: Graph, seed: number): Values {
  return new Map(
    [...valuesFor(graph, seed)].map(([name, values]) => {
      const parameter = graph.parameters.get(name);
      const isWeight = parameter !== undefined && parameter.shape.length > 1;
      return [name, isWeight ? values.map((value) => value * 0.3) : values];
    }),
  );
}

describe.each(Object.entries(blockExamples))("block %s", (_, examples) => {
  test.each([false, true])(
    "has the gradients of central differences; by statistics of the batch: %s",
    async (isTraining) => {
      for (const { spec, input } of examples) {
        const b = new GraphBuilder(spec.kind);
        const plain = atBatch(b.build([buildBlock(b, b.input("input", input), spec)]), 2);
        if (isTraining && !plain.nodes.some(({ operator }) => operator === "BatchNormalization")) continue;
        const { graph, statistics } = isTraining ? withBatchStatistics(plain) : { graph: plain, statistics: [] };
        expect(statistics).toHaveLength(
          isTraining ? [...graph.parameters.values()].filter((p) => !p.trainable).length : 0,
        );
        const scalar = weighed(graph);
        const names = variables(scalar).filter((name) => graph.parameters.get(name)?.trainable !== false);
        const values = networkValues(scalar, 7);
        const [of = ""] = scalar.outputs;
        const { graph: whole, gradients } = differentiate(scalar, { of, withRespectTo: names });
        const computed = evaluate(whole, values);
        const exact = new Map(names.map((name) => [name, computed.get(gradients.get(name) ?? "") ?? missing(name)]));
        for (const salt of [0, 1]) {
          const moves = new Map(names.map((name, i) => [name, all(exact.get(name)?.length ?? 0, salt + 2 * i)]));
          expectDifference(scalar, values, moves, exact);
        }
        const ran = await run(whole, values);
        for (const name of names) {
          expectClose(
            ran.get(gradients.get(name) ?? ""),
            exact.get(name) ?? missing(name),
            1e-4,
            `${spec.kind} by ${name}`,
          );
        }
      }
    },
  );
});

describe("a graph that is differentiated", () => {
  const convolution = () => {
    const b = new GraphBuilder("two layers");
    const weight = (name: string, shape: readonly number[]) => b.parameter(name, shape, { kind: "normal", std: 1 });
    const x = b.input("input", [2, 3, 6, 6]);
    const y = b.node("MaxPool", "pool", [b.node("Conv", "first", [x, weight("first", [4, 3, 3, 3])])], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
    const z = b.node("Conv", "second", [
      b.node("Swish", "act", [y]),
      weight("second", [2, 4, 1, 1]),
      weight("bias", [2]),
    ]);
    return b.build([z]);
  };
  const [of = ""] = convolution().outputs;
  const added = (withRespectTo: readonly string[]) =>
    differentiate(convolution(), { of, withRespectTo }).graph.nodes.slice(convolution().nodes.length);

  test("keeps its outputs, and has the gradients behind them in the order that was asked for", () => {
    const { graph, gradients } = differentiate(convolution(), { of, withRespectTo: ["bias", "input"] });
    expect(graph.outputs).toEqual([of, gradients.get("bias"), gradients.get("input")]);
  });

  test("has no nodes for what was not asked for", () => {
    expect(added(["bias"]).map(({ operator }) => operator)).toEqual(["Expand", "ReduceSum"]);
    expect(added(["second"]).some(({ name }) => name.startsWith("first"))).toBe(false);
    const operators = added(["first"]).map(({ operator }) => operator);
    expect(operators.filter((operator) => operator === "Conv" || operator === "ConvTranspose")).toHaveLength(2);
  });

  test("computes nothing twice", () => {
    const { graph } = differentiate(convolution(), { of, withRespectTo: ["input", "first", "second", "bias"] });
    const texts = graph.nodes.map(({ operator, inputs, attributes }) => JSON.stringify([operator, inputs, attributes]));
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("says why there is no gradient of what no rule covers, of what is not there, and of what does not depend", () => {
    const opaque = convolution();
    const nodes = opaque.nodes.map((node) =>
      node.operator === "Swish" ? { ...node, operator: "Opaque" as const, attributes: { macs: 0 } } : node,
    );
    const by =
      (graph: Graph, ...withRespectTo: string[]) =>
      () =>
        differentiate(graph, { of, withRespectTo });
    expect(by({ ...opaque, nodes }, "first")).toThrow(/Opaque "act\/Swish" has no gradient/);
    expect(by({ ...opaque, nodes }, "second")).not.toThrow();
    expect(by(opaque, "third")).toThrow(/there is no tensor "third"/);
    expect(() => differentiate(opaque, { of: "first/Conv:out", withRespectTo: ["second"] })).toThrow(
      /does not depend on "second"/,
    );
  });

  test("can be differentiated again: products of the second derivatives with a vector", () => {
    const property = fc.property(fc.nat(99), (seed) => {
      const first = weighed(convolution());
      const names = variables(first);
      const [scalar = ""] = first.outputs;
      const { graph, gradients } = differentiate(first, { of: scalar, withRespectTo: names });
      const inner = weighed({ ...graph, outputs: [...gradients.values()] }, "inner ");
      const [product = ""] = inner.outputs;
      const second = differentiate(inner, { of: product, withRespectTo: names, independent: "zeros" });
      const values = valuesFor(first, seed);
      const computed = evaluate(second.graph, values);
      for (const name of names) {
        const gradient = computed.get(second.gradients.get(name) ?? "") ?? new Float64Array();
        expectDifferences(inner, values, name, gradient, seed);
      }
    });
    fc.assert(property, { seed: 3, numRuns: 3, endOnFailure: true });
  });
});
