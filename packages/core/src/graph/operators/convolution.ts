/**
 * @file Conv and ConvTranspose in two dimensions: strides, zero padding, dilation, groups.
 * https://onnx.ai/onnx/operators/onnx__Conv.html, https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 *
 * Flow: along each spatial axis the weights' expectation is a box, so that a profile is summed over a window; taps'
 * gradients are the overlap of the incoming profile, shifted by the tap, with the outgoing gradient. A transposed convolution is
 * a convolution whose signal goes the way of the gradient.
 */

import { GraphError } from "../../base/errors.js";
import { type Field, type MaybeField, normalise, type Profile, scaled } from "../field.js";
import { expectedMagnitude, type LayerFlow, type LayerWeights, type Tally } from "../flow-rule.js";
import { at, ofOutput } from "../gradient-rule.js";
import { elements, type Shape } from "../graph.js";
import { featureMap, isSameShape, type Operand, type Operator, operand, type Site, show } from "../operator.js";
import { transposed, weightGradient } from "./convolution-gradient.js";
import {
  isTwin,
  outputLength,
  tapOverlaps,
  type Window,
  type WindowAttributes,
  windowOf,
  windowSpread,
  windowSums,
} from "./window.js";

/** Of a convolution. */
export interface ConvAttributes extends WindowAttributes {
  /** Groups of channels. */
  readonly group: number;
}

function convShape(inputs: readonly Operand[], attributes: ConvAttributes): readonly Shape[] {
  const [n, channels, height, width] = featureMap(operand(inputs, 0, "a feature map"));
  const weight = operand(inputs, 1, "a weight [out, in/groups, kh, kw]").shape;
  const [out, perGroup] = featureMap({ shape: weight });
  const bias = inputs[2]?.shape;
  const { group, kernel_shape } = attributes;
  if (channels !== perGroup * group || out % group !== 0) {
    throw new GraphError(`${channels} and ${out} channels do not fit the weight with group ${group}`);
  }
  if (!isSameShape(kernel_shape, weight.slice(2))) {
    throw new GraphError(`kernel_shape ${show(kernel_shape)} is not that of the weight`);
  }
  if (bias !== undefined && !isSameShape(bias, [out])) {
    throw new GraphError(`the bias does not fit ${out} output channels`);
  }
  const rows = outputLength(height, windowOf(attributes, 0));
  const columns = outputLength(width, windowOf(attributes, 1));
  if (rows < 1 || columns < 1) throw new GraphError("the kernel is larger than the padded input");
  return [[n, out, rows, columns]];
}

/** Mean of each group's channels, repeated for the `perGroup` channels on the other side of the convolution. */
function acrossGroups(profile: Profile, groups: number, perGroup: number): Profile {
  if (profile === undefined || groups === 1) return undefined;
  const size = profile.length / groups;
  const result: number[] = [];
  for (let g = 0; g < groups; g++) {
    let sum = 0;
    for (let c = g * size; c < (g + 1) * size; c++) sum += profile[c] ?? 0;
    for (let c = 0; c < perGroup; c++) result.push(sum / size);
  }
  return result;
}

/** How many values of a stretch of a profile are equal. */
function histogram(profile: Profile, start: number, length: number): ReadonlyMap<number, number> {
  if (profile === undefined) return new Map([[1, length]]);
  const counts = new Map<number, number>();
  // Channels come in runs of equal values, such as the parts of a concatenation.
  for (let i = start, next = start; i < start + length; i = next) {
    const value = profile[i] ?? 0;
    do next++;
    while (next < start + length && profile[next] === value);
    counts.set(value, (counts.get(value) ?? 0) + next - i);
  }
  return counts;
}

/** Kernels between channels whose product of input and gradient is one and the same. */
interface ChannelPairs {
  readonly factor: number;
  /** How many kernels. */
  readonly count: number;
}

/** What is mixed within groups: channels in, channels out. */
interface Mixing {
  readonly channels: number;
  readonly out: number;
  readonly groups: number;
}

/**
 * Gives each distinct product of input and gradient channel within a group, by their profiles. The last are kept for the same
 * profiles: those of attention's values are the same for every candidate.
 */
export function channelPairs({ channels, out, groups }: Mixing): (x: Profile, g: Profile) => readonly ChannelPairs[] {
  const inPerGroup = channels / groups;
  const outPerGroup = out / groups;
  const ofConstants: readonly ChannelPairs[] = [{ factor: 1, count: channels * outPerGroup }];
  let last: { readonly x: Profile; readonly g: Profile; readonly pairs: readonly ChannelPairs[] } | undefined;

  function pairsOf(x: Profile, g: Profile): readonly ChannelPairs[] {
    const pairs: ChannelPairs[] = [];
    for (let group = 0; group < groups; group++) {
      const outs = histogram(g, group * outPerGroup, outPerGroup);
      for (const [a, times] of histogram(x, group * inPerGroup, inPerGroup)) {
        for (const [b, count] of outs) pairs.push({ factor: a * b, count: times * count });
      }
    }
    return pairs;
  }

  return (x, g) => {
    if (x === undefined && g === undefined) return ofConstants;
    if (last === undefined || last.x !== x || last.g !== g) last = { x, g, pairs: pairsOf(x, g) };
    return last.pairs;
  };
}

