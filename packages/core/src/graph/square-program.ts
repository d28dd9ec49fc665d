/**
 * @file Which flows can be done on square maps alone (`square-flow.ts`), and how. What is no convolution and no sum has to forget
 * the profile that it is given. Whether it does is found by its own rules, which are run on a profile that bends and on none.
 */

import { type Field, uniform } from "./field.js";
import type { FlowProgram, FlowStep } from "./flow.js";
import type { LayerFlow, SquareConvolution, Tally } from "./flow-rule.js";
import { reserveSide, type SquareProgram, type SquareStep } from "./square-flow.js";
import { LONGEST } from "./tape.js";

/** What rules have made of a field that bends, and of a constant one. */
interface Trial {
  readonly bent: Field;
  readonly constant: Field;
}

/** What a slot holds: a square map, by its side; or what has become of one on the way through other rules. */
type Content = number | Trial;

function trialOf(content: Content): Trial {
  if (typeof content !== "number") return content;
  const values = Array.from({ length: content }, (_, i) => 1 + 0.3 * Math.sin(i + 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / content;
  const profile = values.map((value) => value / mean);
  return { bent: { log: 0, axes: [undefined, undefined, profile, profile] }, constant: uniform(4) };
}

/** Whether the profile that came in has left no trace. */
function isForgotten({ bent, constant }: Trial): boolean {
  const isSame = (axis: number) => bent.axes[axis]?.join() === constant.axes[axis]?.join();
  return bent.log === constant.log && constant.axes.every((_, axis) => isSame(axis));
}

function isFlat({ axes }: Field): boolean {
  return axes.every((profile) => profile === undefined);
}

/** Whether it can be taken for a square map. */
function isMap(content: Content): boolean {
  return typeof content === "number" || (isForgotten(content) && isFlat(content.constant));
}

function sideOf(shape: readonly number[]): number | undefined {
  const [, , height, width] = shape;
  return shape.length === 4 && height === width && height !== undefined && height <= LONGEST ? height : undefined;
}

/** The same flow on square maps; undefined where there is none. */
export function squareProgramOf(program: FlowProgram): SquareProgram | undefined {
  const side = sideOf(program.inputShape);
  const signals = side === undefined ? undefined : signalsOf(program, side);
  return signals && withGradients(program, signals);
}

/** What slots hold on the way forth. */
function signalsOf({ steps, input, output }: FlowProgram, side: number): Map<number, Content> | undefined {
  const signals = new Map<number, Content>([[input, side]]);
  for (const { rule, inputs, input: from, output: to } of steps) {
    const signal = signals.get(from);
    if (rule.kind === "sum") {
      const terms = inputs.map((slot) => signals.get(slot));
      const length = terms.find((term) => typeof term === "number");
      if (length === undefined || !terms.every((term) => term !== undefined && isMap(term))) return undefined;
      signals.set(to, length);
    } else if (rule.kind === "layer" && signal !== undefined) {
      const { square } = rule;
      if (square !== undefined && !isMap(signal)) return undefined;
      const result = square === undefined ? tried(rule, trialOf(signal)) : square.window.out;
      if (result === undefined) return undefined;
      signals.set(to, result);
    } else {
      return undefined;
    }
  }
  const end = signals.get(output);
  return end !== undefined && isMap(end) ? signals : undefined;
}

function tried(rule: LayerFlow, signal: Trial): Trial | undefined {
  const bent = rule.forward(signal.bent);
  const constant = rule.forward(signal.constant);
  return bent && constant && isFlat(constant) ? { bent, constant } : undefined;
}

/** The same backwards; what is tallied must not hang on the profile either. */
function triedBackwards(rule: LayerFlow, signal: Trial, gradient: Trial): Trial | undefined {
  const tallies = { bent: recorder(), constant: recorder() };
  const bent = rule.backward(signal.bent, gradient.bent, tallies.bent);
  const constant = rule.backward(signal.constant, gradient.constant, tallies.constant);
  return bent && constant && tallies.bent.text === tallies.constant.text ? { bent, constant } : undefined;
}

function recorder(): Tally & { text: string } {
  return {
    text: "",
    add(...weights) {
      this.text += JSON.stringify(weights);
    },
    addUnreached(weights) {
      this.text += JSON.stringify(weights);
    },
  };
}

type Draft = Omit<SquareStep, "kind" | "input" | "output" | "inputs">;

const empty: Draft = { side: 0, convolution: undefined, kernels: [], rule: undefined, axes: [], gradientAxes: [] };

/** The steps, by what slots hold on the way back. */
function withGradients(program: FlowProgram, signals: ReadonlyMap<number, Content>): SquareProgram | undefined {
  const gradients = new Map<number, Content>();
  const sideAt = (slot: number): number => {
    const signal = signals.get(slot);
    return typeof signal === "number" ? signal : 0;
  };
  /** Adds what comes back to a slot; false where the sum would be none of square maps. */
  const add = (slot: number, gradient: Content): boolean => {
    const there = gradients.get(slot);
    const isSum = there !== undefined;
    gradients.set(slot, gradient);
    return !isSum || (sideAt(slot) > 0 && isMap(there) && isMap(gradient));
  };

  function draftOf({ rule, inputs, input, output }: FlowStep): Draft | undefined {
    const gradient = gradients.get(output);
    const signal = signals.get(input);
    if (gradient === undefined) return undefined;
    if (rule.kind === "sum") {
      const side = sideAt(output);
      return isMap(gradient) && inputs.every((slot) => add(slot, side)) ? { ...empty, side } : undefined;
    }
    if (rule.kind !== "layer" || signal === undefined) return undefined;
    if (rule.square !== undefined) {
      const side = rule.square.window.length;
      const kernels = kernelsOf(rule.square, gradient);
      return kernels && add(input, side) ? { ...empty, side, convolution: rule.square, kernels } : undefined;
    }
    const [x, g] = [trialOf(signal), trialOf(gradient)];
    const back = triedBackwards(rule, x, g);
    if (back === undefined || !add(input, back)) return undefined;
    return { ...empty, side: sideAt(input), rule, axes: x.constant.axes, gradientAxes: g.constant.axes };
  }

  const { outputShape, input, output, unreached, tensors } = program;
  const constant = uniform(outputShape.length);
  const side = sideOf(outputShape);
  if (outputShape.length === 4 && side === undefined) return undefined;
  gradients.set(output, side ?? { bent: constant, constant });
  const steps: SquareStep[] = [];
  for (const step of program.steps.toReversed()) {
    const draft = draftOf(step);
    if (draft === undefined) return undefined;
    const kind = step.rule.kind === "sum" ? "sum" : draft.convolution ? "convolution" : "constant";
    steps.unshift({ kind, input: step.input, output: step.output, inputs: step.inputs, ...draft });
  }
  const end = gradients.get(input);
  if (end === undefined || !isMap(end)) return undefined;
  for (const { convolution, side } of steps) {
    reserveSide(side);
    if (convolution !== undefined) reserveSide(convolution.window.out);
  }
  // A step gives one profile forth and one back to each input, and each of them may be added to what is there.
  const profiles = steps.reduce((total, { inputs }) => total + 2 * (1 + inputs.length), 0);
  const numbers = steps.reduce((total, { convolution, side, inputs }) => {
    return total + 2 * (1 + inputs.length) * Math.max(side, convolution?.window.out ?? 0);
  }, 0);
  return { steps, unreached, input, output, slots: tensors, profiles, numbers };
}

/** The kernels of a convolution to which a gradient comes back; undefined where it is of another form. */
function kernelsOf(convolution: SquareConvolution, gradient: Content): SquareStep["kernels"] | undefined {
  if (typeof gradient === "number") return convolution.kernels(undefined);
  const [n, channels, ...spatial] = gradient.constant.axes;
  const isConstant = n === undefined && spatial.every((profile) => profile === undefined);
  return isConstant && isForgotten(gradient) ? convolution.kernels(channels) : undefined;
}
