/**
 * @file Nodes of a file that are linear along each axis by itself, as maps of positions to positions: for flow, which needs no more of
 * them. https://onnx.ai/onnx/operators/onnx__Resize.html and others.
 */

import type { NodeProto } from "onnx-buf";
import { largest } from "../../../base/extremes.js";
import { expectedMagnitude, meanMagnitude } from "../../../graph/flow-rule.js";
import { elements, type Shape } from "../../../graph/graph.js";
import { isSameShape } from "../../../graph/operator.js";
import type { AlongAxesAttributes, AxisMap } from "../../../graph/operators/along-axes.js";
import { intOf, intsOf, textOf } from "../file/attributes.js";
import type { Surroundings } from "./form.js";
import { resizeMap } from "./resize.js";

/** What is known of the axes of a node that reads a signal as its first input. */
interface Axes {
  readonly node: NodeProto;
  readonly around: Surroundings;
  readonly from: Shape;
  readonly to: Shape;
  /** The whole numbers of an input that is a constant, or else of an attribute. */
  ints(index: number, attribute: string): readonly number[] | undefined;
  /** The numbers of an input that is a constant. */
  values(index: number): readonly number[] | undefined;
}

type Form = (axes: Axes) => AlongAxesAttributes | undefined;

/** Positions along an axis, at most. */
const LONGEST = 2 ** 20;

/** The maps of a node, if it is linear along each axis of the one signal that it reads. */
export function alongAxesOf(node: NodeProto, around: Surroundings): AlongAxesAttributes | undefined {
  const form = Object.hasOwn(forms, node.opType) ? forms[node.opType] : undefined;
  const [signal = "", ...signals] = node.input.filter((name) => around.isSignal(name));
  const from = around.shape(signal);
  const to = around.shape(node.output[0] ?? "");
  const [, ...others] = node.output.filter((name) => name !== "");
  if ((node.domain !== "" && node.domain !== "ai.onnx") || from === undefined || to === undefined) return undefined;
  if (form === undefined || signals.length > 0 || others.length > 0) return undefined;
  if (signal !== node.input[0] && node.opType !== "Mul") return undefined;
  if (largest([...from, ...to]) > LONGEST) return undefined;
  const values = (index: number) => around.numbers(node.input[index] ?? "");
  const ints = (index: number, attribute: string) => (node.input[index] ? values(index) : intsOf(node, attribute));
  const found = form({ node, around, from, to, ints, values });
  return found && fitting(found, to);
}

/** Maps that give as many elements as were seen. */
function fitting(found: AlongAxesAttributes, to: Shape): AlongAxesAttributes | undefined {
  const { lengths, maps } = found;
  const isInside = maps.every(
    (map, axis) => map?.terms.every((terms) => terms.every(([at]) => at >= 0 && at < (lengths[axis] ?? 0))) ?? true,
  );
  const out = lengths.map((length, axis) => maps[axis]?.to ?? length);
  return isInside && elements(out) === elements(to) ? found : undefined;
}

function linear(lengths: Shape, maps: AlongAxesAttributes["maps"], factor = 1): AlongAxesAttributes {
  return { lengths, maps, factor };
}

/** Each position that comes out is one that goes in, or none. */
function selection(to: number, at: (position: number) => number | undefined): AxisMap {
  const terms = Array.from({ length: to }, (_, position) => {
    const from = at(position);
    return from === undefined ? [] : ([[from, 1]] as const);
  });
  return { to, terms };
}

