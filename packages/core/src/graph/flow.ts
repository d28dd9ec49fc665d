/**
 * @file Flow through a linearised network, in expectation: one forward field and one gradient field a tensor, from the
 * rules of the operators. Weights are replaced by their expected magnitude, biases by zero, nonlinearities by the
 * identity, softmax attention by uniform mixing of tokens. Synflow and LogSynflow are tallies over the weights' gradients.
 *
 * Synflow: Tanaka et al. 2020, arXiv 2006.05467. LogSynflow: Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135.
 */

import { UnscorableError } from "../errors.js";
import { type MaybeField, sum, uniform } from "./field.js";
import type { FlowRule, NormalisationFlow, Tally } from "./flow-rule.js";
import { type Graph, outputOf, shapeOf } from "./graph.js";
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
    const { flow } = rulesOf(node.operator);
    if (flow === undefined) {
      throw new UnscorableError(`operator ${node.operator} of node "${node.name}" has no flow rule`);
    }
    const rule = flow(siteOf(graph, node.inputs, node.outputs, node.attributes));
    return { rule, inputs: node.inputs.map(slot), outputs: node.outputs.map(slot) };
  });
  const output = outputOf(graph);
  return { steps, input, output: slot(output), tensors: slots.size, outputRank: shapeOf(graph, output).length };
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
