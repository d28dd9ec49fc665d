/**
 * @file Gradients of every operator: the graph that is built, run by the float64 reference, against central differences of the graph that
 * it was built of, and run by ONNX Runtime against the reference.
 */

import { type Graph, shapeOf } from "@esnas/core/internal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../packages/core/src/graph/builder.js";
import { operators } from "../packages/core/src/graph/operators/registry.js";
import { atBatch, differentiate } from "../packages/core/src/internal.js";
import { expectClose, expectDifferences, run, valuesFor, variables, weighed } from "./reference/differences.js";
import { evaluate } from "./reference/float64.js";
import { randomNodes } from "./reference/random-nodes.js";

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

test("depthwise convolutions of any stride and dilation have the gradients of central differences", async () => {
  const sides = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
  const drawn = fc.record({
    channels: fc.integer({ min: 2, max: 4 }),
    kernel: sides,
    strides: sides,
    dilations: sides,
    pads: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
    map: fc.tuple(fc.integer({ min: 7, max: 9 }), fc.integer({ min: 7, max: 9 })),
  });
  const property = fc.asyncProperty(drawn, fc.nat(99), async ({ channels, kernel, map, ...windows }, seed) => {
    const b = new GraphBuilder("depthwise");
    const weight = b.parameter("weight", [channels, 1, ...kernel], { kind: "normal", std: 1 });
    const inputs = [b.input("input", [2, channels, ...map]), weight];
    await check(b.build([b.node("Conv", "layer", inputs, { ...windows, group: channels })]), seed);
  });
  await fc.assert(property, { seed: 4, numRuns: 15, endOnFailure: true });
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
