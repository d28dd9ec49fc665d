/** @file Nodes that move numbers, as those of the closed set: reshapes, parts of an axis, padding with zeros, blocks of channels. */

import type { NodeProto } from "onnx-buf";
import type { Shape } from "../../../graph/graph.js";
import { floatOf, intOf, intsOf, textOf } from "../file/attributes.js";
import { type Closed, exactly, type Form, fresh, scalarOperand, standIn, targetOf } from "./form.js";

export const reshape: Form = (node, around) => {
  const output = around.shape(node.output[0] ?? "");
  const [x, target] = node.input;
  if (x === undefined || output === undefined) return undefined;
  const known = target !== undefined && around.operand(target)?.values !== undefined;
  if (node.opType === "Reshape" && known && intOf(node, "allowzero", 0) === 0) return exactly("Reshape", [x, target]);
  return standIn("Reshape", [x, targetOf(node, output)]);
};

export const split: Form = (node, around) => {
  const outputs = node.output.map((name) => around.shape(name));
  const shape = around.shape(node.input[0] ?? "");
  const [x] = node.input;
  if (x === undefined || shape === undefined || outputs.some((output) => output === undefined)) return undefined;
  const axis = intOf(node, "axis", 0);
  const at = axis < 0 ? axis + shape.length : axis;
  const lengths = outputs.map((output) => output?.[at] ?? 0);
  return exactly("Split", [x, fresh(node, "lengths", "int64", lengths)], { axis: at });
};

/** Zeros around some axes. */
export const pad: Form = (node, around) => {
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

export const slice: Form = (node, around) => {
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
export const gather: Form = (node, around) => {
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
export const blocks: Form = (node, around) => {
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