/** One spatial axis of a convolution, on which `length` positions become `out`. */
interface SpatialAxis {
  readonly length: number;
  readonly out: number;
  readonly window: Window;
}

function isPointwise({ window: { taps, stride, before, after }, length, out }: SpatialAxis): boolean {
  return taps === 1 && stride === 1 && before === 0 && after === 0 && length === out;
}

/** The sums that a direction of the flow makes of a profile along an axis, which are not yet of mean 1. */
function sumsAlong(
  { length, out, window }: SpatialAxis,
  profile: Profile,
  direction: "forward" | "backward",
): number[] {
  return direction === "forward"
    ? windowSums(profile, length, window, out)
    : windowSpread(profile, length, window, out);
}

function overlapsAlong({ length, out, window }: SpatialAxis, signal: Profile, gradient: Profile): readonly number[] {
  return tapOverlaps(signal, gradient, length, window, out);
}

/** The flow of a convolution, and its parts, of which a transposed one is made. */
interface ConvolutionFlow extends LayerFlow {
  readonly weights: LayerWeights;
  gradientOf(g: MaybeField): MaybeField;
  tallyWeights(x: Field, g: Field, tally: Tally): void;
}

function convFlow({ inputs, outputs, attributes }: Site<ConvAttributes>): ConvolutionFlow {
  const [, channels, height, width] = featureMap(operand(inputs, 0, "a feature map"));
  const { parameter } = operand(inputs, 1, "a weight");
  const [, out, outHeight, outWidth] = featureMap({ shape: outputs[0] ?? [] });
  if (parameter === undefined) throw new GraphError("flow needs a weight that is a parameter");
  const { group } = attributes;
  const magnitude = expectedMagnitude(parameter);
  const rows: SpatialAxis = { length: height, out: outHeight, window: windowOf(attributes, 0) };
  const columns: SpatialAxis = { length: width, out: outWidth, window: windowOf(attributes, 1) };
  const square = height === width && outHeight === outWidth && isTwin(rows.window, columns.window);
  const bends = !isPointwise(rows) || !isPointwise(columns);
  const weights = { magnitude, count: elements(parameter.shape) };
  const [inPerGroup, outPerGroup] = [channels / group, out / group];
  const kernels = channels * outPerGroup;
  const pairsOf = channelPairs({ channels, out, groups: group });
  const signalGain = inPerGroup * magnitude;
  const gradientGain = outPerGroup * magnitude;
  const [logSignalGain, logGradientGain] = [Math.log(signalGain), Math.log(gradientGain)];

  function bent({ log, axes }: Field, gain: number, c: Profile, direction: "forward" | "backward"): MaybeField {
    const byRow = sumsAlong(rows, axes[2], direction);
    const rowMean = normalise(byRow);
    const isSame = square && axes[2] === axes[3];
    const byColumn = isSame ? byRow : sumsAlong(columns, axes[3], direction);
    const columnMean = isSame ? rowMean : normalise(byColumn);
    return scaled({ log, axes: [undefined, c, byRow, byColumn] }, gain * rowMean * columnMean);
  }

  function forward(x: MaybeField): MaybeField {
    if (x === undefined || magnitude === 0) return undefined;
    const c = acrossGroups(x.axes[1], group, outPerGroup);
    return bends ? bent(x, signalGain, c, "forward") : passed(x, logSignalGain, c);
  }

  function gradientOf(g: MaybeField): MaybeField {
    if (g === undefined || magnitude === 0) return undefined;
    const c = acrossGroups(g.axes[1], group, inPerGroup);
    return bends ? bent(g, gradientGain, c, "backward") : passed(g, logGradientGain, c);
  }

  function tallyWeights(x: Field, g: Field, tally: Tally): void {
    const byRow = overlapsAlong(rows, x.axes[2], g.axes[2]);
    const isSame = square && x.axes[2] === x.axes[3] && g.axes[2] === g.axes[3];
    const byColumn = isSame ? byRow : overlapsAlong(columns, x.axes[3], g.axes[3]);
    const log = x.log + g.log;
    if (x.axes[1] === undefined && g.axes[1] === undefined) {
      tally.add(magnitude, kernels, log, byRow, byColumn);
      return;
    }
    for (const { factor, count } of pairsOf(x.axes[1], g.axes[1])) {
      tally.add(magnitude, count, log + Math.log(factor), byRow, byColumn);
    }
  }

  /** Kernels to which the gradient's channels come back, for a signal that is the same in all channels. */
  function kernelsBy(g: Profile) {
    if (g === undefined) return [{ log: 0, count: kernels }];
    return group === 1
      ? pairsOf(undefined, g).map(({ factor, count }) => ({ log: Math.log(factor), count }))
      : undefined;
  }

  const { before, stride, taps, dilation } = rows.window;
  return {
    kind: "layer",
    weights,
    ...(square &&
      magnitude > 0 && {
        square: {
          window: { length: height, out: outHeight, taps, stride, before, dilation },
          bends,
          weights,
          signalGain,
          gradientGain,
          logSignalGain,
          logGradientGain,
          kernels: kernelsBy,
        },
      }),
    forward,
    gradientOf,
    tallyWeights,
    backward: (x, g, tally) => {
      if (x === undefined || g === undefined) tally.addUnreached(weights);
      else tallyWeights(x, g, tally);
      return gradientOf(g);
    },
  };
}

