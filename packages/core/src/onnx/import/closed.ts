/**
 * @file From a node of a file to a node of the closed set: what it is there, for costs, flow and metrics. Some are the very same,
 * some compute the same with other attributes, and some only stand for the file's node, which runs in their place.
 */

import type { NodeProto } from "onnx-buf";
import { elements, type OperatorName, type Shape } from "../../graph/graph.js";
import type { AttributeValue, Operand } from "../../graph/operator.js";
import { floatOf, intOf, intsOf, textOf } from "./attributes.js";

/** Constants that a node of the closed set reads, and the file's has as attributes or not at all. */
export interface FreshConstant {
  readonly name: string;
  readonly type: "float32" | "int64";
  readonly values: readonly number[];
  readonly shape: Shape;
}

/** A node of the closed set that does what the file's node does. */
export interface Closed {
  readonly operator: OperatorName;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly inputs: readonly (string | FreshConstant)[];
  /** Written by itself it computes what the file's node does; else the file's own has to run. */
  readonly exact: boolean;
  /** Names of outputs, where they are not the file's node's: parts that nothing reads. */
  readonly outputs?: readonly { readonly name: string; readonly shape: Shape }[];
}

/** What is known of the tensors around a node. */
export interface Surroundings {
  readonly opset: number;
  operand(name: string): Operand | undefined;
  shape(name: string): Shape | undefined;
  /** The numbers of a constant, or of a tensor that says where a node reads. */
  numbers(name: string): readonly number[] | undefined;
  /** Whether a tensor hangs on the image. */
  isSignal(name: string): boolean;
}

/** The nodes of the closed set that stand for a node, in order, the last of which gives its outputs. */
export function closedFormsOf(node: NodeProto, around: Surroundings): readonly Closed[] | undefined {
  const form = Object.hasOwn(forms, node.opType) ? forms[node.opType] : undefined;
  if ((node.domain !== "" && node.domain !== "ai.onnx") || form === undefined) return undefined;
  return form(node, around);
}

type Form = (node: NodeProto, around: Surroundings) => readonly Closed[] | undefined;

/** Inputs without those that are left out at the end; `undefined` where one is left out before another. */
function given(node: NodeProto): readonly string[] | undefined {
  const last = node.input.findLastIndex((name) => name !== "");
  const inputs = node.input.slice(0, last + 1);
  return inputs.includes("") ? undefined : inputs;
}

function exactly(
  operator: OperatorName,
  inputs: readonly (string | FreshConstant)[] | undefined,
  attributes: Closed["attributes"] = {},
): readonly Closed[] | undefined {
  return inputs && [{ operator, attributes, inputs, exact: true }];
}

function standIn(
  operator: OperatorName,
  inputs: readonly (string | FreshConstant)[],
  attributes: Closed["attributes"] = {},
): readonly Closed[] {
  return [{ operator, attributes, inputs, exact: false }];
}

const plain: Form = (node) => exactly(node.opType as OperatorName, given(node));

/** Of signals, parameters and constants; what else is computed of no image is not known. */
const product: Form = (node, around) => {
  const isKnown = (name: string) => {
    const operand = around.operand(name);
    return around.isSignal(name) || operand?.values !== undefined || operand?.parameter !== undefined;
  };
  return node.input.some((name) => around.isSignal(name)) && !node.input.every(isKnown)
    ? undefined
    : plain(node, around);
};

function fresh(node: NodeProto, label: string, type: FreshConstant["type"], values: readonly number[], shape?: Shape) {
  return { name: `${node.output[0]}|${label}`, type, values, shape: shape ?? [values.length] };
}

function targetOf(node: NodeProto, shape: Shape, label = "target"): FreshConstant {
  return fresh(
    node,
    label,
    "int64",
    shape.map((n, axis) => (axis === 0 ? -1 : n)),
  );
}

/** The constant of one element among two inputs, and the other input. */
function scalarOperand(node: NodeProto, around: Surroundings, index: number): number | undefined {
  const values = around.operand(node.input[index] ?? "")?.values;
  return values?.length === 1 ? values[0] : undefined;
}

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

const conv: Form = (node, around) => {
  const kernel = intsOf(node, "kernel_shape") ?? around.shape(node.input[1] ?? "")?.slice(2);
  const window = windowOf(node, around, kernel);
  const dilations = intsOf(node, "dilations") ?? [1, 1];
  return window && exactly("Conv", given(node), { ...window, dilations, group: intOf(node, "group", 1) });
};

