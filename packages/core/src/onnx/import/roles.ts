/** @file The part that each stored float tensor has in a network: what is trained, and how it would be drawn anew. */

import type { NodeProto } from "onnx-buf";
import { elements, type Initialisation, type Shape } from "../../graph/graph.js";
import { intOf, readsOf } from "./attributes.js";
import type { StoredFloats } from "./stored.js";

export interface Role {
  readonly trainable: boolean;
  /** `given`: kept as the file has it, whatever the seed. */
  readonly initialisation: Initialisation;
}

const scale: Role = { trainable: true, initialisation: { kind: "ones" } };
const bias: Role = { trainable: true, initialisation: { kind: "zeros" } };
const runningMean: Role = { trainable: false, initialisation: { kind: "zeros" } };
const runningVariance: Role = { trainable: false, initialisation: { kind: "ones" } };
const kept: Role = { trainable: true, initialisation: { kind: "given" } };

/** Kaiming-normal with fan-out, as our own networks have it. */
function weight(fanOut: number): Role {
  return { trainable: true, initialisation: { kind: "normal", std: Math.sqrt(2 / Math.max(1, fanOut)) } };
}

/** Inputs that are settings of an operator and no weights. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  ConstantOfShape: [0],
  DequantizeLinear: [1],
  Dropout: [1],
  Equal: [0, 1],
  Greater: [0, 1],
  GreaterOrEqual: [0, 1],
  Less: [0, 1],
  LessOrEqual: [0, 1],
  NonMaxSuppression: [0, 1, 2, 3, 4],
  OneHot: [2],
  Pad: [2],
  Pow: [1],
  QuantizeLinear: [1],
  Range: [0, 1, 2],
  Resize: [1, 2],
  Upsample: [1],
};

function isSetting(opType: string, index: number): boolean {
  return Object.hasOwn(settings, opType) && (settings[opType]?.includes(index) ?? false);
}

/**
 * @param isStored Whether a tensor is of the file and no signal.
 * @returns `undefined` where the tensor is a constant of the program: a factor, a bound, a size.
 */
function roleAt(
  node: NodeProto,
  index: number,
  shape: Shape,
  isStored: (name: string | undefined) => boolean,
): Role | undefined {
  const isWeight = index === 1;
  switch (node.opType) {
    case "Conv":
    case "FusedConv":
      if (isWeight) return weight(elements(shape) / (shape[1] ?? 1) / intOf(node, "group", 1));
      return index === 2 ? bias : kept;
    case "ConvTranspose":
      if (isWeight) return weight(elements(shape) / (shape[0] ?? 1));
      return index === 2 ? bias : kept;
    case "Gemm":
    case "FusedGemm":
      if (isWeight) return weight((intOf(node, "transB", 0) ? shape[0] : shape[1]) ?? 1);
      return index === 2 ? bias : weight((intOf(node, "transA", 0) ? shape[1] : shape[0]) ?? 1);
    case "MatMul":
    case "FusedMatMul":
      // Of two stored factors, the left one is what a weight is applied to: a code of positions.
      if (index === 0 && isStored(node.input[1])) return undefined;
      return weight((isWeight ? shape.at(-1) : shape.at(-2)) ?? 1);
    case "BatchNormalization":
      return [kept, scale, bias, runningMean, runningVariance][index];
    case "LayerNormalization":
    case "InstanceNormalization":
    case "GroupNormalization":
    case "SimplifiedLayerNormalization":
      return [kept, scale, bias][index];
    case "PRelu":
      return kept;
  }
  if (elements(shape) === 1 || isSetting(node.opType, index)) return undefined;
  if (node.opType === "Add" && shape.filter((n) => n > 1).length === 1) return bias;
  return kept;
}

/** Roles by name of the tensors that are parameters; a tensor that is used twice has the role of its first use. */
export function rolesOf(
  nodes: readonly NodeProto[],
  floats: ReadonlyMap<string, StoredFloats>,
): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const add = (name: string, node: NodeProto, index: number) => {
    const shape = floats.get(name)?.shape;
    if (shape === undefined || roles.has(name)) return;
    const role = roleAt(node, index, shape, (other) => other !== undefined && floats.has(other));
    if (role !== undefined) roles.set(name, role);
  };
  for (const node of nodes) {
    node.input.forEach((name, index) => {
      add(name, node, index);
    });
    // What bodies of control flow take.
    for (const name of readsOf(node).slice(node.input.length)) add(name, node, -1);
  }
  return roles;
}
