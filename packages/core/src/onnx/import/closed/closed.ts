/**
 * @file From a node of a file to a node of the closed set: what it is there, for costs, flow and metrics. Some are the very same,
 * some compute the same with other attributes, and some only stand for the file's node, which runs in their place.
 */

import type { NodeProto } from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import { floatOf, intOf, intsOf, textOf } from "../file/attributes.js";
import {
  type Closed,
  exactly,
  type Form,
  fresh,
  given,
  plain,
  type Surroundings,
  scalarOperand,
  standIn,
  targetOf,
} from "./form.js";
import { blocks, gather, pad, reshape, slice, split } from "./moves.js";
import { conv, convTranspose, globalMaxPool, pool } from "./windows.js";

/** The nodes of the closed set that stand for a node, in order, the last of which gives its outputs. */
export function closedFormsOf(node: NodeProto, around: Surroundings): readonly Closed[] | undefined {
  const form = Object.hasOwn(forms, node.opType) ? forms[node.opType] : undefined;
  if ((node.domain !== "" && node.domain !== "ai.onnx") || form === undefined) return undefined;
  return form(node, around);
}

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

/** By itself a sigmoid may be a nonlinearity, which is not of the closed set. */
const gate =
  (attributes: (node: NodeProto) => Closed["attributes"]): Form =>
  (node, around) =>
    around.isFactor(node.output[0] ?? "")
      ? exactly(node.opType as "Sigmoid" | "HardSigmoid", given(node), attributes(node))
      : undefined;

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
  HardSigmoid: gate((node) => ({ alpha: floatOf(node, "alpha", 0.2), beta: floatOf(node, "beta", 0.5) })),
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
  Sigmoid: gate(() => ({})),
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
  isFactor: () => false,
};
