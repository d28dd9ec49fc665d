/**
 * @file A graph for a batch of images. In a graph axis 0 is written 1 and a runtime may feed any batch; gradients sum over images and so
 * have to know how many there are.
 */

import { GraphError } from "../base/errors.js";
import { type Graph, type Shape, shapeOf } from "../graph/graph.js";
import { show } from "../graph/operator.js";
import { rulesOf, siteOf } from "../graph/rules.js";

/**
 * The same graph with all shapes for a batch.
 * @param batch - Images in each run.
 * @throws {@link GraphError} where a node takes a batch of 1 alone.
 */
export function atBatch(graph: Graph, batch: number): Graph {
  if (graph.file !== undefined) throw new GraphError("runs nodes of a file, whose shapes for a batch are not known");
  const shapes = new Map<string, Shape>([[graph.input, shapeOf(graph, graph.input).with(0, batch)]]);
  for (const { name, shape } of [...graph.parameters.values(), ...graph.constants.values()]) shapes.set(name, shape);
  const batched = { ...graph, shapes };
  for (const { name, operator, inputs, outputs, attributes } of graph.nodes) {
    const { inputs: operands } = siteOf(batched, inputs, [], attributes);
    try {
      rulesOf(operator)
        .shape(operands, attributes, outputs.length)
        .forEach((shape, i) => {
          shapes.set(outputs[i] ?? "", shape);
        });
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const given = operands.map(({ shape }) => show(shape)).join(" and ");
      throw new GraphError(`${operator} "${name}" of ${given}, for a batch of ${batch}: ${error.message}`);
    }
  }
  return batched;
}
