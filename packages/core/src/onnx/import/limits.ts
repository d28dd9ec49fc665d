/**
 * @file How large a file may be to be read: what a network has is far below, and what is above takes a runtime more than a few seconds,
 * or more memory than there is. `docs/import.md` lists the limits.
 */

import type { GraphProto, NodeProto } from "onnx-buf";
import { count, InputError } from "../../errors.js";
import { elements, type Shape } from "../../graph/graph.js";
import { subgraphsOf } from "./attributes.js";

/** At most, bodies of control flow included where they count. */
export const limits = {
  /** ONNX Runtime takes time with the square of them. */
  nodes: 10_000,
  initializers: 50_000,
  /** Names that nodes read, all together. */
  inputs: 50_000,
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
  inputs: number;
}

/** @throws {InputError} where a graph is above a limit. */
export function checkLimits(graph: GraphProto): void {
  addTotals(graph, { nodes: 0, initializers: 0, inputs: 0 }, 0);
}

function addTotals(graph: GraphProto, totals: Totals, depth: number): void {
  if (depth > limits.depth) throw new InputError(`control flow is nested more than ${limits.depth} deep`);
  totals.nodes += graph.node.length;
  totals.initializers += graph.initializer.length;
  checkTotal("node", totals.nodes, limits.nodes);
  checkTotal("stored tensor", totals.initializers, limits.initializers);
  for (const { name } of [...graph.input, ...graph.output, ...graph.initializer]) checkName(name);
  for (const node of graph.node) {
    totals.inputs += node.input.length + node.output.length;
    checkTotal("input and output of nodes", totals.inputs, limits.inputs);
    checkNames(node);
    for (const body of subgraphsOf(node)) addTotals(body, totals, depth + 1);
  }
}

function checkTotal(noun: string, n: number, most: number): void {
  if (n > most) throw new InputError(`the graph has ${count(n, noun)} or more: at most ${most}`);
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

/** @throws {InputError} where a tensor is larger than any that is computed. */
export function checkTensor(name: string, shape: Shape): void {
  if (shape.length > limits.axes) {
    throw new InputError(`tensor "${name}" has ${shape.length} axes: at most ${limits.axes}`);
  }
  if (elements(shape) > limits.elements) {
    throw new InputError(`tensor "${name}" has the shape [${shape.join(", ")}]: at most ${limits.elements} elements`);
  }
}
