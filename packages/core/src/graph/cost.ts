/**
 * @file What a graph costs: counts per sample, from the rules of its operators; of a graph that is there, and of a block as it is
 * built, without names and maps on the way: a search over sizes wants the costs of many blocks, and the graph of few.
 */

import { type Builder, checkedShape, type ParameterOptions, type Tensor, UnnamedBuilder } from "./builder.js";
import {
  type AttributesOf,
  elements,
  type Graph,
  type Initialisation,
  type Node,
  type OpaqueName,
  type OperatorName,
  type Shape,
  trainedNumbers,
} from "./graph.js";
import type { Operand } from "./operator.js";
import { operandOf, rulesOf, siteOf } from "./rules.js";

/** What a network costs at batch 1. */
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

/** A node as costs see it; a tensor is one object wherever it stands. */
interface CostedNode {
  readonly operator: OperatorName | OpaqueName;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly attributes: unknown;
}

export function costsOf(graph: Graph): Costs {
  const known = new Map<string, Operand>();
  const tensor = (name: string): Operand => {
    const operand = known.get(name) ?? operandOf(graph, name);
    known.set(name, operand);
    return operand;
  };
  const nodes = graph.nodes.map(({ operator, inputs, outputs, attributes }) => ({
    operator,
    inputs: inputs.map(tensor),
    outputs: outputs.map(tensor),
    attributes,
  }));
  let parameters = 0;
  for (const parameter of graph.parameters.values()) parameters += trainedNumbers(parameter);
  return costsOfNodes(nodes, tensor(graph.input), graph.outputs.map(tensor), parameters);
}

/** The costs of what is built on a tensor of the shape `input`, and the shape that comes out. */
export function countCosts(
  build: (b: Builder, x: Tensor) => Tensor,
  input: Shape,
): { readonly output: Shape; readonly costs: Costs } {
  const b = new CostBuilder();
  const x = { name: "input", shape: checkedShape("input", input) };
  const y = build(b, x);
  return { output: y.shape, costs: costsOfNodes(b.nodesSoFar, x, [y], b.parameters) };
}

class CostBuilder extends UnnamedBuilder {
  readonly nodesSoFar: CostedNode[] = [];
  /** Trainable numbers. */
  parameters = 0;

  override parameter(
    name: string,
    shape: Shape,
    initialisation: Initialisation,
    options: ParameterOptions = {},
  ): Tensor {
    if (options.trainable ?? true) this.parameters += elements(shape);
    return super.parameter(name, shape, initialisation, options);
  }

  override step<K extends OperatorName>(
    operator: K,
    name: string,
    inputs: readonly Tensor[],
    shapes: readonly Shape[],
    attributes: AttributesOf<K>,
  ): readonly Tensor[] {
    const outputs = shapes.map((shape) => ({ name, shape }));
    this.nodesSoFar.push({ operator, inputs, outputs, attributes });
    return outputs;
  }
}

function costsOfNodes(
  nodes: readonly CostedNode[],
  input: Operand,
  outputs: readonly Operand[],
  parameters: number,
): Costs {
  let macs = 0;
  let activations = 0;
  let activationLayers = 0;
  for (const { operator, inputs, outputs, attributes } of nodes) {
    const rules = rulesOf(operator);
    const shapes = outputs.map(({ shape }) => shape);
    const ofNode = rules.macs?.({ inputs, outputs: shapes, attributes }) ?? 0;
    macs += ofNode;
    if (ofNode > 0) for (const shape of shapes) activations += elements(shape);
    if (rules.nonlinearity) activationLayers++;
  }
  return { parameters, macs, activations, activationLayers, peakMemory: peakMemoryOf(nodes, input, outputs) };
}

/**
 * A tensor lives from the node that gives it to the last that takes it; an in-place operator reuses a first input that dies
 * and is as large as what it gives.
 */
function peakMemoryOf(nodes: readonly CostedNode[], input: Operand, outputs: readonly Operand[]): number {
  const lastUse = new Map<Operand, number>();
  nodes.forEach((node, i) => {
    for (const tensor of node.inputs) if (isActivation(tensor)) lastUse.set(tensor, i);
    for (const tensor of node.outputs) lastUse.set(tensor, i);
  });
  for (const output of outputs) lastUse.set(output, nodes.length);

  let live = bytesOf(input);
  let peak = live;
  nodes.forEach((node, i) => {
    let made = 0;
    for (const output of node.outputs) made += bytesOf(output);
    let freed = 0;
    // What nobody takes dies at once; what dies is freed once, however often the node takes it.
    for (const tensor of node.outputs) if (lastUse.get(tensor) === i) freed += bytesOf(tensor);
    const [first] = node.inputs;
    const isDying = first !== undefined && lastUse.get(first) === i;
    for (const tensor of node.inputs) {
      if (lastUse.get(tensor) !== i) continue;
      freed += bytesOf(tensor);
      lastUse.delete(tensor);
    }
    const reused = rulesOf(node.operator).inPlace && isDying && bytesOf(first) === made ? made : 0;
    peak = Math.max(peak, live + made - reused);
    live += made - freed;
  });
  return peak;
}

function isActivation({ parameter, values }: Operand): boolean {
  return parameter === undefined && values === undefined;
}

/** Of float32. */
function bytesOf({ shape }: Operand): number {
  return 4 * elements(shape);
}

/** Costs of a chain of graphs, each of which takes what the one before it gives. */
export function chainCosts(costs: readonly Costs[]): Costs {
  const total = { parameters: 0, macs: 0, activations: 0, activationLayers: 0, peakMemory: 0 };
  for (const { parameters, macs, activations, activationLayers, peakMemory } of costs) {
    total.parameters += parameters;
    total.macs += macs;
    total.activations += activations;
    total.activationLayers += activationLayers;
    total.peakMemory = Math.max(total.peakMemory, peakMemory);
  }
  return total;
}
