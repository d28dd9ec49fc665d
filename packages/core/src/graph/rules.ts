/** @file From a node to the rules of its operator, and to what they are applied to. */

import { type Graph, type OperatorName, shapeOf } from "./graph.js";
import type { Operand, Operator, Site } from "./operator.js";
import { operators } from "./operators/registry.js";

/**
 * The rules of an operator. They take the attributes of that operator, which the builder has checked; the registry's union of
 * types cannot say so.
 */
export function rulesOf<A = unknown>(operator: OperatorName): Operator<A> {
  return operators[operator] as unknown as Operator<A>;
}

/** Operands, shapes and attributes of a node, for its rules. */
export function siteOf<A>(graph: Graph, inputs: readonly string[], outputs: readonly string[], attributes: A): Site<A> {
  return {
    inputs: inputs.map((name) => operandOf(graph, name)),
    outputs: outputs.map((name) => shapeOf(graph, name)),
    attributes,
  };
}

function operandOf(graph: Graph, name: string): Operand {
  const parameter = graph.parameters.get(name);
  const constant = graph.constants.get(name);
  return {
    shape: shapeOf(graph, name),
    ...(parameter && { parameter }),
    ...(constant && { values: constant.values }),
  };
}