const convTranspose: Form = (node, around) => {
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

const pool: Form = (node, around) => {
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

const globalMaxPool: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  if (shape?.length !== 4) return undefined;
  return exactly("MaxPool", given(node), { kernel_shape: shape.slice(2), strides: [1, 1], pads: [0, 0, 0, 0] });
};

const clip: Form = (node, around) => {
  const bound = (index: number, name: string, otherwise: number) =>
    node.input[index] ? scalarOperand(node, around, index) : floatOf(node, name, otherwise);
  const low = bound(1, "min", -3.4e38);
  const high = bound(2, "max", 3.4e38);
  const [x] = node.input;
  // Others than those that cut at 0 keep numbers in bounds.
  if (x === undefined || low !== 0 || high === undefined) return undefined;
  return exactly("Clip", [x, fresh(node, "min", "float32", [low], []), fresh(node, "max", "float32", [high], [])]);
};

const softmax: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  if (shape === undefined) return undefined;
  const given = intOf(node, "axis", around.opset < 13 ? 1 : -1);
  const axis = given < 0 ? given + shape.length : given;
  // Before opset 13 all axes from the one that is named share one sum.
  const isOneAxis = around.opset >= 13 || elements(shape.slice(axis + 1)) === 1;
  if (!isOneAxis) return flatSoftmax(node, shape, axis);
  return [{ operator: "Softmax", attributes: { axis }, inputs: node.input, exact: node.opType === "Softmax" }];
};

function flatSoftmax(node: NodeProto, shape: Shape, axis: number): readonly Closed[] {
  const [x = ""] = node.input;
  const lengths = [elements(shape.slice(0, axis)), elements(shape.slice(axis))];
  const [flat, shares] = ["flat", "shares"].map((label) => ({ name: `${node.output[0]}|${label}`, shape: lengths }));
  if (flat === undefined || shares === undefined) return [];
  return [
    {
      operator: "Reshape",
      attributes: {},
      inputs: [x, targetOf(node, lengths, "rows")],
      exact: false,
      outputs: [flat],
    },
    { operator: "Softmax", attributes: { axis: 1 }, inputs: [flat.name], exact: false, outputs: [shares] },
    ...standIn("Reshape", [shares.name, targetOf(node, shape)]),
  ];
}

const gemm: Form = (node) =>
  exactly("Gemm", given(node), {
    alpha: floatOf(node, "alpha", 1),
    beta: floatOf(node, "beta", 1),
    transA: intOf(node, "transA", 0),
    transB: intOf(node, "transB", 0),
  });

const batchNorm: Form = (node) =>
  intOf(node, "spatial", 1) === 1
    ? exactly("BatchNormalization", given(node), { epsilon: floatOf(node, "epsilon", 1e-5) })
    : undefined;

const layerNorm: Form = (node) =>
  node.output.slice(1).some((name) => name !== "")
    ? undefined
    : exactly("LayerNormalization", given(node), {
        axis: intOf(node, "axis", -1),
        epsilon: floatOf(node, "epsilon", 1e-5),
      });

const reshape: Form = (node, around) => {
  const output = around.shape(node.output[0] ?? "");
  const [x, target] = node.input;
  if (x === undefined || output === undefined) return undefined;
  const known = target !== undefined && around.operand(target)?.values !== undefined;
  if (node.opType === "Reshape" && known && intOf(node, "allowzero", 0) === 0) return exactly("Reshape", [x, target]);
  return standIn("Reshape", [x, targetOf(node, output)]);
};

const split: Form = (node, around) => {
  const outputs = node.output.map((name) => around.shape(name));
  const shape = around.shape(node.input[0] ?? "");
  const [x] = node.input;
  if (x === undefined || shape === undefined || outputs.some((output) => output === undefined)) return undefined;
  const axis = intOf(node, "axis", 0);
  const at = axis < 0 ? axis + shape.length : axis;
  const lengths = outputs.map((output) => output?.[at] ?? 0);
  return exactly("Split", [x, fresh(node, "lengths", "int64", lengths)], { axis: at });
};

/** A sum, to what sees magnitudes: a constant or a parameter, whatever its sign, is a bias. */
const sub: Form = (node) => standIn("Add", node.input);

const sum: Form = (node) => {
  if (node.input.length === 2) return exactly("Add", node.input);
  return node.input.length > 2 ? standIn("Add", node.input) : undefined;
};

