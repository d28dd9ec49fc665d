/** @file What an operator knows of flow: how one node passes the linearised network's signal and gradient. */

import type { MaybeField, Profile } from "./field.js";
import type { Initialisation, Parameter } from "./graph.js";
import type { TapeWindow } from "./tape.js";

/** Normalisation layers as the identity, or as division by the mean field over the axes that they normalise. */
export type NormalisationFlow = "identity" | "divide";

/** Receives the gradients of weights, layer by layer. */
export interface Tally {
  /**
   * `count` times a kernel of weights of expected magnitude `magnitude`, whose tap `(i, j)` has the gradient
   * `exp(log) * rows[i] * columns[j]`. Rows and columns of a square kernel on a square image are one object.
   */
  add(magnitude: number, count: number, log: number, rows: readonly number[], columns: readonly number[]): void;
  /** LayerWeights that no gradient reaches, as those of query and key. */
  addUnreached(weights: LayerWeights): void;
}

/** The weights of a layer. */
export interface LayerWeights {
  /** Expected. */
  readonly magnitude: number;
  /** How many there are. */
  readonly count: number;
}

/** What passes one signal: fields of a node's other operands are no matter. */
export interface LayerFlow {
  readonly kind: "layer";
  /** Which operand the signal is; the first, where it is absent. */
  readonly operand?: number;
  readonly weights?: LayerWeights;
  forward(signal: MaybeField): MaybeField;
  backward(signal: MaybeField, gradient: MaybeField, tally: Tally): MaybeField;
  /** The axes of the input in the order that they are put into, where that is all that the layer does. */
  readonly permutation?: readonly number[];
  /** Of a convolution whose rows are as its columns. */
  readonly square?: SquareConvolution;
}

/** A convolution on square maps of which all channels carry one field and rows are as columns. */
export interface SquareConvolution {
  readonly window: TapeWindow;
  /** False where each position is by itself. */
  readonly bends: boolean;
  readonly weights: LayerWeights;
  /** What mixing channels multiplies signals and gradients by, and their logarithms. */
  readonly signalGain: number;
  readonly gradientGain: number;
  readonly logSignalGain: number;
  readonly logGradientGain: number;
  /** Kernels by the logarithm of what the channels of a gradient are worth; undefined where that hangs on groups. */
  kernels(channels: Profile): readonly { readonly log: number; readonly count: number }[] | undefined;
}

/** What several signals go into, or come out of, in another way than a sum. Fields of operands that are no activations are `undefined`. */
export interface JunctionFlow {
  readonly kind: "junction";
  forward(signals: readonly MaybeField[]): readonly MaybeField[];
  backward(signals: readonly MaybeField[], gradients: readonly MaybeField[], tally: Tally): readonly MaybeField[];
  /** The same for one signal and one output alone, where that is less work. */
  narrowed?(to: Narrowing): LayerFlow;
}

/** What is left of a junction of which one operand brings a signal and one output is gone on with. */
export interface Narrowing {
  /** Which operand brings the signal. */
  readonly operand: number;
  /** Which output is gone on with. */
  readonly output: number;
  /** The fields of the operands, the signal's left out: those of sources, and none of what is no activation. */
  readonly fields: readonly MaybeField[];
}

/** What gives a field of its own, whatever goes in, and so passes no gradient. */
export interface SourceFlow {
  readonly kind: "source";
  readonly field: MaybeField;
}

/** A sum of all signals, each of which the gradient goes back to. */
export interface SumFlow {
  readonly kind: "sum";
}

/** How one node passes signal and gradient. */
export type FlowRule = LayerFlow | SumFlow | JunctionFlow | SourceFlow;

/** Expected magnitude of a parameter's values: of the random draw, or the mean of those that a file has brought. */
export function expectedMagnitude({ initialisation, values }: Parameter): number {
  return values === undefined ? initialMagnitude(initialisation) : meanMagnitude(values);
}

export function meanMagnitude(values: Float32Array | readonly number[]): number {
  let total = 0;
  for (const value of values) total += Math.abs(value);
  return total / values.length;
}

function initialMagnitude(initialisation: Initialisation): number {
  switch (initialisation.kind) {
    case "normal":
      return initialisation.std * Math.sqrt(2 / Math.PI);
    case "ones":
      return 1;
    case "zeros":
      return 0;
    case "given":
      throw new Error("a given parameter has values");
  }
}

/** Carries no signal: its value hangs on shapes, constants and parameters alone. */
export const silent: SourceFlow = { kind: "source", field: undefined };

/** The identity: the first operand's signal and gradient pass unchanged. A program has no step for it. */
export const passes: LayerFlow = {
  kind: "layer",
  forward: (x) => x,
  backward: (_, g) => g,
};
