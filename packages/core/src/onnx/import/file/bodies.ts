/** @file Weights that lie in the bodies of If, Loop and Scan, taken out of them, so that they are weights as any other. */

import type { GraphProto, NodeProto } from "onnx-buf";
import { elements } from "../../../graph/graph.js";
import { changed, subgraphsOf, tensorOf } from "./attributes.js";
import { isFloat } from "./stored.js";

/** The graph with the weights of its nodes' bodies among its own: bodies read them from around, under names of their own. */
export function withWeightsOfBodies(graph: GraphProto): GraphProto {
  if (!graph.node.some(hasBodies)) return graph;
  const hoist = new Hoist(graph);
  const node = graph.node.map((outer) => hoist.emptied(outer, new Map()));
  return changed(graph, {
    node: [...hoist.constants, ...node],
    initializer: [...graph.initializer, ...hoist.initializers],
  });
}

function hasBodies({ attribute }: NodeProto): boolean {
  return attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0);
}

class Hoist {
  readonly constants: NodeProto[] = [];
  readonly initializers: GraphProto["initializer"] = [];
  readonly #taken: Set<string>;

  constructor({ input, initializer, node }: GraphProto) {
    this.#taken = new Set([...input, ...initializer].map(({ name }) => name));
    for (const { output } of node) for (const name of output) this.#taken.add(name);
  }

  /** @param names - Of tensors that were taken out of the bodies around, by what they were called there. */
  emptied(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
    const input = node.input.map((name) => names.get(name) ?? name);
    if (!hasBodies(node)) return changed(node, { input });
    const attribute = node.attribute.map((of) =>
      of.g === undefined && of.graphs.length === 0
        ? of
        : changed(of, {
            ...(of.g && { g: this.#body(of.g, names) }),
            graphs: of.graphs.map((graph) => this.#body(graph, names)),
          }),
    );
    return changed(node, { input, attribute });
  }

  #body(graph: GraphProto, around: ReadonlyMap<string, string>): GraphProto {
    const names = new Map(around);
    for (const { name } of [...graph.input, ...graph.initializer]) names.delete(name);
    for (const { output } of graph.node) for (const name of output) names.delete(name);
    // What a body gives has to be made in it.
    const given = new Set([...graph.output, ...graph.input].map(({ name }) => name));
    const initializer = graph.initializer.filter((tensor) => {
      if (given.has(tensor.name) || !isFloat(tensor.dataType)) return true;
      this.initializers.push(changed(tensor, { name: this.#renamed(tensor.name, names) }));
      return false;
    });
    const node = graph.node.filter((inner) => {
      const [output = ""] = inner.output;
      const value = inner.opType === "Constant" ? tensorOf(inner, "value") : undefined;
      const isTable = value !== undefined && isFloat(value.dataType) && elements(value.dims.map(Number)) > 1;
      if (!isTable || given.has(output)) return true;
      this.constants.push(changed(inner, { output: [this.#renamed(output, names)] }));
      return false;
    });
    return changed(graph, { initializer, node: node.map((inner) => this.emptied(inner, names)) });
  }

  #renamed(name: string, names: Map<string, string>): string {
    let free = name;
    for (let n = 2; this.#taken.has(free); n++) free = `${name}#${n}`;
    this.#taken.add(free);
    names.set(name, free);
    return free;
  }
}

/** All nodes in order, those of bodies behind the node that has them. */
export function withBodies(nodes: readonly NodeProto[]): readonly NodeProto[] {
  return nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap(({ node: inner }) => withBodies(inner))]);
}
