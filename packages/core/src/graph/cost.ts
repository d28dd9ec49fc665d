/** @file What a graph costs: counts per sample, from the rules of its operators. */

import { elements, type Graph, type Node, shapeOf } from "./graph.js";
import { rulesOf, siteOf } from "./rules.js";

export interface Costs {
  /** Trainable numbers, normalisations and biases included. */
  readonly parameters: number;
  /** Multiply-accumulates of convolutions, linear layers and attention's products at batch 1. */
  readonly macs: number;
  /** Elements of the outputs of all operators with multiply-accumulates (as in Radosavovic et al. 2020, arXiv 2003.13678). */
  readonly activations: number;
  /** Nonlinearities, softmax not counted. */
  readonly activationLayers: number;
  /** Bytes of float32 activations alive at once, at most, when nodes run in order at batch 1; weights not counted. */
  readonly peakMemory: number;
}

/** Multiply-accumulates of one node at batch 1. */
export function macsOf(graph: Graph, node: Node): number {
  return rulesOf(node.operator).macs?.(siteOf(graph, node.inputs, node.outputs, node.attributes)) ?? 0;
}

export function costsOf(graph: Graph): Costs {
  let macs = 0;
  let activations = 0;
  let activationLayers = 0;
  for (const node of graph.nodes) {
    const nodeMacs = macsOf(graph, node);
    macs += nodeMacs;
    if (nodeMacs > 0) activations += node.outputs.reduce((total, name) => total + elements(shapeOf(graph, name)), 0);
    if (rulesOf(node.operator).nonlinearity) activationLayers++;
  }
  let parameters = 0;
  for (const { trainable, shape } of graph.parameters.values()) if (trainable) parameters += elements(shape);
  return { parameters, macs, activations, activationLayers, peakMemory: peakMemoryOf(graph) };
}

/**
 * A tensor lives from the node that gives it to the last that takes it; an in-place operator reuses a first input that dies
 * and is as large as what it gives.
 */
function peakMemoryOf(graph: Graph): number {
  const lastUse = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const name of [...node.inputs, ...node.outputs]) lastUse.set(name, i);
  });
  for (const output of graph.outputs) lastUse.set(output, graph.nodes.length);
  const isActivation = (name: string) => !graph.parameters.has(name) && !graph.constants.has(name);
  const size = (name: string) => 4 * elements(shapeOf(graph, name));

  let live = size(graph.input);
  let peak = live;
  graph.nodes.forEach((node, i) => {
    const touched = [...new Set([...node.inputs, ...node.outputs])];
    const dying = touched.filter((name) => isActivation(name) && lastUse.get(name) === i);
    const freed = dying.reduce((total, name) => total + size(name), 0);
    const made = node.outputs.reduce((total, name) => total + size(name), 0);
    const [first] = node.inputs;
    const fits = first !== undefined && dying.includes(first) && size(first) === made;
    const reused = rulesOf(node.operator).inPlace && fits ? made : 0;
    peak = Math.max(peak, live + made - reused);
    live += made - freed;
  });
  return peak;
}

/** Costs of a chain of graphs, each of which takes what the one before it gives. */
export function chainCosts(costs: readonly Costs[]): Costs {
  return costs.reduce((a, b) => ({
    parameters: a.parameters + b.parameters,
    macs: a.macs + b.macs,
    activations: a.activations + b.activations,
    activationLayers: a.activationLayers + b.activationLayers,
    peakMemory: Math.max(a.peakMemory, b.peakMemory),
  }));
}
