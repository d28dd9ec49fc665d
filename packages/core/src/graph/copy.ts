/** @file A graph a second time on top of itself, so that one run sees what a block makes of two inputs. */

import type { GraphBuilder, Tensor } from "./builder.js";
import { type Graph, type OperatorName, outputOf } from "./graph.js";

/**
 * Adds the nodes of a graph to a builder that has them already, reading another input; parameters and constants are shared.
 * @param layer - Prefix of the new nodes' names.
 * @returns What the copy gives in place of the graph's output.
 */
export function copyWithInput(b: GraphBuilder, graph: Graph, input: Tensor, layer: string): Tensor {
  const copies = new Map([[graph.input, input]]);
  for (const { name, operator, attributes, inputs, outputs } of graph.nodes) {
    const given = inputs.map((tensor) => copies.get(tensor) ?? b.tensor(tensor));
    // What is not of the closed set has no rule for another input, and the builder says so.
    const results = b.nodes(operator as OperatorName, `${layer}/${name}`, given, outputs.length, attributes as never);
    results.forEach((result, i) => {
      const original = outputs[i];
      if (original !== undefined) copies.set(original, result);
    });
  }
  const output = outputOf(graph);
  return copies.get(output) ?? b.tensor(output);
}
