/**
 * @file Flow through a linearised network, in expectation: one forward field and one gradient field a tensor, from the
 * rules of the operators. Weights are replaced by their expected magnitude, biases by zero, nonlinearities by the
 * identity, softmax attention by uniform mixing of tokens. Synflow and LogSynflow are tallies over the weights' gradients.
 *
 * Synflow: Tanaka et al. 2020, arXiv 2006.05467. LogSynflow: Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135.
 */

import { GraphError, UnscorableError } from "../errors.js";
import { type MaybeField, sum, uniform } from "./field.js";
import { type FlowRule, type NormalisationFlow, passes, type Tally } from "./flow-rule.js";
import { type Graph, type Node, outputOf, shapeOf } from "./graph.js";
import { rulesOf, siteOf } from "./rules.js";

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

/**
 * The flow steps of a graph. What passes signal and gradient unchanged is no step: its output is its input's tensor.
 * @throws {UnscorableError} where an operator has no flow rule, or none for what it is given.
 */
export function compileFlow(graph: Graph, normalisation: NormalisationFlow): FlowProgram {
  const slots = new Map<string, number>();
  let tensors = 0;
  const slot = (tensor: string): number => {
    const known = slots.get(tensor);
    if (known !== undefined) return known;
    slots.set(tensor, tensors);
    return tensors++;
  };
  const input = slot(graph.input);
  const steps: FlowProgram["steps"][number][] = [];
  for (const node of graph.nodes) {
    const rule = ruleOf(graph, node, normalisation);
    const inputs = node.inputs.map(slot);
    const [from] = inputs;
    const [to] = node.outputs;
    if (rule === passes && from !== undefined && to !== undefined) slots.set(to, from);
    else steps.push({ rule, inputs, outputs: node.outputs.map(slot) });
  }
  const output = outputOf(graph);
  return { steps, input, output: slot(output), tensors, outputRank: shapeOf(graph, output).length };
}

function ruleOf(graph: Graph, node: Node, normalisation: NormalisationFlow): FlowRule {
  const { flow } = rulesOf(node.operator);
  if (flow === undefined) {
    throw new UnscorableError(`operator ${node.operator} of node "${node.name}" has no flow rule`);
  }
  try {
    return flow(siteOf(graph, node.inputs, node.outputs, node.attributes), normalisation);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new UnscorableError(`operator ${node.operator} of node "${node.name}": ${error.message}`);
  }
}

function fieldsAt(fields: readonly MaybeField[], slots: readonly number[]): MaybeField[] {
  return slots.map((slot) => fields[slot]);
}

/** Runs the signal forward from `input`. */
export function flowForward(program: FlowProgram, input: MaybeField): Trace {
  const trace: MaybeField[] = new Array<MaybeField>(program.tensors).fill(undefined);
  trace[program.input] = input;
  for (const { rule, inputs, outputs } of program.steps) {
    const results = rule.forward(fieldsAt(trace, inputs));
    outputs.forEach((slot, i) => {
      trace[slot] = results[i];
    });
  }
  return trace;
}

/** Runs the gradient back from the output, tallies the weights' gradients, gives the gradient of the input. */
export function flowBackward(program: FlowProgram, trace: Trace, gradient: MaybeField, tally: Tally): MaybeField {
  const gradients: MaybeField[] = new Array<MaybeField>(program.tensors).fill(undefined);
  gradients[program.output] = gradient;
  for (const { rule, inputs, outputs } of program.steps.toReversed()) {
    const results = rule.backward(fieldsAt(trace, inputs), fieldsAt(gradients, outputs), tally);
    inputs.forEach((slot, i) => {
      if (results[i] !== undefined) gradients[slot] = sum([gradients[slot], results[i]]);
    });
  }
  return gradients[program.input];
}

/** Ones in, and the sum of the outputs as what is differentiated, through a chain of programs. */
export function flowThrough(programs: readonly FlowProgram[], inputRank: number, tally: Tally): void {
  let signal: MaybeField = uniform(inputRank);
  const passed = programs.map((program) => {
    const trace = flowForward(program, signal);
    signal = trace[program.output];
    return { program, trace };
  });
  let gradient: MaybeField = uniform(programs.at(-1)?.outputRank ?? inputRank);
  for (const { program, trace } of passed.toReversed()) gradient = flowBackward(program, trace, gradient, tally);
}
