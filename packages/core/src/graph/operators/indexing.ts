/**
 * @file Operators that take parts of a tensor, put them together, or repeat it. https://onnx.ai/onnx/operators/onnx__Slice.html
 *
 * They have no flow: networks of ours are not built of them, and those of files have nodes of their own for what is selected along an
 * axis. Gradients are.
 */

import { GraphError } from "../../base/errors.js";
import type { Arithmetic } from "../arithmetic.js";
import type { Tensor } from "../builder.js";
import { at, ofOutput } from "../gradient-rule.js";
import type { Shape } from "../graph.js";
import { axisOf, dimension, isSameShape, type Operand, type Operator, operand, show } from "../operator.js";
import { broadcast } from "./elementwise.js";

/** Positions of an axis that a slice takes: `length` of them from `start` on. */
interface Taken {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** What a slice takes of each axis: starts, ends, axes and steps are constant inputs. */
function takenOf(inputs: readonly Operand[]): readonly Taken[] {
  const { shape } = operand(inputs, 0, "a tensor");
  const constant = (index: number, role: string, otherwise?: readonly number[]) => {
    const values = inputs[index] === undefined ? otherwise : inputs[index].values;
    if (values === undefined) throw new GraphError(`needs ${role} that are a constant`);
    return values;
  };
  const [starts, ends] = [constant(1, "starts"), constant(2, "ends")];
  const axes = constant(3, "axes", [...starts.keys()]).map((axis) => axisOf(axis, shape));
  const steps = constant(4, "steps", new Array<number>(starts.length).fill(1));
  const taken = shape.map((length): Taken => ({ start: 0, step: 1, length }));
  axes.forEach((axis, i) => {
    const n = dimension(shape, axis);
    const position = (given: number) => Math.max(0, Math.min(n, given < 0 ? given + n : given));
    const [start, end, step] = [position(starts[i] ?? 0), position(ends[i] ?? n), steps[i] ?? 1];
    if (!(step >= 1)) throw new GraphError(`steps ${show(steps)} need whole numbers from 1`);
    taken[axis] = { start, step, length: Math.ceil((end - start) / step) };
  });
  if (!taken.every(({ length }) => length >= 1)) {
    throw new GraphError(`from ${show(starts)} to ${show(ends)} nothing is left of an axis`);
  }
  return taken;
}

/** Zeros between the positions of each axis, `step - 1` of them behind each. */
function spread(b: Arithmetic, g: Tensor, steps: readonly number[]): Tensor {
  if (steps.every((step) => step === 1)) return g;
  const apart = b.reshape(
    g,
    g.shape.flatMap((n) => [n, 1]),
  );
  const after = steps.flatMap((step) => [0, step - 1]);
  const padded = b.pad(
    apart,
    after.map(() => 0),
    after,
  );
  return b.reshape(
    padded,
    g.shape.map((n, axis) => n * (steps[axis] ?? 1)),
  );
}

export const Slice: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => [takenOf(inputs).map(({ length }) => length)],
  gradient: ofOutput((g, { b, inputs }) => [
    () => {
      const taken = takenOf(inputs);
      const { shape } = at(inputs, 0);
      const apart = spread(
        b,
        g,
        taken.map(({ step }) => step),
      );
      const room = shape.map((n, axis) => n - (taken[axis]?.start ?? 0));
      const cut = b.slice(
        apart,
        shape.map(() => 0),
        apart.shape.map((n, axis) => Math.min(n, room[axis] ?? n)),
      );
      return b.pad(
        cut,
        taken.map(({ start }) => start),
        cut.shape.map((n, axis) => (room[axis] ?? n) - n),
      );
    },
  ]),
};

/** Repeats a tensor along axes of length 1, to a shape that is a constant input. */
export const Expand: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => {
    const target = operand(inputs, 1, "a shape").values;
    if (target === undefined) throw new GraphError("needs a shape that is a constant");
    return [broadcast(operand(inputs, 0, "a tensor").shape, target)];
  },
  gradient: ofOutput((g, { b, inputs }) => [() => b.sumTo(g, at(inputs, 0).shape)]),
};

/** Of `Gather` and `GatherElements`. */
export interface GatherAttributes {
  /** The axis; negative ones count from the end. */
  readonly axis: number;
}

/** Of `ScatterElements`. */
export interface ScatterElementsAttributes extends GatherAttributes {
  /** How what is scattered is joined with what is there: "add". */
  readonly reduction: string;
}

function fitsElements(data: Shape, indices: Shape, axis: number): boolean {
  return data.length === indices.length && indices.every((n, i) => i === axis || n <= dimension(data, i));
}

/** Parts along an axis, whole, by their positions. */
export const Gather: Operator<GatherAttributes> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: 0 }),
  shape: (inputs, attributes) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const axis = axisOf(attributes.axis, shape);
    return [[...shape.slice(0, axis), ...operand(inputs, 1, "indices").shape, ...shape.slice(axis + 1)]];
  },
  gradient: ofOutput((g, { b, inputs, attributes }) => [
    () => {
      const [x, indices] = [at(inputs, 0), at(inputs, 1)];
      const axis = axisOf(attributes.axis, x.shape);
      const count = indices.shape.reduce((product, n) => product * n, 1);
      const parts = x.shape.with(axis, count);
      const positions = b.reshape(
        indices,
        parts.map((n, i) => (i === axis ? n : 1)),
      );
      const inputsOfScatter = [b.expand(0, x.shape), b.expand(positions, parts), b.reshape(g, parts)];
      return b.node("ScatterElements", inputsOfScatter, { axis, reduction: "add" });
    },
  ]),
};

/** Elements by their positions along an axis. */
export const GatherElements: Operator<GatherAttributes> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: 0 }),
  shape: (inputs, attributes) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const indices = operand(inputs, 1, "indices").shape;
    if (!fitsElements(shape, indices, axisOf(attributes.axis, shape))) throw new GraphError("indices do not fit");
    return [indices];
  },
  gradient: ofOutput((g, { b, inputs, attributes: { axis } }) => [
    () => {
      const [x, indices] = [at(inputs, 0), at(inputs, 1)];
      return b.node("ScatterElements", [b.expand(0, x.shape), indices, g], { axis, reduction: "add" });
    },
  ]),
};

/** Adds elements to a tensor, at their positions along an axis. */
export const ScatterElements: Operator<ScatterElementsAttributes> = {
  attributeTypes: { axis: "int", reduction: "string" },
  defaults: () => ({ axis: 0, reduction: "none" }),
  shape: (inputs, { axis, reduction }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const indices = operand(inputs, 1, "indices").shape;
    const updates = operand(inputs, 2, "updates").shape;
    if (reduction !== "add") throw new GraphError(`the reduction is "add", was given "${reduction}"`);
    if (!isSameShape(indices, updates) || !fitsElements(shape, indices, axisOf(axis, shape))) {
      throw new GraphError("indices and updates do not fit");
    }
    return [shape];
  },
  gradient: ofOutput((g, { b, inputs, attributes: { axis } }) => [
    () => g,
    undefined,
    () => b.node("GatherElements", [g, at(inputs, 1)], { axis }),
  ]),
};
