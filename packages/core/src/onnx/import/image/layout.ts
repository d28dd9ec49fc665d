/**
 * @file Which axis of an image's tensor is which, told by the nodes that read it: axes are followed from the input, through what moves
 * them or leaves them in place, to the nearest node that tells channels from pixels, such as a convolution.
 */

import { TensorProto_DataLocation as DataLocation, type GraphProto, type NodeProto } from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import { intOf, intsOf, tensorOf } from "../file/attributes.js";
import { integersOf } from "../file/stored.js";

/** Which axis of an input is which; the batch is the first. */
export interface ImageAxes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

type Lengths = readonly (number | undefined)[];

/** A tensor that has the image's axes in some order. */
interface Moved {
  readonly name: string;
  /** Of the input, by axis of this tensor; `undefined` for an axis that was put in. */
  readonly axes: readonly (number | undefined)[];
  /** Whether it has all channels of the image, and no others. */
  readonly isWhole: boolean;
}

/** How a node reads the image. */
interface Reading {
  readonly axes: ImageAxes;
  /** How many there are, where the node's weight tells. */
  readonly channels?: number;
}

/**
 * How the nearest node that tells channels from pixels reads an input of four axes, or of three, to which the batch is added on the way.
 * @param lengths - Of the input, as far as the file fixes them.
 */
export function layoutByReaders(graph: GraphProto, name: string, lengths: Lengths): Reading | undefined {
  const readers = new Map<string, NodeProto[]>();
  const givers = new Map<string, NodeProto>();
  for (const node of graph.node) {
    for (const output of node.output) givers.set(output, node);
    for (const input of new Set(node.input)) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node);
    }
  }
  const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const constantOf = (tensor: string) => {
    const giver = givers.get(tensor);
    return stored.get(tensor) ?? (giver?.opType === "Constant" ? tensorOf(giver, "value") : undefined);
  };
  const weightShape = (tensor: string): Shape | undefined => {
    let at = tensor;
    for (let step = 0; step < 4; step++) {
      const found = constantOf(at);
      if (found !== undefined) return found.dims.map(Number);
      const giver = givers.get(at);
      if (giver === undefined || !keepsWeight.has(giver.opType)) return undefined;
      at = giver.input[0] ?? "";
    }
    return undefined;
  };
  const numbersOf = (tensor: string | undefined) => {
    const constant = constantOf(tensor ?? "");
    const isHere = constant?.dataLocation === DataLocation.DEFAULT && elements(constant.dims.map(Number)) <= 4;
    return isHere ? integersOf(constant) : undefined;
  };
  const seen = new Set([name]);
  const batch = lengths.length === 4 ? 0 : undefined;
  const queue: Moved[] = [{ name, axes: batch === 0 ? [0, 1, 2, 3] : [1, 2, 3], isWhole: true }];
  for (const tensor of queue) {
    for (const node of readers.get(tensor.name) ?? []) {
      const reading = readingOf(node, tensor, batch, weightShape);
      if (reading !== undefined) return reading;
      const moved = movedBy(node, tensor, lengths, numbersOf);
      if (moved === undefined) continue;
      for (const output of node.opType === "Split" ? node.output : node.output.slice(0, 1)) {
        if (seen.has(output)) continue;
        seen.add(output);
        queue.push({ name: output, ...moved });
      }
    }
  }
  return undefined;
}

const keepsWeight = new Set(["Cast", "DequantizeLinear", "Identity", "QuantizeLinear"]);

/** Where an operator has its weight, if any, and which axis of it is as long as there are channels, groups not counted. */
const readsChannels: Readonly<Record<string, { readonly weight?: number; readonly axis?: number } | undefined>> = {
  AveragePool: {},
  BatchNormalization: { weight: 1, axis: 0 },
  Conv: { weight: 1, axis: 1 },
  ConvInteger: { weight: 1, axis: 1 },
  ConvTranspose: { weight: 1, axis: 0 },
  DeformConv: { weight: 1, axis: 1 },
  DepthToSpace: {},
  FusedConv: { weight: 1, axis: 1 },
  GlobalAveragePool: {},
  GlobalLpPool: {},
  GlobalMaxPool: {},
  GridSample: {},
  GroupNormalization: {},
  InstanceNormalization: { weight: 1, axis: 0 },
  LRN: {},
  LpPool: {},
  MaxPool: {},
  NhwcConv: { weight: 1, axis: 1 },
  NhwcFusedConv: { weight: 1, axis: 1 },
  NhwcMaxPool: {},
  QLinearAveragePool: {},
  QLinearConv: { weight: 3, axis: 1 },
  QLinearGlobalAveragePool: {},
  ReorderInput: {},
  SpaceToDepth: {},
};

/** Operators whose weights have an axis for the channels of one group. */
const grouped = new Set(["Conv", "ConvInteger", "DeformConv", "FusedConv", "NhwcConv", "NhwcFusedConv", "QLinearConv"]);

