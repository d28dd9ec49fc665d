/**
 * @file AveragePool in two dimensions. https://onnx.ai/onnx/operators/onnx__AveragePool.html
 *
 * Flow: along each axis a window's sum over the number of positions that it counts.
 */

import { GraphError } from "../../errors.js";
import { type MaybeField, normalised, type Profile, scaled } from "../field.js";
import { featureMap, type Operator, operand } from "../operator.js";
import { outputLength, type Window, type WindowAttributes, windowOf, windowSpread, windowSums } from "./window.js";

export interface AveragePoolAttributes extends Omit<WindowAttributes, "dilations"> {
  /** 1: padding counts as zeros; 0: only what lies inside the map is averaged. */
  readonly count_include_pad: number;
}

function windowsOf(attributes: AveragePoolAttributes): readonly [Window, Window] {
  const undilated = { ...attributes, dilations: [1, 1] };
  return [windowOf(undilated, 0), windowOf(undilated, 1)];
}

/** What one axis does to a profile: sums over windows, each divided by what its window counts. */
function pooledAxis(length: number, out: number, window: Window, countPad: boolean) {
  const counts = countPad ? new Float64Array(out).fill(window.taps) : windowSums(undefined, length, window, out);
  return {
    forward: (profile: Profile) =>
      normalised(windowSums(profile, length, window, out).map((sum, o) => sum / (counts[o] ?? 1))),
    backward: (gradient: Profile) =>
      normalised(
        windowSpread(
          counts.map((n, o) => (gradient?.[o] ?? 1) / n),
          length,
          window,
          out,
        ),
      ),
  };
}

export const AveragePool: Operator<AveragePoolAttributes> = {
  attributeTypes: { kernel_shape: "ints", strides: "ints", pads: "ints", count_include_pad: "int" },
  defaults: () => ({ kernel_shape: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], count_include_pad: 0 }),
  shape: (inputs, attributes) => {
    const [n, channels, height, width] = featureMap(operand(inputs, 0, "a feature map"));
    const [rows, columns] = windowsOf(attributes);
    for (const { taps, before, after } of [rows, columns]) {
      if (Math.max(before, after) >= taps) throw new GraphError("a window lies in the padding alone");
    }
    const [outHeight, outWidth] = [outputLength(height, rows), outputLength(width, columns)];
    if (outHeight < 1 || outWidth < 1) throw new GraphError("the kernel is larger than the padded input");
    return [[n, channels, outHeight, outWidth]];
  },
  flow: ({ inputs, outputs, attributes }) => {
    const [, , height, width] = featureMap(operand(inputs, 0, "a feature map"));
    const [, , outHeight, outWidth] = featureMap({ shape: outputs[0] ?? [] });
    const [rowWindow, columnWindow] = windowsOf(attributes);
    const countPad = attributes.count_include_pad === 1;
    const rows = pooledAxis(height, outHeight, rowWindow, countPad);
    const columns = pooledAxis(width, outWidth, columnWindow, countPad);
    const through = (field: MaybeField, direction: "forward" | "backward"): MaybeField => {
      const byRow = rows[direction](field?.axes[2]);
      const byColumn = columns[direction](field?.axes[3]);
      if (field === undefined || byRow === undefined || byColumn === undefined) return undefined;
      const axes = [undefined, field.axes[1], byRow.profile, byColumn.profile];
      return scaled({ log: field.log, axes }, byRow.mean * byColumn.mean);
    };
    return {
      forward: ([x]) => [through(x, "forward")],
      backward: (_, [g]) => [through(g, "backward")],
    };
  },
};
