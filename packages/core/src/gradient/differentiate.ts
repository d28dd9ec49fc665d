/**
 * @file Reverse-mode differentiation of graphs: the gradient of a graph is one more graph of the same operators, built from one rule per
 * operator (Griewank and Walther 2008, Evaluating Derivatives, chapter 3). It can be differentiated again.
 */

import { GraphError } from "../base/errors.js";
import { Arithmetic } from "../graph/arithmetic.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { at } from "../graph/gradient-rule.js";
import { type Graph, type Node, type Shape, shapeOf } from "../graph/graph.js";
import { rulesOf, siteOf } from "../graph/rules.js";

/** What is differentiated, by what. */
export interface Differentiation {
  /** A tensor that is computed. Of one that is no scalar, the sum of its elements is differentiated. */
  readonly of: string;
  /** Tensors of any kind: the input, parameters, or what nodes give. */
  readonly withRespectTo: readonly string[];
  /** What is given of a tensor on which `of` does not depend: an error (default), or zeros, as second derivatives want it. */
  readonly independent?: "error" | "zeros";
}

/** A graph with gradients among its outputs. */
export interface Differentiated {
  /** The outputs of the graph, and behind them the gradients in the order of `withRespectTo`. */
  readonly graph: Graph;
  /** Tensors of gradients by the tensors that they belong to, each of that tensor's shape. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Adds to a graph the gradients of the sum of a tensor. Shapes are those of the graph: see `atBatch` for batches.
 *
 * BatchNormalization is differentiated as it is written, by mean and variance that are given; those of the batch are nodes of their own
 * after `withBatchStatistics`.
 * @throws {@link GraphError} where a tensor is not there, `of` does not depend on it, or a node on the way has no gradient.
 * @example
 * ```ts
 * import { atBatch, differentiate, graphOf, modelNamed } from "@esnas/core";
 *
 * const graph = atBatch(graphOf(modelNamed("resnet18").build({ classes: 10 })), 8);
 * const [of = ""] = graph.outputs;
 * const trained = [...graph.parameters.values()].filter(({ trainable }) => trainable);
 * const { gradients } = differentiate(graph, { of, withRespectTo: trained.map(({ name }) => name) });
 * console.log(gradients.size);
 * ```
 */
export function differentiate(graph: Graph, options: Differentiation): Differentiated {
  const { of, withRespectTo, independent = "error" } = options;
  const dependent = dependentOn(graph, withRespectTo);
  const reached = reachedFrom(graph, of);
  const onWay = graph.nodes.filter(({ outputs }) => outputs.some((name) => dependent.has(name) && reached.has(name)));
  const whole = withSaved(graph, new Set(onWay));
  const builder = new GraphBuilder(graph.name, whole);
  const b = new Arithmetic(builder, whole, of);
  const gradients = new Map<string, Tensor>();
  const add = (name: string, gradient: Tensor): void => {
    const known = gradients.get(name);
    gradients.set(name, known === undefined ? gradient : b.add(known, gradient));
  };
  if (dependent.has(of)) {
    b.within(`${of}/gradient`, () => add(of, b.expand(1, shapeOf(graph, of))));
  }
  const ways = new Set(onWay.map(({ name }) => name));
  for (const node of whole.nodes.toReversed()) {
    if (!ways.has(node.name) || !node.outputs.some((name) => gradients.has(name))) continue;
    b.within(`${node.name}/gradient`, () => {
      inputGradients(builder, b, node, gradients).forEach((gradient, i) => {
        const name = node.inputs[i] ?? "";
        // Of tensors that none of those asked for leads to, nothing is built.
        const built = dependent.has(name) ? gradient?.() : undefined;
        if (built !== undefined) add(name, built);
      });
    });
  }
  const results = withRespectTo.map((name) => {
    const found = gradients.get(name);
    if (found !== undefined) return found;
    if (independent === "error") throw new GraphError(`tensor "${of}" does not depend on "${name}"`);
    return b.within(`${name}/gradient`, () => b.expand(0, shapeOf(graph, name)));
  });
  const outputs = [...graph.outputs.map((name) => builder.tensor(name)), ...results];
  return {
    graph: builder.build(outputs),
    gradients: new Map(withRespectTo.map((name, i) => [name, at(results, i).name])),
  };
}

function inputGradients(
  builder: GraphBuilder,
  b: Arithmetic,
  { name, operator, inputs, outputs, attributes }: Node,
  gradients: ReadonlyMap<string, Tensor>,
) {
  const { gradient } = rulesOf(operator);
  if (gradient === undefined) {
    throw new GraphError(
      `${operator} "${name}" has no gradient: the rules of that operator do not say how to differentiate it`,
    );
  }
  return gradient({
    b,
    inputs: inputs.map((input) => builder.tensor(input)),
    outputs: outputs.map((output) => builder.tensor(output)),
    gradients: outputs.map((output) => gradients.get(output)),
    attributes,
  });
}

/** Tensors that hang on those given, which are among them. */
function dependentOn(graph: Graph, names: readonly string[]): ReadonlySet<string> {
  for (const name of names) if (!graph.shapes.has(name)) throw new GraphError(`there is no tensor "${name}"`);
  const dependent = new Set(names);
  for (const { inputs, outputs } of graph.nodes) {
    if (inputs.some((name) => dependent.has(name))) for (const name of outputs) dependent.add(name);
  }
  return dependent;
}

/** Tensors that one hangs on, itself among them. */
function reachedFrom(graph: Graph, of: string): ReadonlySet<string> {
  if (!graph.shapes.has(of)) throw new GraphError(`there is no tensor "${of}"`);
  const reached = new Set([of]);
  for (const { inputs, outputs } of graph.nodes.toReversed()) {
    if (outputs.some((name) => reached.has(name))) for (const name of inputs) reached.add(name);
  }
  return reached;
}

/** The nodes given have the outputs that their rules of gradients want besides. */
function withSaved(graph: Graph, nodes: ReadonlySet<Node>): Graph {
  const shapes = new Map<string, Shape>(graph.shapes);
  const widened = graph.nodes.map((node): Node => {
    const { saves = 0, shape } = rulesOf(node.operator);
    if (saves === 0 || !nodes.has(node) || node.outputs.length > 1) return node;
    const [output = ""] = node.outputs;
    const outputs = [output, ...Array.from({ length: saves }, (_, i) => `${node.name}:saved${i}`)];
    const { inputs } = siteOf(graph, node.inputs, [], node.attributes);
    shape(inputs, node.attributes, outputs.length).forEach((of, i) => {
      shapes.set(outputs[i] ?? "", of);
    });
    return { ...node, outputs };
  });
  return { ...graph, nodes: widened, shapes };
}