/** What a 1 x 1 convolution gives, which bends nothing. */
function passed({ log, axes }: Field, logGain: number, channels: Profile): Field {
  return { log: log + logGain, axes: channels === axes[1] ? axes : axes.with(1, channels) };
}

export const Conv: Operator<ConvAttributes> = {
  attributeTypes: { kernel_shape: "ints", strides: "ints", pads: "ints", dilations: "ints", group: "int" },
  defaults: (inputs) => ({
    kernel_shape: operand(inputs, 1, "a weight [out, in/groups, kh, kw]").shape.slice(2),
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    group: 1,
  }),
  shape: convShape,
  macs: ({ inputs, outputs }) => elements(outputs[0] ?? []) * elements(operand(inputs, 1, "a weight").shape.slice(1)),
  flow: convFlow,
  gradient: ofOutput((g, { b, inputs, attributes }) => {
    const [x, weight] = [at(inputs, 0), at(inputs, 1)];
    return [
      () => transposed(b, g, weight, x.shape.slice(2), attributes),
      () => weightGradient(b, x, g, weight, attributes),
      () => b.sumAway(g, [0, 2, 3]),
    ];
  }),
};

/** Of a transposed convolution. */
export interface ConvTransposeAttributes extends ConvAttributes {
  /** Rows and columns that are added at the end, which no window need reach. */
  readonly output_padding: readonly number[];
}

export const ConvTranspose: Operator<ConvTransposeAttributes> = {
  attributeTypes: { ...Conv.attributeTypes, output_padding: "ints" },
  defaults: (inputs) => ({ ...Conv.defaults(inputs), output_padding: [0, 0] }),
  shape: (inputs, attributes) => {
    const [n, channels, height, width] = featureMap(operand(inputs, 0, "a feature map"));
    const weight = operand(inputs, 1, "a weight [in, out/groups, kh, kw]").shape;
    const [into, outPerGroup] = featureMap({ shape: weight });
    const { group, kernel_shape, output_padding } = attributes;
    if (channels !== into || !(group >= 1) || channels % group !== 0) {
      throw new GraphError(`${channels} channels do not fit the weight with group ${group}`);
    }
    if (!isSameShape(kernel_shape, weight.slice(2))) {
      throw new GraphError(`kernel_shape ${show(kernel_shape)} is not that of the weight`);
    }
    const out = outPerGroup * group;
    const bias = inputs[2]?.shape;
    if (bias !== undefined && !isSameShape(bias, [out])) {
      throw new GraphError(`the bias does not fit ${out} output channels`);
    }
    const [rows, columns] = ([0, 1] as const).map((axis) => {
      const { taps, stride, before, after, dilation } = windowOf(attributes, axis);
      const added = output_padding[axis] ?? Number.NaN;
      if (!(added >= 0)) throw new GraphError(`output_padding ${show(output_padding)} needs whole numbers from 0`);
      return stride * ((axis === 0 ? height : width) - 1) + added + dilation * (taps - 1) + 1 - before - after;
    });
    if (!(rows !== undefined && rows >= 1 && columns !== undefined && columns >= 1)) {
      throw new GraphError("padding takes all of the output");
    }
    return [[n, out, rows, columns]];
  },
  macs: ({ inputs }) =>
    elements(operand(inputs, 0, "a feature map").shape) * elements(operand(inputs, 1, "a weight").shape.slice(1)),
  // The gradient goes the way of a convolution's signal. What output_padding adds has seen no tap of a last position.
  gradient: ofOutput((g, { b, inputs, attributes: { output_padding: _, ...attributes } }) => {
    const [x, weight] = [at(inputs, 0), at(inputs, 1)];
    return [
      () => {
        const all = b.node("Conv", [g, weight], attributes);
        return b.slice(all, [0, 0, 0, 0], x.shape);
      },
      () => weightGradient(b, g, x, weight, attributes),
      () => b.sumAway(g, [0, 2, 3]),
    ];
  }),
  flow: ({ inputs, outputs: [output = []], attributes }) => {
    const [, ...parameters] = inputs;
    const { forward, gradientOf, tallyWeights, weights } = convFlow({
      inputs: [{ shape: output }, ...parameters],
      outputs: [operand(inputs, 0, "a feature map").shape],
      attributes,
    });
    return {
      kind: "layer",
      weights,
      forward: gradientOf,
      backward: (x, g, tally) => {
        if (x === undefined || g === undefined) tally.addUnreached(weights);
        else tallyWeights(g, x, tally);
        return forward(g);
      },
    };
  },
};