/** All positions become one. */
function reduction(length: number, weight: number): AxisMap {
  return { to: 1, terms: [Array.from({ length }, (_, at) => [at, weight] as const)] };
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Means or sums over axes. */
function reduced(weightOf: (length: number) => number): Form {
  return ({ node, from, ints }) => {
    const given = ints(1, "axes");
    if (given === undefined && node.input[1]) return undefined;
    const isNone = given === undefined || given.length === 0;
    if (isNone && intOf(node, "noop_with_empty_axes", 0) === 1) return linear(from, unchanged(from));
    const axes = isNone ? from.map((_, axis) => axis) : given.map((axis) => positive(axis, from.length));
    return linear(
      from,
      from.map((length, axis) => (axes.includes(axis) ? reduction(length, weightOf(length)) : null)),
    );
  };
}

const globalAveragePool: Form = ({ from }) =>
  linear(
    from,
    from.map((length, axis) => (axis < 2 ? null : reduction(length, 1 / length))),
  );

const expand: Form = ({ from, to }) => {
  const lengths = [...new Array<number>(Math.max(0, to.length - from.length)).fill(1), ...from];
  return linear(
    lengths,
    lengths.map((length, axis) => (length === to[axis] ? null : selection(to[axis] ?? 1, () => 0))),
  );
};

const tile: Form = ({ from, to }) =>
  linear(
    from,
    from.map((length, axis) => (length === to[axis] ? null : selection(to[axis] ?? 1, (at) => at % length))),
  );

const slice: Form = ({ from, to, ints, values, node }) => {
  const starts = ints(1, "starts");
  const axes = node.input[3] ? values(3) : (intsOf(node, "axes") ?? starts?.map((_, axis) => axis));
  const steps = node.input[4] ? values(4) : starts?.map(() => 1);
  if (starts === undefined || axes === undefined || steps === undefined) return undefined;
  const maps = from.map((): AxisMap | null => null);
  axes.forEach((given, i) => {
    const axis = positive(given, from.length);
    const length = from[axis] ?? 1;
    const step = steps[i] ?? 1;
    const start = positive(starts[i] ?? 0, length);
    const first = Math.min(Math.max(start, 0), step < 0 ? length - 1 : length);
    maps[axis] = selection(to[axis] ?? 1, (at) => first + at * step);
  });
  return linear(from, maps);
};

/** Indices along an axis. */
const gather: Form = ({ node, from, values }) => {
  const indices = values(1);
  if (indices === undefined) return undefined;
  const axis = positive(intOf(node, "axis", 0), from.length);
  const length = from[axis] ?? 1;
  const taken = selection(indices.length, (at) => positive(indices[at] ?? 0, length));
  return linear(
    from,
    from.map((_, at) => (at === axis ? taken : null)),
  );
};

/** Where padding takes its values from, by the position before the first or after the last. */
const paddings: Readonly<Record<string, (at: number, length: number) => number | undefined>> = {
  constant: () => undefined,
  edge: (at, length) => (at < 0 ? 0 : length - 1),
  reflect: (at, length) => (at < 0 ? -at : 2 * (length - 1) - at),
  wrap: (at, length) => (at + length) % length,
};

const pad: Form = ({ node, from, ints, values, to }) => {
  const mode = paddings[textOf(node, "mode", "constant")];
  const pads = ints(1, "pads");
  const axes = node.input[3] ? values(3) : from.map((_, axis) => axis);
  if (mode === undefined || pads === undefined || axes === undefined) return undefined;
  const maps = from.map((): AxisMap | null => null);
  axes.forEach((given, i) => {
    const axis = positive(given, from.length);
    const length = from[axis] ?? 1;
    maps[axis] = selection(to[axis] ?? 1, (position) => {
      const at = position - (pads[i] ?? 0);
      return at >= 0 && at < length ? at : mode(at, length);
    });
  });
  return linear(from, maps);
};

const resize: Form = ({ node, around, from, to }) => {
  if (from.length !== to.length) return undefined;
  const maps = from.map((length, axis) =>
    resizeMap(node, around, { axis, rank: from.length, length, to: to[axis] ?? 1 }),
  );
  return maps.every((map) => map !== undefined) ? linear(from, maps) : undefined;
};

/**
 * A quotient of a signal and numbers: the mean of their inverses' magnitudes, as products have that of their factors'. What is computed
 * of no image is not known here, and counts as 1.
 */
const quotient: Form = ({ node, around, from, to }) => {
  const divisor = around.operand(node.input[1] ?? "");
  const by = divisor?.values ??
    divisor?.parameter?.values ?? [divisor?.parameter ? expectedMagnitude(divisor.parameter) : 1];
  if (by.includes(0) || !isSameShape(from, to)) return undefined;
  return linear(from, unchanged(from), meanMagnitude([...by].map((value) => 1 / value)));
};

/** Of products, those by what is computed of no image; others are of the closed set. */
const product: Form = ({ from, to }) => (isSameShape(from, to) ? linear(from, unchanged(from)) : undefined);

function unchanged(shape: Shape): AlongAxesAttributes["maps"] {
  return shape.map(() => null);
}

const forms: Readonly<Record<string, Form>> = {
  Div: quotient,
  Expand: expand,
  Gather: gather,
  GlobalAveragePool: globalAveragePool,
  Mul: product,
  Pad: pad,
  ReduceMean: reduced((length) => 1 / length),
  ReduceSum: reduced(() => 1),
  Resize: resize,
  Slice: slice,
  Tile: tile,
  Upsample: resize,
};
