/**
 * @file What the graph knows of an operator: one object holds its rules for shape, cost, flow and gradient, so that a new operator
 * is one object and one registry line.
 */

import { GraphError } from "../base/errors.js";
import type { FlowRule, NormalisationFlow } from "./flow-rule.js";
import type { GradientSite, InputGradients } from "./gradient-rule.js";
import type { Parameter, Shape } from "./graph.js";

/** The types that ONNX attributes of the closed set have; `none`: it is known to the graph alone, and is in no file. */
export type AttributeType = "int" | "ints" | "float" | "string" | "none";

export type AttributeValue = number | string | readonly number[];

/** An input of a node as its rules see it: an activation, a constant with its values, or a parameter. */
export interface Operand {
  /** Dimensions, outermost first. */
  readonly shape: Shape;
  /** The values of a constant. */
  readonly values?: readonly number[];
  /** Where it is one. */
  readonly parameter?: Parameter;
}

/** Where a rule is applied: the operands, the shapes that came out, the attributes. */
export interface Site<A> {
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Shape[];
  readonly attributes: A;
}

export interface Operator<A = Readonly<Record<string, AttributeValue>>> {
  /** ONNX type of each attribute. */
  readonly attributeTypes: { readonly [K in keyof A]: AttributeType };
  /** The values that ONNX gives to attributes that a node leaves out. */
  defaults(inputs: readonly Operand[]): A;
  /**
   * Shapes of the outputs.
   * @throws {@link GraphError} where the shapes of the inputs do not fit; the builder adds the node's name and the shapes.
   */
  shape(inputs: readonly Operand[], attributes: A, outputs: number): readonly Shape[];
  /** Multiply-accumulates of one application at batch 1; absent: none. */
  readonly macs?: (site: Site<A>) => number;
  /** True for the nonlinearities that activation metrics look at (not softmax). */
  readonly nonlinearity?: boolean;
  /** True where the output may take the place of the first input in memory. */
  readonly inPlace?: boolean;
  /** The linearised network's signal and gradient through this operator; absent: flow metrics cannot score it. */
  readonly flow?: (site: Site<A>, normalisation: NormalisationFlow) => FlowRule;
  /** Builds the gradients of the inputs; absent: it cannot be differentiated. */
  readonly gradient?: (site: GradientSite<A>) => InputGradients;
  /** Outputs that a node gives besides when its gradient is wanted: what the rule would have to compute a second time. */
  readonly saves?: number;
}

/** Operand number `index`, which the operator cannot do without. */
export function operand(inputs: readonly Operand[], index: number, role: string): Operand {
  const found = inputs[index];
  if (found === undefined) throw new GraphError(`needs ${role} as input ${index}, was given ${inputs.length} inputs`);
  return found;
}

/** The length of an axis of a shape that has that many axes. */
export function dimension(shape: Shape, axis: number): number {
  const n = shape[axis];
  if (n === undefined) throw new GraphError(`axis ${axis} is out of range for shape ${show(shape)}`);
  return n;
}

/** The shape of a feature map `[N, C, H, W]`. */
export function featureMap(input: Operand): readonly [number, number, number, number] {
  const [n, c, h, w] = input.shape;
  if (input.shape.length !== 4 || n === undefined || c === undefined || h === undefined || w === undefined) {
    throw new GraphError(`needs a feature map [N, C, H, W], was given ${show(input.shape)}`);
  }
  return [n, c, h, w];
}

/** ONNX counts negative axes from the end. */
export function axisOf(axis: number, shape: Shape): number {
  const positive = axis < 0 ? axis + shape.length : axis;
  dimension(shape, positive);
  return positive;
}

export function isSameShape(a: Shape, b: Shape): boolean {
  return a === b || (a.length === b.length && a.every((n, axis) => n === b[axis]));
}

/** `[1, 24, 64, 64]`, as error messages show shapes. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