const div: Form = (node, around) => {
  const by = scalarOperand(node, around, 1);
  const [x] = node.input;
  if (x === undefined || by === undefined || by === 0) return undefined;
  return standIn("Mul", [x, fresh(node, "factor", "float32", [1 / by], [])]);
};

/** Zeros around some axes. */
const pad: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  const output = around.shape(node.output[0] ?? "");
  const [x, padsName, valueName] = node.input;
  if (x === undefined || shape === undefined || output === undefined) return undefined;
  if (textOf(node, "mode", "constant") !== "constant") return undefined;
  const value = valueName ? scalarOperand(node, around, 2) : floatOf(node, "value", 0);
  const pads = padsName ? around.operand(padsName)?.values : intsOf(node, "pads");
  if (value !== 0 || pads === undefined) return undefined;
  const axes = node.input[3] ? around.operand(node.input[3])?.values : shape.map((_, axis) => axis);
  if (axes === undefined) return undefined;
  const all = new Array<number>(2 * shape.length).fill(0);
  axes.forEach((axis, i) => {
    const at = axis < 0 ? axis + shape.length : axis;
    all[at] = pads[i] ?? 0;
    all[at + shape.length] = pads[i + axes.length] ?? 0;
  });
  return exactly("Pad", [x, fresh(node, "pads", "int64", all)]);
};

const reduceMean: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  const output = around.shape(node.output[0] ?? "");
  const [x, second] = node.input;
  const axes = second ? around.operand(second)?.values : intsOf(node, "axes");
  if (x === undefined || shape?.length !== 4 || output === undefined || axes === undefined) return undefined;
  const reduced = axes.map((axis) => (axis < 0 ? axis + 4 : axis)).toSorted((a, b) => a - b);
  if (reduced.join() !== "2,3") return undefined;
  if (output.length === 4) return exactly("GlobalAveragePool", [x]);
  const pooled = { name: `${node.output[0]}|pooled`, shape: [...shape.slice(0, 2), 1, 1] };
  return [
    { operator: "GlobalAveragePool", attributes: {}, inputs: [x], exact: false, outputs: [pooled] },
    ...standIn("Reshape", [pooled.name, targetOf(node, output)]),
  ];
};

/** The parts of an axis before, within and after a range. */
function cut(node: NodeProto, x: string, shape: Shape, axis: number, start: number, length: number, name: string) {
  const lengths = [start, length, (shape[axis] ?? 0) - start - length];
  const parts = ["before", "", "after"].map((label, i) => ({
    name: label === "" ? name : `${node.output[0]}|${label}`,
    shape: shape.with(axis, lengths[i] ?? 0),
  }));
  const kept = parts.filter((_, i) => (lengths[i] ?? 0) > 0);
  const constant = fresh(
    node,
    "lengths",
    "int64",
    lengths.filter((n) => n > 0),
  );
  const form: Closed = { operator: "Split", attributes: { axis }, inputs: [x, constant], exact: false, outputs: kept };
  return form;
}

const slice: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  const output = around.shape(node.output[0] ?? "");
  const [x, startsName, , , stepsName] = node.input;
  if (x === undefined || shape === undefined || output?.length !== shape.length) return undefined;
  const changed = shape.flatMap((n, axis) => (n === output[axis] ? [] : [axis]));
  const [axis] = changed;
  const values = (name: string | undefined) => (name ? around.numbers(name) : undefined);
  const isTurned = stepsName !== undefined && !(values(stepsName)?.every((step) => step > 0) ?? false);
  if (axis === undefined) return isTurned ? undefined : standIn("Reshape", [x, targetOf(node, output)]);
  const starts = startsName ? values(startsName) : intsOf(node, "starts");
  const axes = (node.input[3] ? values(node.input[3]) : intsOf(node, "axes")) ?? starts?.map((_, i) => i);
  const steps = stepsName ? values(stepsName) : [];
  const at = axes?.findIndex((candidate) => (candidate < 0 ? candidate + shape.length : candidate) === axis) ?? -1;
  const start = starts?.[at];
  if (changed.length > 1 || axis === 0 || start === undefined || steps?.some((step) => step !== 1) !== false)
    return undefined;
  const whole = shape[axis] ?? 0;
  const from = Math.min(whole, Math.max(0, start < 0 ? start + whole : start));
  return [cut(node, x, shape, axis, from, output[axis] ?? 0, node.output[0] ?? "")];
};

