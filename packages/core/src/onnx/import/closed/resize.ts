/**
 * @file Resize by the nearest position or by linear interpolation, along one axis. Cubic interpolation has negative weights, which a
 * linearised network has not. https://onnx.ai/onnx/operators/onnx__Resize.html
 */

import type { NodeProto } from "onnx-buf";
import type { AxisMap } from "../../../graph/operators/along-axes.js";
import { floatListOf, intOf, intsOf, textOf } from "../file/attributes.js";
import type { Surroundings } from "./form.js";

const { fround } = Math;

/** An axis that is resized. */
interface ResizedAxis {
  readonly axis: number;
  readonly rank: number;
  readonly length: number;
  readonly to: number;
}

/** The map of an axis; `null` where it stays as it is; `undefined` where it is not known or not covered. */
export function resizeMap(node: NodeProto, around: Surroundings, resized: ResizedAxis): AxisMap | null | undefined {
  const { length, to } = resized;
  const scale = scaleOf(node, around, resized);
  if (scale === 1 && length === to) return null;
  const isAntialiased = intOf(node, "antialias", 0) === 1 && scale < 1;
  const policy = textOf(node, "keep_aspect_ratio_policy", "stretch");
  const original = coordinateOf(node, around, resized, scale);
  if (isAntialiased || policy !== "stretch" || original === undefined) return undefined;
  const positions = Array.from({ length: to }, (_, at) => original(at));
  switch (textOf(node, "mode", "nearest")) {
    case "nearest": {
      const round = roundingOf(node, around, scale);
      return round && { to, terms: positions.map((at) => [[clamped(round(at), length), 1]]) };
    }
    case "linear":
      return { to, terms: positions.map((at) => interpolated(at, length)) };
    default:
      return undefined;
  }
}

function clamped(at: number, length: number): number {
  return Math.min(Math.max(at, 0), length - 1);
}

function interpolated(at: number, length: number): [number, number][] {
  const position = clamped(at, length);
  const before = Math.floor(position);
  const share = position - before;
  return share === 0
    ? [[before, 1]]
    : [
        [before, 1 - share],
        [before + 1, share],
      ];
}

/** How many times longer the axis becomes, as the runtime takes it: in float32. */
function scaleOf(node: NodeProto, around: Surroundings, { axis, rank, length, to }: ResizedAxis): number {
  const at = (intsOf(node, "axes") ?? Array.from({ length: rank }, (_, i) => i)).findIndex(
    (given) => (given < 0 ? given + rank : given) === axis,
  );
  if (at === -1) return 1;
  const name = node.input[around.opset < 11 ? 1 : 2] ?? "";
  const scales = name === "" ? floatListOf(node, "scales") : around.operand(name)?.values;
  return fround(scales?.[at] ?? to / length);
}

type Coordinate = (at: number) => number;

/** The position of the input that a position of the output stands for; in float32, so that it is rounded as the runtime rounds it. */
function coordinateOf(
  node: NodeProto,
  around: Surroundings,
  { length, to }: ResizedAxis,
  scale: number,
): Coordinate | undefined {
  const isOld = around.opset < 11;
  const halfPixel: Coordinate = (at) => fround(fround((at + 0.5) / scale) - 0.5);
  switch (isOld ? "asymmetric" : textOf(node, "coordinate_transformation_mode", "half_pixel")) {
    case "asymmetric":
      return (at) => fround(at / scale);
    case "half_pixel":
      return halfPixel;
    case "pytorch_half_pixel":
      return to > 1 ? halfPixel : () => 0;
    case "half_pixel_symmetric": {
      const offset = (length / 2) * (1 - to / (scale * length));
      return (at) => fround(offset + halfPixel(at));
    }
    case "tf_half_pixel_for_nn":
      return (at) => fround((at + 0.5) / scale);
    case "align_corners":
      return to > 1 ? (at) => fround((at * (length - 1)) / (to - 1)) : () => 0;
    default:
      return undefined;
  }
}

function roundingOf(node: NodeProto, around: Surroundings, scale: number): Coordinate | undefined {
  if (around.opset < 11) return scale < 1 ? Math.ceil : Math.floor;
  switch (textOf(node, "nearest_mode", "round_prefer_floor")) {
    case "round_prefer_floor":
      return (at) => Math.ceil(at - 0.5);
    case "round_prefer_ceil":
      return (at) => Math.floor(at + 0.5);
    case "floor":
      return Math.floor;
    case "ceil":
      return Math.ceil;
    default:
      return undefined;
  }
}
