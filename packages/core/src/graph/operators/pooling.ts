/**
 * @file Pooling in two dimensions: AveragePool and MaxPool, which see what lies inside the map alone, unless the average
 * counts padding as zeros. https://onnx.ai/onnx/operators/onnx__MaxPool.html
 *
 * Flow: a field is separable and nowhere negative, so that a window's average is the product of the averages along its two
 * axes, and its maximum that of their maxima. The gradient of a maximum goes to where it is, in equal shares where several
 * positions hold it: which of them an engine would choose is an accident, and in the expectation fields are constant but
 * for their borders.
 */

import { GraphError } from "../../base/errors.js";
import type { Arithmetic } from "../arithmetic.js";
import type { Tensor } from "../builder.js";
import { filled, type MaybeField, normalise, type Profile, scaled } from "../field.js";
import type { FlowRule } from "../flow-rule.js";
import { at, ofOutput } from "../gradient-rule.js";
import { elements } from "../graph.js";
import { featureMap, type Operand, type Operator, operand, type Site } from "../operator.js";
import { transposed } from "./convolution-gradient.js";
import {
  isTwin,
  maximaSpread,
  outputLength,
  type Window,
  type WindowAttributes,
  windowMaxima,
  windowOf,
  windowSpread,
  windowSums,
} from "./window.js";

/** Of `MaxPool`. */
export type MaxPoolAttributes = Omit<WindowAttributes, "dilations">;

/** Of `AveragePool`. */
export interface AveragePoolAttributes extends MaxPoolAttributes {
  /** 1: padding counts as zeros; 0: only what lies inside the map is averaged. */
  readonly count_include_pad: number;
}

function windowsOf(attributes: MaxPoolAttributes): readonly [Window, Window] {
  const undilated = { ...attributes, dilations: [1, 1] };
  return [windowOf(undilated, 0), windowOf(undilated, 1)];
}

function pooledShape(inputs: readonly Operand[], attributes: MaxPoolAttributes) {
  const [n, channels, height, width] = featureMap(operand(inputs, 0, "a feature map"));
  const [rows, columns] = windowsOf(attributes);
  for (const { taps, before, after } of [rows, columns]) {
    if (Math.max(before, after) >= taps) throw new GraphError("a window lies in the padding alone");
  }
  const [outHeight, outWidth] = [outputLength(height, rows), outputLength(width, columns)];
  if (outHeight < 1 || outWidth < 1) throw new GraphError("the kernel is larger than the padded input");
  return [[n, channels, outHeight, outWidth]];
}

/** What pooling does along one axis: to a profile, and to the gradient that comes back to that profile. */
interface PooledAxis {
  forward(profile: Profile): number[] | undefined;
  backward(gradient: Profile, profile: Profile): number[];
}

type PooledAxisOf = (length: number, out: number, window: Window) => PooledAxis;

function pooledFlow({ inputs, outputs, attributes }: Site<MaxPoolAttributes>, axisOf: PooledAxisOf): FlowRule {
  const [, , height, width] = featureMap(operand(inputs, 0, "a feature map"));
  const [, , outHeight, outWidth] = featureMap({ shape: outputs[0] ?? [] });
  const [rowWindow, columnWindow] = windowsOf(attributes);
  const square = height === width && isTwin(rowWindow, columnWindow);
  const rows = axisOf(height, outHeight, rowWindow);
  const columns = square ? rows : axisOf(width, outWidth, columnWindow);

  function through(
    field: MaybeField,
    along: (axis: PooledAxis, at: 2 | 3) => number[] | undefined,
    same: boolean,
  ): MaybeField {
    if (field === undefined) return undefined;
    const byRow = along(rows, 2);
    const rowMean = byRow === undefined ? 1 : normalise(byRow);
    const byColumn = same ? byRow : along(columns, 3);
    const columnMean = same ? rowMean : byColumn === undefined ? 1 : normalise(byColumn);
    return scaled({ log: field.log, axes: [undefined, field.axes[1], byRow, byColumn] }, rowMean * columnMean);
  }

  const isSquare = (field: MaybeField) => square && field?.axes[2] === field?.axes[3];
  return {
    kind: "layer",
    forward: (x) => through(x, (axis, at) => axis.forward(x?.axes[at]), isSquare(x)),
    backward: (x, g) => through(g, (axis, at) => axis.backward(g?.axes[at], x?.axes[at]), isSquare(x) && isSquare(g)),
  };
}

