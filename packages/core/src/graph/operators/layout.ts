/**
 * @file Operators that move elements and compute nothing. https://onnx.ai/onnx/operators/onnx__Reshape.html
 *
 * Flow: profiles are permuted, merged and split with their axes; where one axis becomes two, each keeps its marginal.
 */

import { GraphError } from "../../base/errors.js";
import { concatenated, type MaybeField, reshaping, slice, uniform } from "../field.js";
import type { FlowRule, LayerFlow } from "../flow-rule.js";
import { at, type GradientSite, ofOutput } from "../gradient-rule.js";
import { elements, type Shape } from "../graph.js";
import { axisOf, dimension, isSameShape, type Operator, operand, show } from "../operator.js";

function reshapeFlow(from: Shape, to: Shape): FlowRule {
  const [forth, back] = [reshaping(from, to), reshaping(to, from)];
  return {
    kind: "layer",
    forward: (x) => x && forth(x),
    backward: (_, g) => g && back(g),
  };
}

const reshapedBack = ofOutput((g, { b, inputs }: Pick<GradientSite<never>, "b" | "inputs">) => [
  () => b.reshape(g, at(inputs, 0).shape),
]);

/** The target shape is a constant input: 0 copies the input's dimension, -1 stands for what is left. */
export const Reshape: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const target = operand(inputs, 1, "a target shape").values;
    if (target === undefined) throw new GraphError("needs a target shape that is a constant");
    const copied = target.map((n, axis) => (n === 0 ? dimension(shape, axis) : n));
    const known = elements(copied.filter((n) => n !== -1));
    const result = copied.map((n) => (n === -1 ? elements(shape) / known : n));
    if (elements(result) !== elements(shape) || !result.every((n) => Number.isInteger(n) && n > 0)) {
      throw new GraphError(`the tensor cannot take the shape ${show(target)}`);
    }
    return [result];
  },
  gradient: reshapedBack,
  inPlace: true,
  flow: ({ inputs, outputs }) => reshapeFlow(operand(inputs, 0, "a tensor").shape, outputs[0] ?? []),
};

/** Of `Flatten`. */
export interface FlattenAttributes {
  /** An axis; negative ones count from the end. */
  readonly axis: number;
}

export const Flatten: Operator<FlattenAttributes> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: 1 }),
  shape: (inputs, { axis }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const first = axis === shape.length ? axis : axisOf(axis, shape);
    return [[elements(shape.slice(0, first)), elements(shape.slice(first))]];
  },
  gradient: reshapedBack,
  inPlace: true,
  flow: ({ inputs, outputs }) => reshapeFlow(operand(inputs, 0, "a tensor").shape, outputs[0] ?? []),
};

/** Of `Transpose`. */
export interface TransposeAttributes {
  /** Which axis comes to each place. */
  readonly perm: readonly number[];
}

export const Transpose: Operator<TransposeAttributes> = {
  attributeTypes: { perm: "ints" },
  defaults: (inputs) => ({
    perm: operand(inputs, 0, "a tensor")
      .shape.map((_, axis) => axis)
      .toReversed(),
  }),
  shape: (inputs, { perm }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    if (perm.length !== shape.length || new Set(perm).size !== perm.length) {
      throw new GraphError(`perm ${show(perm)} is no permutation of the axes`);
    }
    return [perm.map((axis) => dimension(shape, axis))];
  },
  gradient: ofOutput((g, { b, attributes: { perm } }) => [
    () =>
      b.transpose(
        g,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
  ]),
  flow: ({ attributes: { perm } }) => {
    const back = perm.map((_, axis) => perm.indexOf(axis));
    return {
      kind: "layer",
      permutation: perm,
      forward: (x) => x && { log: x.log, axes: perm.map((axis) => x.axes[axis]) },
      backward: (_, g) => g && { log: g.log, axes: back.map((axis) => g.axes[axis]) },
    };
  },
};

/** Of `Split` and `Concat`. */
export interface AxisAttributes {
  /** An axis; negative ones count from the end. */
  readonly axis: number;
}

/** Splits an axis into parts, one an output, whose lengths are a constant input, or else equal. */
export const Split: Operator<AxisAttributes> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: 0 }),
  shape: (inputs, attributes, outputs) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const axis = axisOf(attributes.axis, shape);
    const whole = dimension(shape, axis);
    const lengths = inputs[1] === undefined ? new Array<number>(outputs).fill(whole / outputs) : inputs[1].values;
    if (lengths === undefined) throw new GraphError("needs lengths that are a constant");
    const isWhole = lengths.every((length) => Number.isInteger(length) && length > 0);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (!isWhole || lengths.length !== outputs || total !== whole) {
      throw new GraphError(`axis ${axis} does not split into ${outputs} parts ${show(lengths)}`);
    }
    return lengths.map((length) => shape.with(axis, length));
  },
  gradient: ({ b, outputs, gradients, attributes }) => [
    () =>
      b.node(
        "Concat",
        outputs.map(({ shape }, i) => gradients[i] ?? b.expand(0, shape)),
        attributes,
      ),
  ],
  flow: ({ inputs, outputs, attributes }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const axis = axisOf(attributes.axis, shape);
    const lengths = outputs.map((output) => dimension(output, axis));
    return {
      kind: "junction",
      forward: ([x]) => partsOf(x, axis, lengths),
      backward: (_, gradients) => [concatenated(gradients, axis, lengths)],
      narrowed: ({ output }) => partFlow(axis, lengths, output),
    };
  },
};

