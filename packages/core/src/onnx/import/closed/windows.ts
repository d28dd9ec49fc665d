/** @file Convolutions and pooling in two dimensions, with the padding as numbers, where a file says `SAME` or rounds windows up. */

import type { NodeProto } from "onnx-buf";
import { intOf, intsOf, textOf } from "../file/attributes.js";
import { exactly, type Form, given, type Surroundings } from "./form.js";

interface Windowed {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

/** Padding as numbers, where the file says `SAME`, or rounds windows up; `undefined` for other than two spatial axes. */
function windowOf(node: NodeProto, around: Surroundings, kernel: readonly number[] | undefined): Windowed | undefined {
  const input = around.shape(node.input[0] ?? "")?.slice(2);
  const output = around.shape(node.output[0] ?? "")?.slice(2);
  if (input?.length !== 2 || output?.length !== 2 || kernel?.length !== 2) return undefined;
  const strides = intsOf(node, "strides") ?? [1, 1];
  const dilations = intsOf(node, "dilations") ?? [1, 1];
  const mode = textOf(node, "auto_pad", "NOTSET");
  const written = mode === "NOTSET" || mode === "" ? intsOf(node, "pads") : undefined;
  const before = written?.slice(0, 2) ?? [0, 0];
  const after = written?.slice(2) ?? [0, 0];
  for (const axis of [0, 1]) {
    const reach =
      ((output[axis] ?? 1) - 1) * (strides[axis] ?? 1) + ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const needed = reach - (input[axis] ?? 0);
    if (mode.startsWith("SAME")) {
      const half = Math.max(0, needed) / 2;
      before[axis] = mode === "SAME_UPPER" ? Math.floor(half) : Math.ceil(half);
      after[axis] = Math.max(0, needed) - (before[axis] ?? 0);
    } else {
      // A window that was rounded up reaches over the padding.
      after[axis] = Math.max(after[axis] ?? 0, needed - (before[axis] ?? 0));
    }
  }
  return { kernel_shape: kernel, strides, pads: [...before, ...after] };
}

export const conv: Form = (node, around) => {
  const kernel = intsOf(node, "kernel_shape") ?? around.shape(node.input[1] ?? "")?.slice(2);
  const window = windowOf(node, around, kernel);
  const dilations = intsOf(node, "dilations") ?? [1, 1];
  return window && exactly("Conv", given(node), { ...window, dilations, group: intOf(node, "group", 1) });
};

export const convTranspose: Form = (node, around) => {
  const from = around.shape(node.input[0] ?? "")?.slice(2);
  const to = around.shape(node.output[0] ?? "")?.slice(2);
  const kernel = intsOf(node, "kernel_shape") ?? around.shape(node.input[1] ?? "")?.slice(2);
  if (from?.length !== 2 || to?.length !== 2 || kernel?.length !== 2) return undefined;
  const strides = intsOf(node, "strides") ?? [1, 1];
  const dilations = intsOf(node, "dilations") ?? [1, 1];
  const added = intsOf(node, "output_padding") ?? [0, 0];
  const mode = textOf(node, "auto_pad", "NOTSET");
  const before = [0, 0];
  const after = [0, 0];
  for (const axis of [0, 1]) {
    const whole =
      (strides[axis] ?? 1) * ((from[axis] ?? 1) - 1) +
      (added[axis] ?? 0) +
      ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) +
      1;
    const total = whole - (to[axis] ?? 0);
    // What is odd is taken off at the end, unless it says SAME_LOWER or an output_shape is given.
    before[axis] = mode === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
    after[axis] = total - (before[axis] ?? 0);
  }
  const written = mode === "NOTSET" && intsOf(node, "output_shape") === undefined ? intsOf(node, "pads") : undefined;
  const pads = written ?? [...before, ...after];
  const group = intOf(node, "group", 1);
  const attributes = { kernel_shape: kernel, strides, pads, dilations, group, output_padding: added };
  return pads.every((n) => n >= 0) ? exactly("ConvTranspose", given(node), attributes) : undefined;
};

export const pool: Form = (node, around) => {
  const operator = node.opType === "MaxPool" ? "MaxPool" : "AveragePool";
  const window = windowOf(node, around, intsOf(node, "kernel_shape"));
  const isDilated = intsOf(node, "dilations")?.some((n) => n !== 1) ?? false;
  if (window === undefined || isDilated || node.output.slice(1).some((name) => name !== "")) return undefined;
  const countPad = intOf(node, "count_include_pad", 0);
  if (countPad && (intOf(node, "ceil_mode", 0) || textOf(node, "auto_pad", "").startsWith("SAME"))) return undefined;
  return exactly(operator, given(node), {
    ...window,
    ...(operator === "AveragePool" && { count_include_pad: countPad }),
  });
};

export const globalMaxPool: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  if (shape?.length !== 4) return undefined;
  return exactly("MaxPool", given(node), { kernel_shape: shape.slice(2), strides: [1, 1], pads: [0, 0, 0, 0] });
};
