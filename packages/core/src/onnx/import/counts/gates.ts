/**
 * @file Where a sigmoid, a hard sigmoid or a tanh is a gate or gives an output, and so is no nonlinearity that metrics look at: its
 * values, moved and scaled as they may be on the way, are a factor of another signal or are what the network gives.
 */

import type { NodeProto } from "onnx-buf";
import { readsOf } from "../file/attributes.js";
import { movers } from "../file/movers.js";

/** What hangs on the shape of what it is given, not on its values. */
const ofShapes = new Set(["Shape", "Size"]);

/**
 * Nodes that give the numbers that they are given, in other places: PyTorch's squeeze-and-excite has `view` or `expand_as` behind the
 * gate, Keras a Reshape, exporters of segmentation a Resize behind the output.
 */
const moves = new Set([...movers, "Dropout", "Expand", "Tile"]);

/** Those that scale or shift where all but one of their inputs are no signals. */
const affine = new Set(["Add", "Div", "Mul", "Neg", "Sub"]);

/** Tensors that hang on the values of the inputs. */
export function signalsOf(inputs: readonly string[], nodes: readonly NodeProto[]): ReadonlySet<string> {
  const signals = new Set(inputs);
  for (const node of nodes) {
    if (ofShapes.has(node.opType) || !readsOf(node).some((name) => signals.has(name))) continue;
    for (const name of node.output) signals.add(name);
  }
  return signals;
}

/**
 * Tensors whose values, moved, scaled or shifted, are a factor of another signal or an output.
 * @param nodes - In topological order.
 */
export function gatesOf(
  nodes: readonly NodeProto[],
  outputs: readonly string[],
  signals: ReadonlySet<string>,
): ReadonlySet<string> {
  const gates = new Set(outputs);
  for (const { opType, input, output } of nodes.toReversed()) {
    const read = input.filter((name) => signals.has(name));
    const isProduct = opType === "Mul" && read.length > 1;
    const isMoved = moves.has(opType) || (affine.has(opType) && read.length === 1);
    if (isProduct || (isMoved && output.some((name) => gates.has(name)))) for (const name of read) gates.add(name);
  }
  return gates;
}
