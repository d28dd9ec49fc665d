/**
 * @file The linearised network, slow and dense, for tests of the closed form: every node is run forward on float64
 * arrays, and `R`, the sum of the outputs for an input of ones, is differentiated backwards by hand-written rules. Reads
 * a graph's data and nothing else of the package.
 *
 * Weights are non-negative, biases zero, nonlinearities the identity, softmax uniform and without gradient
 * (docs/entropic-score.md). Scores are those of FreeREA (Cavagnero et al. 2023, arXiv 2207.05135) and of Synflow
 * (Tanaka et al. 2020, arXiv 2006.05467).
 */

import { elements, type Graph, type Parameter, shapeOf } from "../../packages/core/src/graph/graph.js";
import { type Applied, applied, type Normalisation, type Operand } from "./dense-rules.js";

export interface FlowScores {
  /** `sum |w| ln(1 + g)` */
  readonly logsynflow: number;
  /** `sum |w ln(g + 1e-6)|`, the convention of FreeREA's published table. */
  readonly logsynflowEpsilon: number;
  /** `ln sum |w| g` */
  readonly synflow: number;
}

/** The values of a parameter, row-major; their magnitudes are what is used. */
export type WeightsOf = (parameter: Parameter) => Float64Array;

/** Magnitudes of independent draws from each parameter's initialisation; `normal` gives standard normal numbers. */
export function sampledWeights(normal: () => number): WeightsOf {
  return (parameter) => {
    const { initialisation, shape, values } = parameter;
    if (values !== undefined) return Float64Array.from(values, Math.abs);
    if (initialisation.kind !== "normal") return equalWeights(parameter);
    return new Float64Array(elements(shape)).map(() => Math.abs(normal() * initialisation.std));
  };
}

/** All values of a tensor equal to their expected magnitude. */
export const equalWeights: WeightsOf = ({ initialisation, shape, values }) => {
  const equal = new Float64Array(elements(shape));
  if (values !== undefined) return equal.fill(values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length);
  if (initialisation.kind === "normal") return equal.fill(initialisation.std * Math.sqrt(2 / Math.PI));
  return equal.fill(initialisation.kind === "ones" ? 1 : 0);
};

/** A weight of a Conv, Gemm or MatMul with the gradient of `R` at its magnitudes. */
export interface WeightGradient {
  readonly parameter: string;
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
}

/** The three scores of a graph at given weights. */
export function linearisedScores(graph: Graph, weightsOf: WeightsOf, normalisation: Normalisation): FlowScores {
  let logsynflow = 0;
  let logsynflowEpsilon = 0;
  let synflow = 0;
  for (const { weights, gradient } of weightGradients(graph, weightsOf, normalisation)) {
    weights.forEach((w, i) => {
      const g = gradient[i] ?? Number.NaN;
      logsynflow += w * Math.log1p(g);
      logsynflowEpsilon += Math.abs(w * Math.log(g + 1e-6));
      synflow += w * g;
    });
  }
  return { logsynflow, logsynflowEpsilon, synflow: Math.log(synflow) };
}

/** `R`, the sum of the outputs. */
export function response(graph: Graph, weightsOf: WeightsOf, normalisation: Normalisation): number {
  const { tensors } = forward(graph, weightsOf, normalisation);
  let sum = 0;
  for (const output of graph.outputs) for (const value of tensors.get(output)?.values ?? []) sum += value;
  return sum;
}

/** `dR/dw` of every weight. */
export function weightGradients(
  graph: Graph,
  weightsOf: WeightsOf,
  normalisation: Normalisation,
): readonly WeightGradient[] {
  const { tensors, steps } = forward(graph, weightsOf, normalisation);
  const gradients = backward(graph, steps);
  return weightsIn(graph).map((parameter) => {
    const weights = tensors.get(parameter)?.values ?? unknownTensor(parameter);
    return { parameter, weights, gradient: gradients.get(parameter) ?? new Float64Array(weights.length) };
  });
}

function forward(graph: Graph, weightsOf: WeightsOf, normalisation: Normalisation) {
  const tensors = leaves(graph, weightsOf);
  const steps = graph.nodes.map((node) => {
    const operands = node.inputs.map((name) => tensors.get(name) ?? unknownTensor(name));
    const shapes = node.outputs.map((name) => shapeOf(graph, name));
    const step = applied(node, operands, shapes, normalisation);
    node.outputs.forEach((name, i) => {
      tensors.set(name, { kind: "signal", shape: shapes[i] ?? [], values: step.outputs[i] ?? unknownTensor(name) });
    });
    return step;
  });
  return { tensors, steps };
}

/** The input of ones, the parameters' magnitudes and the constants. */
function leaves(graph: Graph, weightsOf: WeightsOf): Map<string, Operand> {
  const tensors = new Map<string, Operand>();
  const shape = shapeOf(graph, graph.input);
  tensors.set(graph.input, { kind: "signal", shape, values: new Float64Array(elements(shape)).fill(1) });
  for (const parameter of graph.parameters.values()) {
    const values = weightsOf(parameter).map(Math.abs);
    tensors.set(parameter.name, { kind: "parameter", shape: parameter.shape, values });
  }
  for (const constant of graph.constants.values()) {
    const values = Float64Array.from(constant.values);
    tensors.set(constant.name, { kind: "constant", shape: constant.shape, values });
  }
  return tensors;
}

/** Gradients of `R` by the names of tensors; those that none reaches are not there. */
function backward(graph: Graph, steps: readonly Applied[]): ReadonlyMap<string, Float64Array> {
  const gradients = new Map<string, Float64Array>();
  const add = (name: string, gradient: Float64Array) => {
    const known = gradients.get(name);
    gradients.set(name, known === undefined ? gradient : known.map((value, i) => value + (gradient[i] ?? Number.NaN)));
  };
  for (const output of graph.outputs) add(output, new Float64Array(elements(shapeOf(graph, output))).fill(1));
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const { inputs = [], outputs = [] } = graph.nodes[i] ?? {};
    if (!outputs.some((name) => gradients.has(name))) continue;
    const received = outputs.map((name) => gradients.get(name) ?? new Float64Array(elements(shapeOf(graph, name))));
    const pulled = steps[i]?.pullBack(received) ?? [];
    inputs.forEach((name, operand) => {
      const gradient = pulled[operand];
      if (gradient !== undefined) add(name, gradient);
    });
  }
  return gradients;
}

/** Names of the parameters that Conv, Gemm and MatMul multiply a signal with. */
function weightsIn(graph: Graph): readonly string[] {
  const names = graph.nodes.flatMap(({ operator, inputs }) => {
    if (!["Conv", "ConvTranspose", "Gemm", "MatMul", "OpaqueContraction"].includes(operator)) return [];
    return inputs.slice(0, 2).filter((name) => graph.parameters.has(name));
  });
  return [...new Set(names)];
}

function unknownTensor(name: string): never {
  throw new Error(`tensor "${name}" is used before it is there`);
}
