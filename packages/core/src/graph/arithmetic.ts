/**
 * @file Arithmetic on the tensors of a graph, as gradients and losses are written. What is there already, the same operator of the same
 * inputs, is taken and not built a second time; names are found for what is new.
 */

import { GraphError } from "../base/errors.js";
import type { GraphBuilder, Tensor } from "./builder.js";
import { type AttributesOf, elements, type Graph, type OperatorName, type Shape } from "./graph.js";
import { axisOf, isSameShape, show } from "./operator.js";
import { rulesOf } from "./rules.js";

/** Adds nodes to a builder. A number stands for a tensor without axes. */
export class Arithmetic {
  readonly #b: GraphBuilder;
  readonly #known = new Map<string, readonly Tensor[]>();
  readonly #names: Set<string>;
  #place: string;

  /**
   * @param on - What the builder was begun with.
   * @param place - Prefix of new names.
   */
  constructor(b: GraphBuilder, on: Graph | undefined, place: string) {
    this.#b = b;
    this.#place = place;
    this.#names = new Set([...(on?.nodes.map(({ name }) => name) ?? []), ...(on?.constants.keys() ?? [])]);
    for (const { operator, inputs, outputs, attributes } of on?.nodes ?? []) {
      const tensors = outputs.map((name) => b.tensor(name));
      this.#known.set(keyOf(operator, inputs, outputs.length, attributes), tensors);
    }
  }

  /** What is built in `build` is named by `place`. */
  within<T>(place: string, build: () => T): T {
    const outer = this.#place;
    this.#place = place;
    try {
      return build();
    } finally {
      this.#place = outer;
    }
  }

  nodes<K extends OperatorName>(
    operator: K,
    inputs: readonly Tensor[],
    outputs: number,
    attributes: Partial<AttributesOf<K>> = {},
  ): readonly Tensor[] {
    const names = inputs.map(({ name }) => name);
    const whole = Object.assign({}, rulesOf(operator).defaults(inputs), attributes);
    const given = keyOf(operator, names, outputs, whole);
    const known = this.#known.get(given);
    if (known !== undefined) return known;
    const layer = this.#layer(operator);
    const tensors = this.#b.nodes(operator, layer, inputs, outputs, attributes);
    this.#known.set(given, tensors);
    return tensors;
  }

  node<K extends OperatorName>(
    operator: K,
    inputs: readonly Tensor[],
    attributes: Partial<AttributesOf<K>> = {},
  ): Tensor {
    const [only] = this.nodes(operator, inputs, 1, attributes);
    if (only === undefined) throw new GraphError(`${operator} has no output`);
    return only;
  }

  constant(values: readonly number[], shape: Shape = [values.length]): Tensor {
    return this.#constant("float32", values, shape);
  }

  integers(values: readonly number[]): Tensor {
    return this.#constant("int64", values, [values.length]);
  }

  add(a: Tensor, b: Tensor | number): Tensor {
    return b === 0 ? a : this.node("Add", [a, this.#operand(b)]);
  }

  sub(a: Tensor | number, b: Tensor): Tensor {
    return this.node("Sub", [this.#operand(a), b]);
  }

  mul(a: Tensor, b: Tensor | number): Tensor {
    return b === 1 ? a : this.node("Mul", [a, this.#operand(b)]);
  }

  div(a: Tensor | number, b: Tensor): Tensor {
    return this.node("Div", [this.#operand(a), b]);
  }

  /** The sum over axes, which stay with length 1. */
  sum(x: Tensor, axes: readonly number[]): Tensor {
    return axes.length === 0 ? x : this.node("ReduceSum", [x, this.integers(axes)], { keepdims: 1 });
  }

  /** The sum over axes, which go. */
  sumAway(x: Tensor, axes: readonly number[]): Tensor {
    return axes.length === 0 ? x : this.node("ReduceSum", [x, this.integers(axes)], { keepdims: 0 });
  }

  /** The mean over axes, which stay with length 1. */
  mean(x: Tensor, axes: readonly number[]): Tensor {
    const count = axes.reduce((product, axis) => product * (x.shape[axisOf(axis, x.shape)] ?? 1), 1);
    return this.mul(this.sum(x, axes), 1 / count);
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return isSameShape(x.shape, shape) ? x : this.node("Reshape", [x, this.integers(shape)]);
  }

  transpose(x: Tensor, perm: readonly number[]): Tensor {
    return perm.every((axis, i) => axis === i) ? x : this.node("Transpose", [x], { perm });
  }

  /** The last two axes change places. */
  turned(x: Tensor): Tensor {
    const rank = x.shape.length;
    return this.transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
  }

  /** Repeated to a shape that it broadcasts to. */
  expand(x: Tensor | number, shape: Shape): Tensor {
    const tensor = this.#operand(x);
    return isSameShape(tensor.shape, shape) ? tensor : this.node("Expand", [tensor, this.integers(shape)]);
  }

  /** Summed to the shape that was stretched by broadcasting: what undoes `expand` for gradients. */
  sumTo(x: Tensor, shape: Shape): Tensor {
    const lead = x.shape.length - shape.length;
    const axes = [...x.shape.keys()].filter((axis) => axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1));
    return this.reshape(this.sumAway(x, axes), shape);
  }

  /** Positions from `starts` (inclusive) to `ends` (exclusive) of all axes. */
  slice(x: Tensor, starts: readonly number[], ends: readonly number[], steps = starts.map(() => 1)): Tensor {
    const isWhole = x.shape.every((n, i) => starts[i] === 0 && (ends[i] ?? 0) >= n && steps[i] === 1);
    if (isWhole) return x;
    const axes = this.integers([...x.shape.keys()]);
    return this.node("Slice", [x, this.integers(starts), this.integers(ends), axes, this.integers(steps)]);
  }

  /** Zeros around: before and after each axis. */
  pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
    if ([...before, ...after].every((n) => n === 0)) return x;
    return this.node("Pad", [x, this.integers([...before, ...after])]);
  }

  /** A vector by channel, to be broadcast over `[N, C, ...]`. */
  byChannel(x: Tensor, rank: number): Tensor {
    return this.reshape(x, [elements(x.shape), ...new Array<number>(rank - 2).fill(1)]);
  }

  #operand(x: Tensor | number): Tensor {
    return typeof x === "number" ? this.constant([x], []) : x;
  }

  #constant(type: "float32" | "int64", values: readonly number[], shape: Shape): Tensor {
    const key = `${type} ${show(shape)} ${values.join()}`;
    const [known] = this.#known.get(key) ?? [];
    if (known !== undefined) return known;
    const fresh = this.#b.constant(this.#unique(`${this.#place}/constant`), type, values, shape);
    this.#known.set(key, [fresh]);
    return fresh;
  }

  #layer(operator: OperatorName): string {
    const name = this.#unique(`${this.#place}/${operator}`, (n) => `${this.#place}/${n}/${operator}`);
    return name.slice(0, -operator.length - 1);
  }

  #unique(name: string, numbered = (n: number) => `${name}${n}`): string {
    let free = name;
    for (let n = 2; this.#names.has(free); n++) free = numbered(n);
    this.#names.add(free);
    return free;
  }
}

function keyOf(operator: string, inputs: readonly string[], outputs: number, attributes: object): string {
  return `${operator} ${JSON.stringify(inputs)} ${outputs} ${JSON.stringify(attributes)}`;
}
