/**
 * @file Flow through a linearised network, in expectation: one forward field and one gradient field a tensor, from the
 * rules of the operators. Weights are replaced by their expected magnitude, biases by zero, nonlinearities by the
 * identity, softmax attention by uniform mixing of tokens. Synflow and LogSynflow are tallies over the weights' gradients.
 *
 * Synflow: Tanaka et al. 2020, arXiv 2006.05467. LogSynflow: Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135.
 */

import { type MaybeField, sum, uniform } from "./field.js";
import type { FlowRule, Tally } from "./flow-rule.js";

/** One application of a rule; fields are numbered. */
export interface FlowStep {
  readonly rule: FlowRule;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** What is kept of a block's flow once its spec has been seen. */
export interface FlowProgram {
  readonly steps: readonly FlowStep[];
  readonly input: number;
  readonly output: number;
  /** How many fields there are. */
  readonly tensors: number;
  readonly outputRank: number;
}

/** The fields of all tensors of a program after its forward pass. */
export type Trace = readonly MaybeField[];

function fieldsAt(fields: readonly MaybeField[], slots: readonly number[]): MaybeField[] {
  return slots.map((slot) => fields[slot]);
}

/** Runs the signal forward from `input`. */
export function flowForward({ steps, input, tensors }: FlowProgram, signal: MaybeField): Trace {
  const trace = new Array<MaybeField>(tensors).fill(undefined);
  trace[input] = signal;
  for (const { rule, inputs, outputs } of steps) {
    const results = rule.forward(fieldsAt(trace, inputs));
    outputs.forEach((slot, i) => {
      trace[slot] = results[i];
    });
  }
  return trace;
}

/** Runs the gradient back from the output, tallies the weights' gradients, gives the gradient of the input. */
export function flowBackward(program: FlowProgram, trace: Trace, gradient: MaybeField, tally: Tally): MaybeField {
  const gradients = new Array<MaybeField>(program.tensors).fill(undefined);
  gradients[program.output] = gradient;
  for (const { rule, inputs, outputs } of program.steps.toReversed()) {
    const results = rule.backward(fieldsAt(trace, inputs), fieldsAt(gradients, outputs), tally);
    inputs.forEach((slot, i) => {
      if (results[i] !== undefined) gradients[slot] = sum([gradients[slot], results[i]]);
    });
  }
  return gradients[program.input];
}

/**
 * Ones in, and the sum of the outputs as what is differentiated, through a chain of programs.
 * @param onProgram Told of the index of the program whose weights are tallied from now on; the last comes first.
 */
export function flowThrough(
  programs: readonly FlowProgram[],
  inputRank: number,
  tally: Tally,
  onProgram?: (index: number) => void,
): void {
  let signal: MaybeField = uniform(inputRank);
  const passed = programs.map((program, index) => {
    const trace = flowForward(program, signal);
    signal = trace[program.output];
    return { program, trace, index };
  });
  let gradient: MaybeField = uniform(programs.at(-1)?.outputRank ?? inputRank);
  for (const { program, trace, index } of passed.toReversed()) {
    onProgram?.(index);
    gradient = flowBackward(program, trace, gradient, tally);
  }
}
