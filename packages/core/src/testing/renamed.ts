/** @file The same graph under other names: what no score may depend on. Parameters keep theirs, since weights follow from them. */

import type { Graph, Node } from "../graph/graph.js";

export function renamed(graph: Graph): Graph {
  const names = new Map<string, string>();
  const rename = (name: string): string => {
    if (graph.parameters.has(name)) return name;
    const known = names.get(name);
    if (known !== undefined) return known;
    const fresh = `t${names.size}`;
    names.set(name, fresh);
    return fresh;
  };
  return {
    name: `${graph.name}-renamed`,
    input: rename(graph.input),
    outputs: graph.outputs.map(rename),
    nodes: graph.nodes.map(
      (node, i) =>
        ({
          ...node,
          name: `n${i}`,
          block: "",
          inputs: node.inputs.map(rename),
          outputs: node.outputs.map(rename),
        }) as Node,
    ),
    parameters: graph.parameters,
    constants: new Map(
      [...graph.constants].map(([name, constant]) => [rename(name), { ...constant, name: rename(name) }]),
    ),
    shapes: new Map([...graph.shapes].map(([name, shape]) => [rename(name), shape])),
  };
}
