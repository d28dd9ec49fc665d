/**
 * @file Flow through chains of blocks on square maps of which all channels carry one field and rows are as columns: a field is then
 * a logarithm and one profile, and a search over sizes, which scores tens of thousands of such chains, is spared the objects
 * that `flow.ts` makes of fields. What is tallied is the same, to the last bit.
 */

import type { Field } from "./field.js";
import type { LayerFlow, LayerWeights, SquareConvolution, Tally } from "./flow-rule.js";
import { CONSTANT, Tape } from "./tape.js";

/** A step of a program; all kinds have one form, so that the engine meets one. */
export interface SquareStep {
  /** `constant`: whatever profile comes in, what comes out is constant, forth and back; attention, pooling and the classifier. */
  readonly kind: "convolution" | "sum" | "constant";
  readonly input: number;
  readonly output: number;
  /** Of a sum. */
  readonly inputs: readonly number[];
  /** Length of the profiles that are added up where gradients of the input meet; of a sum, of all its terms. */
  readonly side: number;
  readonly convolution: SquareConvolution | undefined;
  /** Kernels of a convolution by the logarithm of what the channels of its gradient are worth. */
  readonly kernels: readonly { readonly log: number; readonly count: number }[];
  readonly rule: LayerFlow | undefined;
  /** Of the constant fields that the rule is run on. */
  readonly axes: Field["axes"];
  readonly gradientAxes: Field["axes"];
}

/** The flow of a block on square maps; fields are numbered. */
export interface SquareProgram {
  readonly steps: readonly SquareStep[];
  readonly unreached: readonly LayerWeights[];
  readonly input: number;
  readonly output: number;
  readonly slots: number;
  /** Profiles that a pass forth and back puts on the tape at most, and their numbers together. */
  readonly profiles: number;
  readonly numbers: number;
}

/** Stands for a profile where a field is zero everywhere and has no logarithm. */
const NOTHING = -1;

const tape = new Tape();

/** Makes ready for maps of a side; not while a flow is under way. */
export function reserveSide(side: number): void {
  tape.reserveConstant(side);
}

/** Fields by their number: logarithm of the mean, and where the profile is on the tape. */
class Fields {
  logs = new Float64Array(1024);
  profiles = new Int32Array(1024);

  begin(count: number): void {
    if (count > this.logs.length) {
      this.logs = new Float64Array(2 * count);
      this.profiles = new Int32Array(2 * count);
    }
    this.profiles.fill(NOTHING, 0, count);
  }

  put(at: number, log: number, profile: number): void {
    this.logs[at] = log;
    this.profiles[at] = profile;
  }

  /** Adds a field to what is there, by their marginals; `sumOfTwo` of fields. */
  add(at: number, log: number, profile: number, side: number): void {
    if (profile === NOTHING) return;
    const there = this.profiles[at] ?? NOTHING;
    if (there === NOTHING) {
      this.put(at, log, profile);
      return;
    }
    const logThere = this.logs[at] ?? 0;
    const top = Math.max(logThere, log);
    const weightThere = logThere === top ? 1 : Math.exp(logThere - top);
    const weight = log === top ? 1 : Math.exp(log - top);
    const both = weightThere + weight;
    this.logs[at] = top + Math.log(both);
    if (there === profile) return;
    this.profiles[at] = tape.mixture(there, weightThere / both, profile, weight / both, side);
  }

  profileAt(at: number): number {
    return this.profiles[at] ?? NOTHING;
  }

  logAt(at: number): number {
    return this.logs[at] ?? 0;
  }
}

const signals = new Fields();
const gradients = new Fields();

/** Overlaps of a kernel's taps, by how many there are; the tally keeps none. */
const overlapsByTaps = new Map<number, number[]>();

function overlapsOf(taps: number): number[] {
  const known = overlapsByTaps.get(taps);
  if (known !== undefined) return known;
  const fresh = new Array<number>(taps).fill(0.5);
  overlapsByTaps.set(taps, fresh);
  return fresh;
}

