/** @file Central differences of graphs by the float64 reference, and what runs of ONNX Runtime are held against them. */

import { encode, type Graph, onnxRuntime, shapeOf } from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { expect } from "vitest";
import { GraphBuilder, type Tensor } from "../../packages/core/src/graph/builder.js";
import { evaluate } from "./float64.js";

export type Values = ReadonlyMap<string, Float64Array>;

/** Numbers that lie on no kink, all apart, positive for what has a root or a logarithm. */
export function valuesFor(graph: Graph, seed: number): Values {
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
export function weighed(graph: Graph, prefix = ""): Graph {
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

export function all(size: number, salt: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.cos(97.13 * (i + 1) + 5.1 * salt));
}

/**
 * A central difference of fourth order along directions of some tensors, against what their gradients say of it. Where an activation
 * bends within the step, a smaller one decides.
 */
export function expectDifference(graph: Graph, values: Values, moves: Values, gradients: Values) {
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

export function missing(name: string): never {
  throw new Error(`nothing is known of "${name}"`);
}

export function expectDifferences(graph: Graph, values: Values, name: string, gradient: Float64Array, seed: number) {
  for (const direction of directions(gradient.length, seed)) {
    expectDifference(graph, values, new Map([[name, direction]]), new Map([[name, gradient]]));
  }
}

export function expectClose(
  found: ArrayLike<number> | undefined,
  expected: Float64Array,
  tolerance: number,
  what: string,
  least = 1,
) {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), least);
  expect(found?.length, what).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((found?.[i] ?? Number.NaN) - value) / scale, `${what}[${i}]`).toBeLessThan(tolerance);
  });
}

const runtime = onnxRuntime(ort);

export async function run(graph: Graph, values: Values): Promise<ReadonlyMap<string, Float32Array>> {
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
export function variables(graph: Graph): string[] {
  return [graph.input, ...graph.parameters.keys()];
}
