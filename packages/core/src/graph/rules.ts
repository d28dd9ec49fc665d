/** @file From a node to the rules of its operator, and to what they are applied to. */

import { GraphError } from "../base/errors.js";
import { type AttributesOf, type Graph, type OpaqueName, type OperatorName, type Shape, shapeOf } from "./graph.js";
import { type Operand, type Operator, type Site, show } from "./operator.js";
import { opaqueOperators } from "./operators/opaque.js";
import { operators } from "./operators/registry.js";

const rules = { ...operators, ...opaqueOperators };

/**
 * The rules of an operator. They take the attributes of that operator, which the builder has checked; the registry's union of
 * types cannot say so.
 */
export function rulesOf<A = unknown>(operator: OperatorName | OpaqueName): Operator<A> {
  return rules[operator] as unknown as Operator<A>;
}

/**
 * What the rules say of a node that is to be: its attributes with those that ONNX fills in, and the shapes of its outputs.
 * @throws {@link GraphError} where the inputs do not fit the operator.
 */
export function inferred<K extends OperatorName>(
  operator: K,
  name: string,
  inputs: readonly Operand[],
  outputs: number,
  given: Partial<AttributesOf<K>>,
): { readonly attributes: AttributesOf<K>; readonly shapes: readonly Shape[] } {
  const rules = rulesOf<AttributesOf<K>>(operator);
  try {
    const attributes = Object.assign({}, rules.defaults(inputs), given);
    return { attributes, shapes: rules.shape(inputs, attributes, outputs) };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const shown = inputs.length === 0 ? "nothing" : inputs.map(({ shape }) => show(shape)).join(" and ");
    throw new GraphError(`${operator} "${name}" of ${shown}: ${error.message}`);
  }
}

/** Operands, shapes and attributes of a node, for its rules. */
export function siteOf<A>(graph: Graph, inputs: readonly string[], outputs: readonly string[], attributes: A): Site<A> {
  return {
    inputs: inputs.map((name) => operandOf(graph, name)),
    outputs: outputs.map((name) => shapeOf(graph, name)),
    attributes,
  };
}

/** A tensor of a graph as rules see it. */
export function operandOf(graph: Graph, name: string): Operand {
  const parameter = graph.parameters.get(name);
  const constant = graph.constants.get(name);
  return {
    shape: shapeOf(graph, name),
    ...(parameter && { parameter }),
    ...(constant && { values: constant.values }),
  };
}
