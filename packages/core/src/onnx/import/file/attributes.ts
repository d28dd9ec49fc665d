/** @file Attributes of a node of a file, by name, with what ONNX gives where they are missing. */

import type { AttributeProto, GraphProto, NodeProto, TensorProto } from "onnx-buf";

function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((candidate) => candidate.name === name);
}

export function intOf(node: NodeProto, name: string, otherwise: number): number {
  const found = attribute(node, name);
  return found === undefined ? otherwise : Number(found.i);
}

export function floatOf(node: NodeProto, name: string, otherwise: number): number {
  return attribute(node, name)?.f ?? otherwise;
}

export function intsOf(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.ints.map(Number);
}

export function floatListOf(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.floats;
}

/** The name of a mode. */
export function textOf(node: NodeProto, name: string, otherwise: string): string {
  const found = attribute(node, name);
  return found === undefined ? otherwise : latin1(found.s.subarray(0, 1024));
}

/** Bytes as characters, one by one: a spread of many would not fit on the stack. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

export function tensorOf(node: NodeProto, name: string): TensorProto | undefined {
  return attribute(node, name)?.t;
}

/** The bodies of control flow. */
export function subgraphsOf(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}

/** The tensors that a node reads: its inputs, and what bodies of control flow take from around them. */
export function readsOf(node: NodeProto): readonly string[] {
  const inputs = node.input.filter((name) => name !== "");
  return [...inputs, ...subgraphsOf(node).flatMap(capturesOf)];
}

function capturesOf(graph: GraphProto): readonly string[] {
  const own = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  for (const node of graph.node) for (const name of node.output) own.add(name);
  const read = [...graph.node.flatMap(readsOf), ...graph.output.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => !own.has(name));
}

/** A message with other values in some fields. Spreading one would lose what it has by default. */
export function changed<M extends object>(message: M, fields: Partial<M>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(message)) as M, message, fields);
}
