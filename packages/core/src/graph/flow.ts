/**
 * @file Flow through a linearised network, in expectation: one forward field and one gradient field a tensor, from the
 * rules of the operators. LayerWeights are replaced by their expected magnitude, biases by zero, nonlinearities by the
 * identity, softmax attention by uniform mixing of tokens. Synflow and LogSynflow are tallies over the weights' gradients.
 *
 * Synflow: Tanaka et al. 2020, arXiv 2006.05467. LogSynflow: Cavagnero et al. 2023 (FreeREA), arXiv 2207.05135.
 */

import { type MaybeField, sumOfTwo, uniform } from "./field.js";
import type { FlowRule, LayerWeights, Tally } from "./flow-rule.js";
import type { Shape } from "./graph.js";
import { type SquareProgram, squareFlowThrough } from "./square-flow.js";

/** One application of a rule; fields are numbered. */
export interface FlowStep {
  readonly rule: FlowRule;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Of a layer, where its one signal is. */
  readonly input: number;
  /** The first of the outputs. */
  readonly output: number;
}

/** What is kept of a block's flow once its spec has been seen. */
export interface FlowProgram {
  /** In the order of the signal; those alone that a gradient comes back through. */
  readonly steps: readonly FlowStep[];
  /** What no gradient reaches, whatever comes in. */
  readonly unreached: readonly LayerWeights[];
  readonly input: number;
  readonly output: number;
  /** How many fields there are. */
  readonly tensors: number;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** The same on square maps, where that can be. */
  square(): SquareProgram | undefined;
}

/** The fields of all tensors of a program after its forward pass. */
export type Trace = readonly MaybeField[];

function fieldsAt(fields: readonly MaybeField[], slots: readonly number[]): MaybeField[] {
  return slots.map((slot) => fields[slot]);
}

/** Adds a field to what a slot holds. */
function addAt(fields: MaybeField[], slot: number, field: MaybeField): void {
  const there = fields[slot];
  if (there === undefined) fields[slot] = field;
  else if (field !== undefined) fields[slot] = sumOfTwo(there, field);
}

/** Runs the signal forward from `input`. */
export function flowForward({ steps, input, tensors }: FlowProgram, signal: MaybeField): Trace {
  const trace = new Array<MaybeField>(tensors).fill(undefined);
  trace[input] = signal;
  for (const { rule, input: from, output, inputs, outputs } of steps) {
    switch (rule.kind) {
      case "layer":
        trace[output] = rule.forward(trace[from]);
        break;
      case "sum":
        for (const slot of inputs) addAt(trace, output, trace[slot]);
        break;
      case "source":
        trace[output] = rule.field;
        break;
      case "junction": {
        const results = rule.forward(fieldsAt(trace, inputs));
        for (let i = 0; i < outputs.length; i++) trace[outputs[i] ?? 0] = results[i];
      }
    }
  }
  return trace;
}

/** Runs the gradient back from the output, tallies the weights' gradients, gives the gradient of the input. */
export function flowBackward(program: FlowProgram, trace: Trace, gradient: MaybeField, tally: Tally): MaybeField {
  const { steps, tensors, unreached } = program;
  for (const weights of unreached) tally.addUnreached(weights);
  const gradients = new Array<MaybeField>(tensors).fill(undefined);
  gradients[program.output] = gradient;
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    if (step === undefined) continue;
    const { rule, input, output, inputs, outputs } = step;
    switch (rule.kind) {
      case "layer":
        addAt(gradients, input, rule.backward(trace[input], gradients[output], tally));
        break;
      case "sum":
        for (const slot of inputs) addAt(gradients, slot, gradients[output]);
        break;
      case "source":
        break;
      case "junction": {
        const results = rule.backward(fieldsAt(trace, inputs), fieldsAt(gradients, outputs), tally);
        for (let i = 0; i < results.length; i++) addAt(gradients, inputs[i] ?? 0, results[i]);
      }
    }
  }
  return gradients[program.input];
}

/**
 * Ones in, and the sum of the outputs as what is differentiated, through a chain of programs.
 * @param onProgram - Told of the index of the program whose weights are tallied from now on; the last comes first.
 */
export function flowThrough(
  programs: readonly FlowProgram[],
  inputRank: number,
  tally: Tally,
  onProgram?: (index: number) => void,
): void {
  const squares = inputRank === 4 ? squaresOf(programs) : undefined;
  if (squares !== undefined) squareFlowThrough(squares, tally, onProgram);
  else fieldsThrough(programs, inputRank, tally, onProgram);
}

/** `flowThrough` for shapes of any kind. */
export function fieldsThrough(
  programs: readonly FlowProgram[],
  inputRank: number,
  tally: Tally,
  onProgram?: (index: number) => void,
): void {
  let signal: MaybeField = uniform(inputRank);
  const traces: Trace[] = [];
  for (const program of programs) {
    const trace = flowForward(program, signal);
    traces.push(trace);
    signal = trace[program.output];
  }
  let gradient: MaybeField = uniform(programs.at(-1)?.outputShape.length ?? inputRank);
  for (let at = programs.length - 1; at >= 0; at--) {
    const program = programs[at];
    const trace = traces[at];
    if (program === undefined || trace === undefined) continue;
    onProgram?.(at);
    gradient = flowBackward(program, trace, gradient, tally);
  }
}

function squaresOf(programs: readonly FlowProgram[]): SquareProgram[] | undefined {
  const squares: SquareProgram[] = [];
  for (const program of programs) {
    const square = program.square();
    if (square === undefined) return undefined;
    squares.push(square);
  }
  return squares;
}
