/**
 * @file What a block gives a machine to do, as amounts of a few classes of work that its time is a weighted sum of. Amounts come
 * from the block's graph, so that every block has them; what a unit of each takes is measured (`calibration.ts`).
 *
 * Runtimes fuse some nodes into others and lay channels out in groups: work of nodes that are fused away is given a weight of 0
 * by the fit, and channels are counted in whole groups of a size that is found by the fit.
 */

import { macsOf } from "../graph/cost.js";
import { elements, type Graph, type Node, type Shape, shapeOf } from "../graph/graph.js";

/** Amounts by class: multiply-accumulates, elements that are read and written, rows of depthwise windows. */
export type Work = Readonly<Record<string, number>>;

/** An image's channels are no group: runtimes have a path of their own for so few. */
const IMAGE_CHANNELS = 4;

function up(channels: number, group: number): number {
  return Math.ceil(channels / group) * group;
}

/** Elements of a feature map whose channels fill whole groups. */
function paddedElements(shape: Shape, group: number): number {
  const [batch = 1, channels = 1, ...space] = shape;
  return elements([batch, up(channels, group), ...space]);
}

/**
 * The work of a graph at batch 1.
 * @param group - Channels that a runtime lays out together; 1 where it does not.
 */
export function workOf(graph: Graph, group: number): Work {
  const work: Record<string, number> = { block: 1 };
  const add = (name: string, amount: number) => {
    work[name] = (work[name] ?? 0) + amount;
  };
  for (const node of graph.nodes) {
    if (node.operator === "Conv") addConvolution(graph, node, group, add);
    else addOther(graph, node, add);
  }
  for (const { shape } of graph.parameters.values()) add("weights", elements(shape));
  return work;
}

type Add = (name: string, amount: number) => void;

function addConvolution(graph: Graph, node: Node, group: number, add: Add): void {
  const [input = "", weight = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const [from, to] = [shapeOf(graph, input), shapeOf(graph, output)];
  const [out = 1, inOfGroup = 1, rows = 1, columns = 1] = shapeOf(graph, weight);
  const moved = paddedElements(from, group) + paddedElements(to, group);
  if (inOfGroup === 1 && out > 1) {
    const written = paddedElements(to, group);
    add("depthwise macs", written * rows * columns);
    add("depthwise rows", written * rows);
    add("depthwise elements", moved);
    return;
  }
  const isImage = (from[1] ?? 1) < IMAGE_CHANNELS;
  const kind = isImage ? "image convolution" : rows * columns === 1 ? "pointwise" : "convolution";
  add(`${kind} macs`, paddedElements(to, group) * up(inOfGroup, isImage ? 1 : group) * rows * columns);
  add(`${kind} elements`, moved);
}

function addOther(graph: Graph, node: Node, add: Add): void {
  const moved = node.outputs.reduce((total, name) => total + elements(shapeOf(graph, name)), 0);
  const macs = macsOf(graph, node);
  if (macs > 0) add(`${node.operator} macs`, macs);
  add(`${node.operator} elements`, moved);
}

/** The sum of all work by its weights. */
export function weighted(
  work: Work,
  weights: Readonly<Record<string, number>>,
  onUnknown: (name: string) => number,
): number {
  let sum = 0;
  for (const [name, amount] of Object.entries(work)) sum += amount * (weights[name] ?? onUnknown(name));
  return sum;
}
