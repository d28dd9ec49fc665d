/** @file Einsum and MatMul in any form, as products by labels: for flow. https://onnx.ai/onnx/operators/onnx__Einsum.html */

import type { NodeProto } from "onnx-buf";
import type { Shape } from "../../../graph/graph.js";
import { type ContractionAttributes, type Labels, matrixProductLabels } from "../../../graph/operators/contraction.js";
import { labelsOf } from "../counts/macs.js";
import { textOf } from "../file/attributes.js";
import type { Surroundings } from "./form.js";

/**
 * The labels of a product.
 * @param inputs - Names in the order of the node that stands for it.
 */
export function contractionOf(
  node: NodeProto,
  inputs: readonly string[],
  around: Surroundings,
): ContractionAttributes | undefined {
  if (node.domain !== "" && node.domain !== "ai.onnx") return undefined;
  // What else is computed of no image is not known.
  const isKnown = (name: string) => around.isSignal(name) || around.operand(name)?.parameter !== undefined;
  if (!node.input.every(isKnown)) return undefined;
  const shapes = node.input.map((name) => around.shape(name) ?? []);
  const given = labelled(node, shapes);
  if (given === undefined || given.factors.length !== node.input.length || given.factors.length > 2) return undefined;
  const factors = given.factors.map(({ labels }, i) => ({ labels, input: inputs.indexOf(node.input[i] ?? "") }));
  const isCovered = factors.every(({ labels, input }) => {
    const named = labels.filter((label) => label !== null);
    return input >= 0 && new Set(named).size === named.length;
  });
  return isCovered ? { factors, output: given.output } : undefined;
}

function labelled(node: NodeProto, shapes: readonly Shape[]): ContractionAttributes | undefined {
  if (node.opType === "Einsum") return einsum(textOf(node, "equation", ""), shapes);
  const [a, b] = shapes;
  const areMatrices = node.opType === "MatMul" && a !== undefined && b !== undefined && a.length > 1 && b.length > 1;
  return areMatrices ? matrixProductLabels(a, b) : undefined;
}

function einsum(equation: string, shapes: readonly Shape[]): ContractionAttributes | undefined {
  const [left = "", right] = equation.replaceAll(/\s/g, "").split("->");
  const terms = left.split(",").map((term, i) => labelsOf(term, shapes[i]?.length ?? 0));
  const longest = new Map<string, number>();
  terms.forEach((labels, i) => {
    labels?.forEach((label, axis) => {
      longest.set(label, Math.max(longest.get(label) ?? 1, shapes[i]?.[axis] ?? 1));
    });
  });
  const factors = terms.map((labels, i): { input: number; labels: Labels } => ({
    input: i,
    labels: (labels ?? []).map((label, axis) => ((shapes[i]?.[axis] ?? 1) === longest.get(label) ? label : null)),
  }));
  const ellipsis = [...longest.keys()].filter((label) => label.startsWith("...")).length;
  // Without an arrow, labels that are there once come out in the order of the alphabet.
  if (right === undefined) return undefined;
  const output = labelsOf(right, right.replace("...", "").length + ellipsis);
  return output && { factors, output };
}