/** The parts of a field that are laid one after the other along an axis. */
function partsOf(field: MaybeField, axis: number, lengths: readonly number[]): readonly MaybeField[] {
  let end = 0;
  return lengths.map((length) => {
    const start = end;
    end += length;
    return slice(field, axis, start, length);
  });
}

/** One part of those that an axis is split into, where no gradient comes back of the others. */
function partFlow(axis: number, lengths: readonly number[], part: number): LayerFlow {
  const length = lengths[part] ?? 1;
  const start = lengths.slice(0, part).reduce((sum, other) => sum + other, 0);
  const alone = (g: MaybeField) =>
    concatenated(
      lengths.map((_, i) => (i === part ? g : undefined)),
      axis,
      lengths,
    );
  // Of a gradient that is constant along the axis, always the same profile.
  const constant = alone(uniform(axis + 1));
  return {
    kind: "layer",
    forward: (x) => slice(x, axis, start, length),
    backward: (_, g) => {
      if (g === undefined || constant === undefined || g.axes[axis] !== undefined) return alone(g);
      return { log: g.log + constant.log, axes: g.axes.with(axis, constant.axes[axis]) };
    },
  };
}

export const Concat: Operator<AxisAttributes> = {
  attributeTypes: { axis: "int" },
  defaults: () => ({ axis: 1 }),
  shape: (inputs, attributes) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const axis = axisOf(attributes.axis, shape);
    let whole = 0;
    for (const input of inputs) {
      const length = dimension(input.shape, axis);
      if (!isSameShape(input.shape.with(axis, 0), shape.with(axis, 0))) {
        throw new GraphError(`shapes do not fit along axis ${axis}`);
      }
      whole += length;
    }
    return [shape.with(axis, whole)];
  },
  gradient: ofOutput((g, { b, inputs, attributes }) => {
    const axis = axisOf(attributes.axis, g.shape);
    let end = 0;
    return inputs.map(({ shape }) => {
      const start = end;
      end += dimension(shape, axis);
      const [starts, ends] = [g.shape.map(() => 0).with(axis, start), g.shape.with(axis, end)];
      return () => b.slice(g, starts, ends);
    });
  }),
  flow: ({ inputs, outputs, attributes }) => {
    const axis = axisOf(attributes.axis, outputs[0] ?? []);
    const lengths = inputs.map((input) => dimension(input.shape, axis));
    return {
      kind: "junction",
      forward: (fields) => [concatenated(fields, axis, lengths)],
      backward: (_, [g]) => partsOf(g, axis, lengths),
    };
  },
};

/** Zeros around a tensor; their numbers are a constant input, those before each axis and then those after each. */
export const Pad: Operator<object> = {
  attributeTypes: {},
  defaults: () => ({}),
  shape: (inputs) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const pads = operand(inputs, 1, "pads").values;
    if (pads === undefined) throw new GraphError("needs pads that are a constant");
    if (inputs.length > 2) throw new GraphError("pads with zeros alone, and along all axes");
    if (pads.length !== 2 * shape.length || !pads.every((n) => Number.isInteger(n) && n >= 0)) {
      throw new GraphError(`needs two whole numbers from 0 an axis, was given ${show(pads)}`);
    }
    return [shape.map((n, axis) => n + (pads[axis] ?? 0) + (pads[axis + shape.length] ?? 0))];
  },
  gradient: ofOutput((g, { b, inputs }) => [
    () => {
      const { shape } = at(inputs, 0);
      const before = inputs[1]?.values?.slice(0, shape.length) ?? [];
      return b.slice(
        g,
        before,
        shape.map((n, axis) => n + (before[axis] ?? 0)),
      );
    },
  ]),
  flow: ({ inputs }) => {
    const { shape } = operand(inputs, 0, "a tensor");
    const pads = operand(inputs, 1, "pads").values ?? [];
    const borders = shape.map((length, axis) => ({
      axis,
      lengths: [pads[axis] ?? 0, length, pads[axis + shape.length] ?? 0],
    }));
    const padded = borders.filter(({ lengths: [before, , after] }) => before !== 0 || after !== 0);
    return {
      kind: "layer",
      forward: (x) =>
        padded.reduce((y, { axis, lengths }) => concatenated([undefined, y, undefined], axis, lengths), x),
      backward: (_, g) => padded.reduce((y, { axis, lengths }) => partsOf(y, axis, lengths)[1], g),
    };
  },
};
