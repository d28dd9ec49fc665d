/**
 * @file Swish before opset 24: `x sigmoid(x)`, as two nodes, written when encoding and found again when decoding. PyTorch's
 * exporter writes its SiLU in the same way.
 */

import { consumersOf, type RawNode } from "./gelu.js";

interface SwishNode {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The two nodes that compute a Swish; the last gives what the Swish gives. */
export function swishWithSigmoid({ name, inputs: [x = ""], outputs: [y = ""] }: SwishNode): RawNode[] {
  const sigmoid = `${name}/sigmoid:out`;
  return [
    { name: `${name}/sigmoid`, opType: "Sigmoid", input: [x], output: [sigmoid] },
    { name: `${name}/gate`, opType: "Mul", input: [x, sigmoid], output: [y] },
  ];
}

/** Replaces each sigmoid that nothing but the product with its own input takes, and that product, by one Swish. */
export function foldSwishes<N extends RawNode>(nodes: readonly N[]): (N | RawNode)[] {
  const consumers = consumersOf(nodes);
  const folded = new Set<N>();
  const swishes = new Map<N, RawNode>();
  for (const sigmoid of nodes) {
    const [x] = sigmoid.input;
    const [given] = sigmoid.output;
    if (sigmoid.opType !== "Sigmoid" || x === undefined || given === undefined) continue;
    const [gate, ...others] = consumers.get(given) ?? [];
    if (gate?.opType !== "Mul" || others.length > 0 || !gate.input.includes(x)) continue;
    folded.add(sigmoid);
    swishes.set(gate, { name: gate.name.replace(/\/gate$/, ""), opType: "Swish", input: [x], output: gate.output });
  }
  return nodes.filter((node) => !folded.has(node)).map((node) => swishes.get(node) ?? node);
}
