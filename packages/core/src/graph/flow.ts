/**
 * @file Flow through a linearised network, in expectation: one forward field and one gradient field a tensor, from the
 * rules of the operators. Weights are replaced by their expected magnitude, biases by zero, nonlinearities by the
 * identity, softmax attention by uniform mixing of tokens. Synflow and LogSynflow are tallies over the weights' gradients.
 *
 * Synflow: Tanaka et al. 2020, arXiv 2006.05467. LogSynflow: Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135.
 */

import { UnscorableError } from "../errors.js";
import { type MaybeField, sum, uniform } from "./field.js";
import { type Graph, type Initialisation, outputOf, type Parameter, shapeOf } from "./graph.js";
import type { Operand, Operator, Site } from "./operator.js";
import { operators } from "./operators/registry.js";

/** Normalisation layers as the identity, or as division by the mean field over the axes that they normalise. */
export type NormalisationFlow = "identity" | "divide";

/** Receives the gradients of weights, layer by layer. */
export interface Tally {
  /**
   * `count` times a kernel of weights of expected magnitude `magnitude`, whose tap `(i, j)` has the gradient
   * `exp(log + rows[i] + columns[j])`.
   */
  add(magnitude: number, count: number, log: number, rows: Float64Array, columns: Float64Array): void;
  /** `count` weights of expected magnitude `magnitude` that no gradient reaches, as those of query and key. */
  addUnreached(magnitude: number, count: number): void;
}

/** How one node passes signal and gradient. Fields of operands that are no activations are `undefined`. */
export interface FlowRule {
  forward(inputs: readonly MaybeField[], normalisation: NormalisationFlow): readonly MaybeField[];
  backward(
    inputs: readonly MaybeField[],
    gradients: readonly MaybeField[],
    tally: Tally,
    normalisation: NormalisationFlow,
  ): readonly MaybeField[];
}

/** The rules of a graph with their tensors numbered: what is kept of a block once its spec has been seen. */
export interface FlowProgram {
  readonly steps: readonly {
    readonly rule: FlowRule;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  }[];
  readonly input: number;
  readonly output: number;
  readonly tensors: number;
  readonly outputRank: number;
}

/** The fields of all tensors of a program after its forward pass. */
export type Trace = readonly MaybeField[];

/** Expected magnitude of a parameter's values: of the random draw, or the mean of those that a file has brought. */
export function expectedMagnitude({ initialisation, values }: Parameter): number {
  if (values !== undefined) return values.reduce((total, value) => total + Math.abs(value), 0) / values.length;
  return initialMagnitude(initialisation);
}

function initialMagnitude(initialisation: Initialisation): number {
  switch (initialisation.kind) {
    case "normal":
      return initialisation.std * Math.sqrt(2 / Math.PI);
    case "ones":
      return 1;
    case "zeros":
      return 0;
  }
}

/**
 * The flow steps of a graph.
 * @throws {UnscorableError} where an operator has no flow rule.
 */
export function compileFlow(graph: Graph): FlowProgram {
  const slots = new Map<string, number>();
  const slot = (tensor: string): number => {
    const known = slots.get(tensor);
    if (known !== undefined) return known;
    slots.set(tensor, slots.size);
    return slots.size - 1;
  };
  const input = slot(graph.input);
  const steps = graph.nodes.map((node) => {
    // Every rule takes the attributes of its own operator, which the builder has checked.
    const operator = operators[node.operator] as Operator<unknown>;
    if (operator.flow === undefined) {
      throw new UnscorableError(`operator ${node.operator} of node "${node.name}" has no flow rule`);
    }
    const rule = operator.flow(siteOf(graph, node.inputs, node.outputs, node.attributes));
    return { rule, inputs: node.inputs.map(slot), outputs: node.outputs.map(slot) };
  });
  const output = outputOf(graph);
  return { steps, input, output: slot(output), tensors: slots.size, outputRank: shapeOf(graph, output).length };
}

/** Operands, shapes and attributes of a node, for its rules. */
export function siteOf<A>(graph: Graph, inputs: readonly string[], outputs: readonly string[], attributes: A): Site<A> {
  return {
    inputs: inputs.map((name) => operandOf(graph, name)),
    outputs: outputs.map((name) => shapeOf(graph, name)),
    attributes,
  };
}

function operandOf(graph: Graph, name: string): Operand {
  const parameter = graph.parameters.get(name);
  const constant = graph.constants.get(name);
  return {
    shape: shapeOf(graph, name),
    ...(parameter && { parameter }),
    ...(constant && { values: constant.values }),
  };
}

/** Runs the signal forward from `input`. */
export function flowForward(program: FlowProgram, input: MaybeField, normalisation: NormalisationFlow): Trace {
  const trace: MaybeField[] = new Array<MaybeField>(program.tensors).fill(undefined);
  trace[program.input] = input;
  for (const step of program.steps) {
    const results = step.rule.forward(
      step.inputs.map((slot) => trace[slot]),
      normalisation,
    );
    step.outputs.forEach((slot, i) => {
      trace[slot] = results[i];
    });
  }
  return trace;
}

/** Runs the gradient back from the output, tallies the weights' gradients, gives the gradient of the input. */
export function flowBackward(
  program: FlowProgram,
  trace: Trace,
  gradient: MaybeField,
  tally: Tally,
  normalisation: NormalisationFlow,
): MaybeField {
  const gradients: MaybeField[] = new Array<MaybeField>(program.tensors).fill(undefined);
  gradients[program.output] = gradient;
  for (const step of program.steps.toReversed()) {
    const results = step.rule.backward(
      step.inputs.map((slot) => trace[slot]),
      step.outputs.map((slot) => gradients[slot]),
      tally,
      normalisation,
    );
    step.inputs.forEach((slot, i) => {
      if (results[i] !== undefined) gradients[slot] = sum([gradients[slot], results[i]]);
    });
  }
  return gradients[program.input];
}

/** Ones in, and the sum of the outputs as what is differentiated, through a chain of programs. */
export function flowThrough(
  programs: readonly FlowProgram[],
  inputRank: number,
  tally: Tally,
  normalisation: NormalisationFlow,
): void {
  let signal: MaybeField = uniform(inputRank);
  const traces: Trace[] = [];
  for (const program of programs) {
    const trace = flowForward(program, signal, normalisation);
    traces.push(trace);
    signal = trace[program.output];
  }
  let gradient: MaybeField = uniform(programs.at(-1)?.outputRank ?? inputRank);
  for (let i = programs.length - 1; i >= 0; i--) {
    const program = programs[i];
    const trace = traces[i];
    if (program !== undefined && trace !== undefined) {
      gradient = flowBackward(program, trace, gradient, tally, normalisation);
    }
  }
}
