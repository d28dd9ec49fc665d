/**
 * @file What an operator knows of gradients: from the gradients of what a node gives, nodes of the closed set that compute those of
 * what it takes (vector-Jacobian products; Griewank and Walther 2008, Evaluating Derivatives, chapter 3).
 */

import type { Arithmetic } from "./arithmetic.js";
import type { Tensor } from "./builder.js";

/** A node whose inputs' gradients are wanted. */
export interface GradientSite<A> {
  /** Adds nodes. */
  readonly b: Arithmetic;
  readonly inputs: readonly Tensor[];
  /** What the node gives, and what it was made to give for this rule: see `Operator.saves`. */
  readonly outputs: readonly Tensor[];
  /** Of the outputs; `undefined` where none reaches one. */
  readonly gradients: readonly (Tensor | undefined)[];
  readonly attributes: A;
}

/** Builds the gradient of an input. It is called where that is wanted, and only there. */
export type InputGradient = () => Tensor | undefined;

/** One an input. `undefined` where the derivative is zero almost everywhere or the input is no number, such as a shape. */
export type InputGradients = readonly (InputGradient | undefined)[];

/**
 * A rule for nodes of one output.
 * @param rule - Given the gradient of the output first.
 */
export function ofOutput<A>(
  rule: (g: Tensor, site: GradientSite<A>) => InputGradients,
): (site: GradientSite<A>) => InputGradients {
  return (site) => {
    const [g] = site.gradients;
    return g === undefined ? [] : rule(g, site);
  };
}

/** Tensor number `index` of a node that fits its operator. */
export function at(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined) throw new Error(`there is no tensor ${index}`);
  return tensor;
}

/** A rule for `f(x)`, element by element, whose derivative is given. */
export function elementwise<A>(
  derivative: (b: Arithmetic, x: Tensor, y: Tensor, attributes: A) => Tensor,
): (site: GradientSite<A>) => InputGradients {
  return ofOutput((g, { b, inputs, outputs, attributes }) => [
    () => b.mul(g, derivative(b, at(inputs, 0), at(outputs, 0), attributes)),
  ]);
}