/** Sums over windows, each divided by what its window counts. */
function averagedAxis(countPad: boolean): PooledAxisOf {
  return (length, out, window) => {
    const counts = countPad ? filled(out, window.taps) : windowSums(undefined, length, window, out);
    /** Divides by what each window counts, in place. */
    const averaged = (sums: number[]): number[] => {
      for (let o = 0; o < out; o++) sums[o] = (sums[o] ?? 0) / (counts[o] ?? 1);
      return sums;
    };
    return {
      forward: (profile) =>
        profile === undefined && !countPad ? undefined : averaged(windowSums(profile, length, window, out)),
      backward: (gradient) =>
        windowSpread(averaged(gradient === undefined ? filled(out, 1) : [...gradient]), length, window, out),
    };
  };
}

const maximalAxis: PooledAxisOf = (length, out, window) => {
  const flat = filled(length, 1);
  return {
    forward: (profile) => profile && windowMaxima(profile, window, out),
    backward: (gradient, profile = flat) => maximaSpread(gradient, profile, window, out),
  };
};

/** One over what each window counts, `[rows, columns]`, or one number for all. */
function sharesOf(b: Arithmetic, { shape }: Tensor, lengths: readonly number[], attributes: AveragePoolAttributes) {
  if (attributes.count_include_pad) return 1 / elements(attributes.kernel_shape);
  const [rows = [], columns = []] = windowsOf(attributes).map((window, axis) =>
    windowSums(undefined, lengths[axis] ?? 1, window, shape[axis + 2] ?? 1),
  );
  const shares = rows.flatMap((m) => columns.map((n) => 1 / (m * n)));
  return shares.every((share) => share === shares[0]) ? (shares[0] ?? 1) : b.constant(shares, shape.slice(2));
}

export const AveragePool: Operator<AveragePoolAttributes> = {
  attributeTypes: { kernel_shape: "ints", strides: "ints", pads: "ints", count_include_pad: "int" },
  defaults: () => ({ kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], count_include_pad: 0 }),
  shape: pooledShape,
  gradient: ofOutput((g, { b, inputs, attributes }) => [
    () => {
      const { shape } = at(inputs, 0);
      const [n, channels, height, width] = featureMap({ shape });
      const shares = b.mul(g, sharesOf(b, g, [height, width], attributes));
      // Each channel by itself: a transposed convolution of planes with a kernel of ones.
      const planes = b.reshape(shares, [n * channels, 1, ...g.shape.slice(2)]);
      const { kernel_shape } = attributes;
      const kernel = b.expand(1, [1, 1, ...kernel_shape]);
      return b.reshape(
        transposed(b, planes, kernel, [height, width], { ...attributes, dilations: [1, 1], group: 1 }),
        shape,
      );
    },
  ]),
  flow: (site) => pooledFlow(site, averagedAxis(site.attributes.count_include_pad === 1)),
};

/** Its second output, the indices of the maxima, is there for its gradient. */
export const MaxPool: Operator<MaxPoolAttributes> = {
  attributeTypes: { kernel_shape: "ints", strides: "ints", pads: "ints" },
  defaults: () => ({ kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] }),
  saves: 1,
  shape: (inputs, attributes, outputs) => {
    const [shape = []] = pooledShape(inputs, attributes);
    return [shape, shape].slice(0, outputs);
  },
  // Indices count elements of the whole tensor. Of equal maxima the first has the gradient, as in PyTorch.
  gradient: ofOutput((g, { b, inputs, outputs }) => [
    () => {
      const [x, indices] = [at(inputs, 0), at(outputs, 1)];
      const flat = (t: Tensor) => b.reshape(t, [elements(t.shape)]);
      const scattered = [b.expand(0, [elements(x.shape)]), flat(indices), flat(g)];
      return b.reshape(b.node("ScatterElements", scattered, { axis: 0, reduction: "add" }), x.shape);
    },
  ]),
  flow: (site) => pooledFlow(site, maximalAxis),
};