function readingOf(
  node: NodeProto,
  { name, axes, isWhole }: Moved,
  batch: 0 | undefined,
  weightShape: (tensor: string) => Shape | undefined,
): Reading | undefined {
  const { opType, domain, input } = node;
  const found = Object.hasOwn(readsChannels, opType) ? readsChannels[opType] : undefined;
  if (found === undefined || input[0] !== name || axes.length !== 4) return undefined;
  const isLast = opType.startsWith("Nhwc") || domain.endsWith(".nhwc") || intOf(node, "channels_last", 0) === 1;
  const order = isLast ? [axes[3], axes[1], axes[2]] : axes.slice(1);
  const lost = [1, 2, 3].filter((axis) => !axes.includes(axis));
  const [channels, height, width] = order.map((axis) => axis ?? (lost.length === 1 ? lost[0] : undefined));
  if (axes[0] !== batch || channels === undefined || height === undefined || width === undefined) return undefined;
  const { weight, axis } = found;
  const shape = weight === undefined || isLast || !isWhole ? undefined : weightShape(input[weight] ?? "");
  const own = shape?.[axis ?? 0];
  const n = own === undefined ? undefined : own * (grouped.has(opType) ? intOf(node, "group", 1) : 1);
  return { axes: { channels, height, width }, ...(n !== undefined && n > 0 && { channels: n }) };
}

/** Operators that leave axes in their places. */
const keepsAxes = new Set([
  ...[
    "Abs",
    "Add",
    "Cast",
    "CastLike",
    "Ceil",
    "Clip",
    "Concat",
    "DequantizeLinear",
    "Div",
    "Dropout",
    "DynamicQuantizeLinear",
  ],
  ...[
    "Elu",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LeakyRelu",
    "Log",
    "Max",
    "Mean",
    "Min",
  ],
  ...[
    "Mod",
    "Mul",
    "Neg",
    "PRelu",
    "Pad",
    "Pow",
    "QuantizeLinear",
    "Reciprocal",
    "Relu",
    "Resize",
    "Round",
    "Sigmoid",
    "Slice",
  ],
  ...["Split", "Sqrt", "Sub", "Sum", "Tanh", "Tile", "Upsample", "Where"],
]);

/** Of those, the ones that may leave channels out or add some. */
const changesLengths = new Set(["Concat", "Pad", "Slice", "Split", "Tile"]);

function movedBy(
  node: NodeProto,
  tensor: Moved,
  lengths: Lengths,
  numbersOf: (tensor: string | undefined) => readonly number[] | undefined,
): Omit<Moved, "name"> | undefined {
  const { opType, input } = node;
  const { axes, isWhole } = tensor;
  if (keepsAxes.has(opType)) return { axes, isWhole: isWhole && !changesLengths.has(opType) };
  if (input[0] !== tensor.name) return undefined;
  const placed = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);
  switch (opType) {
    case "Transpose": {
      const perm = intsOf(node, "perm") ?? axes.map((_, axis) => axis).toReversed();
      return perm.length === axes.length ? { axes: perm.map((axis) => axes[axis]), isWhole } : undefined;
    }
    case "Gather": {
      const indices = numbersOf(input[1]);
      return indices !== undefined && indices.length > 1 ? { axes, isWhole: false } : undefined;
    }
    case "Squeeze": {
      const removed = axesOf(node, numbersOf)?.map((axis) => placed(axis, axes.length));
      return removed && { axes: axes.filter((_, axis) => !removed.includes(axis)), isWhole };
    }
    case "Unsqueeze": {
      const added = axes.length <= 4 ? axesOf(node, numbersOf) : undefined;
      const places = added?.map((axis) => placed(axis, axes.length + added.length)).toSorted((a, b) => a - b);
      const put = (all: Moved["axes"], axis: number) => all.toSpliced(axis, 0, undefined);
      return places && { axes: places.reduce(put, axes), isWhole };
    }
    case "Reshape": {
      // One channel that moves is written as a change of shape.
      const target = numbersOf(input[1]);
      // The batch put in front.
      if (axes.length === 3 && target?.length === 4 && target[0] === 1) {
        const isKept = axes.every((axis, i) => target[i + 1] === lengths[(axis ?? 0) - 1]);
        return isKept ? { axes: [undefined, ...axes], isWhole } : undefined;
      }
      const isMoved = axes.join() === "0,1,2,3" && target?.length === 4 && target[1] === 1;
      if (!isMoved) return undefined;
      if (lengths[1] === 1) return { axes, isWhole };
      return lengths[3] === 1 ? { axes: [0, 3, 1, 2], isWhole } : undefined;
    }
    default:
      return undefined;
  }
}

/** The few axes that a node takes out or puts in; `undefined` for more than an image has. */
function axesOf(
  node: NodeProto,
  numbersOf: (tensor: string | undefined) => readonly number[] | undefined,
): readonly number[] | undefined {
  const axes = intsOf(node, "axes") ?? numbersOf(node.input[1]);
  return axes !== undefined && axes.length <= 4 ? axes : undefined;
}
