/** @file The nonlinearities of a graph, where metrics of activations look. Softmax is none of them. */

import { z } from "zod";
import type { Tensor } from "../graph/builder.js";
import { type Graph, type Node, shapeOf } from "../graph/graph.js";
import { rulesOf } from "../graph/rules.js";
import { noiseKinds } from "../runtime/noise.js";

/** A nonlinearity of a graph. */
export interface Nonlinearity {
  /** Name of its node. */
  readonly node: string;
  /** Operator of its node. */
  readonly operator: Node["operator"];
  /** What enters the nonlinearity. */
  readonly pre: Tensor;
  /** What leaves it. */
  readonly post: Tensor;
}

/** The nonlinearities of a graph, in its order. */
export function nonlinearitiesOf(graph: Graph): readonly Nonlinearity[] {
  return graph.nodes.flatMap(({ name, operator, inputs: [pre], outputs: [post] }) => {
    const { nonlinearity } = rulesOf(operator);
    if (!nonlinearity || pre === undefined || post === undefined) return [];
    return [
      {
        node: name,
        operator,
        pre: { name: pre, shape: shapeOf(graph, pre) },
        post: { name: post, shape: shapeOf(graph, post) },
      },
    ];
  });
}

/** What enters nonlinearities, what leaves them, or what convolutions give. */
export type Site = "pre" | "post" | "convolution";

export const sites = ["pre", "post", "convolution"] as const satisfies readonly Site[];

/** A tensor that a metric looks at. */
export interface Place {
  /** Name of its node. */
  readonly node: string;
  /** Operator of its node. */
  readonly operator: Node["operator"];
  /** What is looked at. */
  readonly tensor: Tensor;
}

/** The tensors of a site, in the order of the network; one that enters several nonlinearities stands there for each. */
export function placesOf(graph: Graph, site: Site): readonly Place[] {
  if (site !== "convolution") {
    return nonlinearitiesOf(graph).map(({ node, operator, [site]: tensor }) => ({ node, operator, tensor }));
  }
  return graph.nodes.flatMap(({ name: node, operator, outputs: [name] }) =>
    operator === "Conv" && name !== undefined
      ? [{ node, operator, tensor: { name, shape: shapeOf(graph, name) } }]
      : [],
  );
}

/** Options of every metric that runs the network on noise. */
export function forwardOptions(defaults: { readonly batch: number; readonly resolution: number }) {
  return {
    batch: z.coerce.number().int().min(1).max(1024).default(defaults.batch),
    resolution: z.coerce.number().int().min(1).max(4096).default(defaults.resolution),
    noise: z.enum(noiseKinds).default("normal"),
    repeats: z.coerce.number().int().min(1).max(1000).default(1),
  };
}
