/**
 * @file How large a file may be to be read: what a network has is far below, and what is above takes a runtime more than a few seconds,
 * or more memory than there is. `docs/import.md` lists the limits.
 */

import type { GraphProto, NodeProto } from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { elements, type Shape } from "../../../graph/graph.js";
import { subgraphsOf } from "./attributes.js";

/** At most, bodies of control flow included where they count. */
export const limits = {
  /** That are left when constants, and nodes that compute on them alone, are none: a runtime's time grows with their square. */
  nodes: 8000,
  /** As the file has them. */
  writtenNodes: 50_000,
  initializers: 50_000,
  outputs: 1000,
  /** Names in inputs and outputs of nodes, all together. */
  names: 200_000,
  /** Control flow in control flow. */
  depth: 16,
  /** Characters of a name. */
  name: 1024,
  /** Of a tensor. */
  axes: 64,
  /** Of a tensor: 2 GiB in float32. */
  elements: 2 ** 29,
} as const;

/** What graphs and their bodies have, all together. */
interface Totals {
  nodes: number;
  initializers: number;
  names: number;
}

/** @throws {@link InputError} where a graph is above a limit. */
export function checkLimits(graph: GraphProto): void {
  checkTotal("outputs", graph.output.length, limits.outputs);
  addTotals(graph, { nodes: 0, initializers: 0, names: 0 }, 0);
}

function addTotals(graph: GraphProto, totals: Totals, depth: number): void {
  if (depth > limits.depth) throw new InputError(`control flow is nested more than ${limits.depth} deep`);
  totals.nodes += graph.node.length;
  totals.initializers += graph.initializer.length;
  checkTotal("nodes", totals.nodes, limits.writtenNodes);
  checkTotal("stored tensors", totals.initializers, limits.initializers);
  for (const { name } of [...graph.input, ...graph.output, ...graph.initializer]) checkName(name);
  for (const node of graph.node) {
    totals.names += node.input.length + node.output.length;
    checkTotal("inputs and outputs of nodes", totals.names, limits.names);
    checkNames(node);
    for (const body of subgraphsOf(node)) addTotals(body, totals, depth + 1);
  }
}

/** @throws {@link InputError} where more nodes are left than a runtime is given. */
export function checkNodes(nodes: readonly NodeProto[]): void {
  const inner = (list: readonly NodeProto[]): number =>
    list.reduce((sum, node) => sum + subgraphsOf(node).reduce((n, body) => n + inner(body.node), 1), 0);
  const n = inner(nodes);
  if (n > limits.nodes) {
    throw new InputError(`the graph has ${n} nodes beside constants: at most ${limits.nodes}`);
  }
}

function checkTotal(noun: string, n: number, most: number): void {
  if (n > most) throw new InputError(`the graph has more than ${most} ${noun}`);
}

function checkNames({ name, opType, domain, input, output }: NodeProto): void {
  for (const text of [name, opType, domain]) checkName(text);
  for (const text of input) checkName(text);
  for (const text of output) checkName(text);
}

function checkName(name: string): void {
  if (name.length > limits.name) {
    throw new InputError(`the name "${name.slice(0, 40)}..." has ${name.length} characters: at most ${limits.name}`);
  }
}

/** @throws {@link InputError} where a tensor is larger than any that is computed. */
export function checkTensor(name: string, shape: Shape): void {
  if (shape.length > limits.axes) {
    throw new InputError(`tensor "${name}" has ${shape.length} axes: at most ${limits.axes}`);
  }
  if (elements(shape) > limits.elements) {
    throw new InputError(`tensor "${name}" has the shape [${shape.join(", ")}]: at most ${limits.elements} elements`);
  }
}
