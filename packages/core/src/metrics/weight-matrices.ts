/**
 * @file The weights of a graph as matrices: what closed forms of weights' shapes go over. A convolution with groups is one matrix a group, of
 * output channels by input channels times taps, so that a depthwise one is a row a channel; the weights of query, key and value are
 * one matrix a head.
 */

import { elements, type Graph, type Node, type Shape, shapeOf } from "../graph/graph.js";

/** Equal matrices of one layer. */
export interface WeightMatrices {
  readonly node: string;
  /** Of one matrix: what comes out. */
  readonly rows: number;
  /** Of one matrix: what goes into each output. */
  readonly columns: number;
  readonly count: number;
  /** What the layer gives. */
  readonly output: Shape;
}

/** The matrices of a graph's convolutions and linear layers, layer by layer in the order of the network. */
export function weightMatricesOf(graph: Graph): readonly WeightMatrices[] {
  return graph.nodes.flatMap((node) => {
    const shapes = matricesOf(graph, node);
    const [name] = node.outputs;
    if (shapes === undefined || name === undefined) return [];
    const { rows, columns, count } = shapes;
    const heads = headsOf(graph, name, rows * count);
    return [{ node: node.name, rows: rows / heads, columns, count: count * heads, output: shapeOf(graph, name) }];
  });
}

type Sizes = Pick<WeightMatrices, "rows" | "columns" | "count">;

function matricesOf(graph: Graph, node: Node): Sizes | undefined {
  const [left = "", right = ""] = node.inputs;
  const weight = graph.parameters.get(right);
  switch (node.operator) {
    case "Conv": {
      if (weight === undefined) return undefined;
      const [out = 1, ...into] = weight.shape;
      const { group } = node.attributes;
      return { rows: out / group, columns: elements(into), count: group };
    }
    case "ConvTranspose": {
      if (weight === undefined) return undefined;
      const [channels = 1, out = 1, ...taps] = weight.shape;
      const { group } = node.attributes;
      return { rows: out, columns: (channels / group) * elements(taps), count: group };
    }
    case "Gemm": {
      if (weight === undefined) return undefined;
      const [first = 1, second = 1] = weight.shape;
      return node.attributes.transB
        ? { rows: first, columns: second, count: 1 }
        : { rows: second, columns: first, count: 1 };
    }
    case "MatMul": {
      if (weight !== undefined) {
        const [rows = 1, columns = 1, ...copies] = weight.shape.toReversed();
        return { rows, columns, count: elements(copies) };
      }
      const before = graph.parameters.get(left);
      if (before === undefined) return undefined;
      const [columns = 1, rows = 1, ...copies] = before.shape.toReversed();
      return { rows, columns, count: elements(copies) };
    }
    default:
      return undefined;
  }
}

/** What leaves a linear layer of attention and is still the same numbers, or nearly, on the way to the product of attention. */
const onTheWay: ReadonlySet<Node["operator"]> = new Set([
  "Add",
  "LpNormalization",
  "LayerNormalization",
  "Mul",
  "Reshape",
  "Split",
  "Transpose",
]);

/**
 * How many matrices, one a head, the weights behind a tensor of `features` features are: those of query, key and value go by way of a
 * Reshape that sets heads apart into a product of two activations. 1 for all other layers.
 */
function headsOf(graph: Graph, tensor: string, features: number): number {
  const takers = takersOf(graph);
  const seen = new Set<string>();
  let heads = 1;
  let isAttention = false;
  const follow = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const node of takers.get(name) ?? []) {
      if (node.operator === "MatMul" && heads > 1) {
        isAttention ||= node.inputs.every((input) => !graph.parameters.has(input) && !graph.constants.has(input));
        continue;
      }
      if (!onTheWay.has(node.operator)) continue;
      if (node.operator === "Reshape" && heads === 1) {
        heads = apart(shapeOf(graph, name), shapeOf(graph, node.outputs[0] ?? ""), features);
        if (heads === 1) continue;
      }
      for (const output of node.outputs) follow(output);
    }
  };
  follow(tensor);
  return isAttention ? heads : 1;
}

/** Into how many parts a reshape cuts the axis of the features: `[1, 64, 96]` to `[1, 64, 12, 8]` cuts 96 into 12. */
function apart(before: Shape, after: Shape, features: number): number {
  const axis = before.indexOf(features);
  if (axis < 1) return 1;
  const lead = elements(before.slice(0, axis));
  let product = 1;
  for (let i = 0; i < after.length; i++) {
    if (product === lead && i > 0) {
      const [parts = 1, size = 1, more = 1] = after.slice(i);
      if (parts * size === features) return parts;
      // [3, heads, size]: query, key and value have an axis of their own.
      return parts * size * more === features && size > 1 ? parts * size : 1;
    }
    product *= after[i] ?? 1;
  }
  return 1;
}

const takersByGraph = new WeakMap<Graph, ReadonlyMap<string, readonly Node[]>>();

function takersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const known = takersByGraph.get(graph);
  if (known !== undefined) return known;
  const takers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const list = takers.get(input);
      if (list === undefined) takers.set(input, [node]);
      else list.push(node);
    }
  }
  takersByGraph.set(graph, takers);
  return takers;
}
