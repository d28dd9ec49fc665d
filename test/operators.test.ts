/** @file Every operator against ONNX Runtime, and on its way through an ONNX file. */

import {
  decode,
  encode,
  type Graph,
  type Node,
  onnxRuntime,
  parameterValues,
  shapeOf,
  type TensorData,
} from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { operators } from "../packages/core/src/graph/operators/registry.js";
import { randomNodes } from "./reference/random-nodes.js";

const runtime = onnxRuntime(ort);
const opsets = fc.constantFrom(17 as const, 20 as const);

function model(graph: Graph, opset: 17 | 20): Uint8Array {
  return encode(graph, { opset, values: (parameter) => parameterValues(0, parameter) });
}

async function run(bytes: Uint8Array, graph: Graph): Promise<TensorData[]> {
  const session = await runtime.createSession(bytes);
  try {
    const shape = shapeOf(graph, graph.input);
    const data = Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => Math.sin(i + 1));
    const outputs = await session.run({ [graph.input]: { data, shape } });
    return graph.outputs.flatMap((name) => outputs[name] ?? []);
  } finally {
    await session.release();
  }
}

/** Attributes that are no whole numbers are float32 in a file. */
function withStoredNumbers({ attributes, ...node }: Node): unknown {
  const stored = Object.entries(attributes).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === "number" ? Math.fround(value) : value,
  ]);
  return { ...node, attributes: Object.fromEntries(stored) };
}

test("every operator of the registry is tried", () => {
  expect(Object.keys(randomNodes).toSorted()).toEqual(Object.keys(operators).toSorted());
});

describe.each(Object.entries(randomNodes))("%s", (operator, graphs) => {
  const numRuns = operator === "Conv" ? 150 : 40;

  test("has the shapes that ONNX Runtime gives", async () => {
    const property = fc.asyncProperty(graphs, opsets, async (graph, opset) => {
      const results = await run(model(graph, opset), graph);
      expect(results.map(({ shape }) => shape)).toEqual(graph.outputs.map((name) => shapeOf(graph, name)));
    });
    await fc.assert(property, { seed: 1, numRuns });
  });

  test("comes back from its file as it was, and computes the same", async () => {
    const property = fc.asyncProperty(graphs, opsets, async (graph, opset) => {
      const bytes = model(graph, opset);
      const { graph: decoded } = decode(bytes);
      expect(decoded.nodes).toEqual(graph.nodes.map(withStoredNumbers));
      expect(decoded.outputs).toEqual(graph.outputs);
      expect(decoded.constants).toEqual(graph.constants);
      expect(new Map(decoded.shapes)).toEqual(graph.shapes);
      expect(await run(model(decoded, opset), decoded)).toEqual(await run(bytes, graph));
    });
    await fc.assert(property, { seed: 2, numRuns: 20 });
  });
});