/** `flowThrough`, where all programs are of square maps. */
export function squareFlowThrough(
  programs: readonly SquareProgram[],
  tally: Tally,
  onProgram?: (index: number) => void,
): void {
  let slots = 0;
  let profiles = 0;
  let numbers = 0;
  for (const program of programs) {
    slots += program.slots;
    profiles += program.profiles;
    numbers += program.numbers;
  }
  tape.begin(profiles, numbers);
  signals.begin(slots);
  gradients.begin(slots);
  let base = 0;
  let log = 0;
  let profile = CONSTANT;
  for (const program of programs) {
    signals.put(base + program.input, log, profile);
    for (const step of program.steps) forward(step, base);
    log = signals.logAt(base + program.output);
    profile = signals.profileAt(base + program.output);
    base += program.slots;
  }
  log = 0;
  profile = CONSTANT;
  for (let at = programs.length - 1; at >= 0; at--) {
    const program = programs[at];
    if (program === undefined) continue;
    onProgram?.(at);
    base -= program.slots;
    for (const weights of program.unreached) tally.addUnreached(weights);
    gradients.put(base + program.output, log, profile);
    for (let i = program.steps.length - 1; i >= 0; i--) backward(program.steps[i] as SquareStep, base, tally);
    log = gradients.logAt(base + program.input);
    profile = gradients.profileAt(base + program.input);
  }
}

function forward(step: SquareStep, base: number): void {
  const to = base + step.output;
  if (step.kind === "sum") {
    for (const input of step.inputs) {
      signals.add(to, signals.logAt(base + input), signals.profileAt(base + input), step.side);
    }
    return;
  }
  const from = base + step.input;
  const profile = signals.profileAt(from);
  const log = signals.logAt(from);
  const { convolution } = step;
  if (convolution === undefined) {
    const field = profile === NOTHING ? undefined : { log, axes: step.axes };
    const result = step.rule?.forward(field);
    if (result !== undefined) signals.put(to, result.log, CONSTANT);
  } else if (profile !== NOTHING) {
    const { signalGain, window } = convolution;
    if (convolution.bends) {
      const sums = tape.windowSums(profile, window);
      const gain = signalGain * tape.mean * tape.mean;
      if (gain !== 0) signals.put(to, log + Math.log(gain), sums);
    } else {
      signals.put(to, log + convolution.logSignalGain, profile);
    }
  }
}

function backward(step: SquareStep, base: number, tally: Tally): void {
  const from = base + step.output;
  const log = gradients.logAt(from);
  const profile = gradients.profileAt(from);
  if (step.kind === "sum") {
    for (const input of step.inputs) gradients.add(base + input, log, profile, step.side);
    return;
  }
  const to = base + step.input;
  const { convolution } = step;
  const logOfSignal = signals.logAt(to);
  const signal = signals.profileAt(to);
  if (convolution === undefined) {
    const result = step.rule?.backward(
      signal === NOTHING ? undefined : { log: logOfSignal, axes: step.axes },
      profile === NOTHING ? undefined : { log, axes: step.gradientAxes },
      tally,
    );
    if (result !== undefined) gradients.add(to, result.log, CONSTANT, step.side);
    return;
  }
  const { window, weights } = convolution;
  if (signal === NOTHING || profile === NOTHING) {
    tally.addUnreached(weights);
  } else {
    const overlaps = overlapsOf(window.taps);
    tape.overlaps(signal, profile, window, overlaps);
    for (const { log: logOfChannels, count } of step.kernels) {
      tally.add(weights.magnitude, count, logOfSignal + log + logOfChannels, overlaps, overlaps);
    }
  }
  if (profile === NOTHING) return;
  if (convolution.bends) {
    const spread = tape.windowSpread(profile, window);
    const gain = convolution.gradientGain * tape.mean * tape.mean;
    if (gain !== 0) gradients.add(to, log + Math.log(gain), spread, step.side);
  } else {
    gradients.add(to, log + convolution.logGradientGain, profile, step.side);
  }
}