/** One index along an axis: a class token, or one of query, key and value. */
const gather: Form = (node, around) => {
  const [x, indexName = ""] = node.input;
  const shape = around.shape(x ?? "");
  const output = around.shape(node.output[0] ?? "");
  const index = around.numbers(indexName);
  if (x === undefined || shape === undefined || output === undefined || index?.length !== 1) return undefined;
  const given = intOf(node, "axis", 0);
  const axis = given < 0 ? given + shape.length : given;
  const whole = shape[axis] ?? 0;
  const at = (index[0] ?? 0) < 0 ? (index[0] ?? 0) + whole : (index[0] ?? 0);
  const taken = `${node.output[0]}|taken`;
  return [cut(node, x, shape, axis, at, 1, taken), ...standIn("Reshape", [taken, targetOf(node, output)])];
};

/** Moves blocks of channels to positions, or positions to channels: three steps that the closed set has. */
const blocks: Form = (node, around) => {
  const shape = around.shape(node.input[0] ?? "");
  const output = around.shape(node.output[0] ?? "");
  const [x] = node.input;
  const [n = 1, c = 1, h = 1, w = 1] = shape ?? [];
  if (x === undefined || shape?.length !== 4 || output === undefined) return undefined;
  const b = intOf(node, "blocksize", 1);
  const isToSpace = node.opType === "DepthToSpace";
  const isColumnsFirst = textOf(node, "mode", "DCR") === "DCR";
  const [open, perm] = !isToSpace
    ? [
        [n, c, h / b, b, w / b, b],
        [0, 3, 5, 1, 2, 4],
      ]
    : isColumnsFirst
      ? [
          [n, b, b, c / b / b, h, w],
          [0, 3, 4, 1, 5, 2],
        ]
      : [
          [n, c / b / b, b, b, h, w],
          [0, 1, 4, 2, 5, 3],
        ];
  const opened = { name: `${node.output[0]}|opened`, shape: open };
  const turned = { name: `${node.output[0]}|turned`, shape: perm.map((axis) => open[axis] ?? 1) };
  const target = fresh(
    node,
    "opened target",
    "int64",
    open.map((length, axis) => (axis === 0 ? -1 : length)),
  );
  return [
    { operator: "Reshape", attributes: {}, inputs: [x, target], exact: false, outputs: [opened] },
    { operator: "Transpose", attributes: { perm }, inputs: [opened.name], exact: false, outputs: [turned] },
    ...standIn("Reshape", [turned.name, targetOf(node, output)]),
  ];
};

const forms: Readonly<Record<string, Form | undefined>> = {
  Abs: plain,
  Add: plain,
  AveragePool: pool,
  BatchNormalization: batchNorm,
  Clip: clip,
  Concat: (node) => exactly("Concat", given(node), { axis: intOf(node, "axis", 1) }),
  Conv: conv,
  ConvTranspose: convTranspose,
  DepthToSpace: blocks,
  Div: div,
  Flatten: (node) => exactly("Flatten", given(node), { axis: intOf(node, "axis", 1) }),
  Gather: gather,
  Gelu: (node) => (textOf(node, "approximate", "none") === "none" ? plain(node, noSurroundings) : undefined),
  Gemm: gemm,
  GlobalAveragePool: plain,
  GlobalMaxPool: globalMaxPool,
  HardSwish: plain,
  LayerNormalization: layerNorm,
  LogSoftmax: softmax,
  LpNormalization: (node) =>
    exactly("LpNormalization", given(node), { axis: intOf(node, "axis", -1), p: intOf(node, "p", 2) }),
  MatMul: product,
  MaxPool: pool,
  Mul: product,
  Pad: pad,
  ReduceMean: reduceMean,
  Relu: plain,
  Reshape: reshape,
  Slice: slice,
  Softmax: softmax,
  SpaceToDepth: blocks,
  Split: split,
  Squeeze: reshape,
  Sub: sub,
  Sum: sum,
  Swish: (node) => (floatOf(node, "alpha", 1) === 1 ? plain(node, noSurroundings) : undefined),
  Transpose: (node) => {
    const perm = intsOf(node, "perm");
    return exactly("Transpose", given(node), perm && { perm });
  },
  Unsqueeze: reshape,
};

const noSurroundings: Surroundings = {
  opset: 0,
  operand: () => undefined,
  shape: () => undefined,
  numbers: () => undefined,
  isSignal: () => false,
};
