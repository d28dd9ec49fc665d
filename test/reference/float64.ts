/**
 * @file Every operator of the closed set in float64, slow and dense, from ONNX's own definitions: what gradients and runtimes are held
 * against. Reads a graph's data and nothing else of the package.
 */

import { elements, type Graph, type Node, type Shape, shapeOf } from "../../packages/core/src/graph/graph.js";

interface Value {
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** The values of all tensors of a graph. `given` has those of the input and of the parameters. */
export function evaluate(graph: Graph, given: ReadonlyMap<string, Float64Array>): ReadonlyMap<string, Float64Array> {
  const tensors = new Map(given);
  for (const { name, values } of graph.constants.values()) tensors.set(name, Float64Array.from(values));
  for (const node of graph.nodes) {
    const operands = node.inputs.map((name) => ({
      shape: shapeOf(graph, name),
      values: tensors.get(name) ?? missing(name),
    }));
    const shapes = node.outputs.map((name) => shapeOf(graph, name));
    results(node, operands, shapes).forEach((values, i) => {
      tensors.set(node.outputs[i] ?? "", values);
    });
  }
  return tensors;
}

function missing(name: string): never {
  throw new Error(`tensor "${name}" is used before it is there`);
}

/** The values of an output, from its indices. */
function filled(shape: Shape, value: (index: readonly number[], at: number) => number): Float64Array {
  const result = new Float64Array(elements(shape));
  const index = shape.map(() => 0);
  for (let at = 0; at < result.length; at++) {
    result[at] = value(index, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      index[axis] = 0;
    }
  }
  return result;
}

function flat(shape: Shape, index: readonly number[]): number {
  return shape.reduce((at, n, axis) => at * n + (index[axis] ?? 0), 0);
}

/** The element that lies at an index of a shape that the tensor broadcasts to. */
function stretched({ shape, values }: Value, index: readonly number[]): number {
  const lead = index.length - shape.length;
  return (
    values[
      flat(
        shape,
        shape.map((n, axis) => (n === 1 ? 0 : (index[axis + lead] ?? 0))),
      )
    ] ?? Number.NaN
  );
}

function element({ shape, values }: Value, index: readonly number[]): number {
  return index.every((i, axis) => i >= 0 && i < (shape[axis] ?? 0)) ? (values[flat(shape, index)] ?? Number.NaN) : 0;
}

/** Sums or maxima over some axes, which stay with length 1. */
function reduced(
  { shape, values }: Value,
  axes: readonly number[],
  join: (a: number, b: number) => number,
  start: number,
) {
  const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const result = new Float64Array(elements(kept)).fill(start);
  filled(shape, (index, at) => {
    const to = flat(
      kept,
      index.map((i, axis) => (axes.includes(axis) ? 0 : i)),
    );
    result[to] = join(result[to] ?? Number.NaN, values[at] ?? Number.NaN);
    return 0;
  });
  return { shape: kept, values: result };
}

const plus = (a: number, b: number) => a + b;

function positive(axis: number, shape: Shape): number {
  return axis < 0 ? axis + shape.length : axis;
}

/** The error function by its Taylor series, or by the continued fraction of its complement (Abramowitz and Stegun 7.1.5, 7.1.14). */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 3) {
    let sum = 0;
    for (let n = 0, term = x; n < 100; n++, term *= (-x * x) / n) sum += term / (2 * n + 1);
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 100; n >= 1; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (size + fraction));
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const clamp = (x: number, low: number, high: number) => Math.max(low, Math.min(high, x));

type Unary = (x: number) => number;

const unary: Readonly<Record<string, Unary>> = {
  Abs: Math.abs,
  Erf: erf,
  Exp: Math.exp,
  Gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  HardSwish: (x) => x * clamp(x / 6 + 0.5, 0, 1),
  Log: Math.log,
  Relu: (x) => Math.max(0, x),
  Sigmoid: sigmoid,
  Sign: Math.sign,
  Sqrt: Math.sqrt,
  Swish: (x) => x * sigmoid(x),
};

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: plus,
  Div: (a, b) => a / b,
  Mul: (a, b) => a * b,
  Sub: (a, b) => a - b,
};

type Windows = Extract<Node, { operator: "MaxPool" }>["attributes"] & { readonly dilations?: readonly number[] };

/** Where a tap of a window lies on one axis. */
function tapAt({ strides, pads, dilations = [1, 1] }: Windows, axis: 0 | 1, out: number, tap: number): number {
  return out * (strides[axis] ?? 1) + tap * (dilations[axis] ?? 1) - (pads[axis] ?? 0);
}

function convolution(
  x: Value,
  weight: Value,
  bias: Value | undefined,
  output: Shape,
  attributes: Windows & { readonly group: number },
) {
  const [out = 1, perGroup = 1, rows = 1, columns = 1] = weight.shape;
  return filled(output, ([n = 0, o = 0, y = 0, z = 0]) => {
    let sum = bias?.values[o] ?? 0;
    const first = Math.floor(o / (out / attributes.group)) * perGroup;
    for (let c = 0; c < perGroup; c++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          sum +=
            element(x, [n, first + c, tapAt(attributes, 0, y, i), tapAt(attributes, 1, z, j)]) *
            element(weight, [o, c, i, j]);
    return sum;
  });
}

/** Each element of the input is laid down times the kernel. */
function transposedConvolution(
  x: Value,
  weight: Value,
  bias: Value | undefined,
  output: Shape,
  attributes: Windows & { readonly group: number },
) {
  const [channels = 1, perGroup = 1, rows = 1, columns = 1] = weight.shape;
  const result = filled(output, ([, o = 0]) => bias?.values[o] ?? 0);
  filled(x.shape, ([n = 0, c = 0, y = 0, z = 0], at) => {
    const first = Math.floor(c / (channels / attributes.group)) * perGroup;
    for (let o = 0; o < perGroup; o++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const index = [n, first + o, tapAt(attributes, 0, y, i), tapAt(attributes, 1, z, j)];
          if (!index.every((k, axis) => k >= 0 && k < (output[axis] ?? 0))) continue;
          const to = flat(output, index);
          result[to] = (result[to] ?? 0) + (x.values[at] ?? 0) * element(weight, [c, o, i, j]);
        }
    return 0;
  });
  return result;
}

/** The elements of a map that each window sees. */
function seen(x: Value, [n = 0, c = 0, y = 0, z = 0]: readonly number[], attributes: Windows): number[] {
  const [rows = 1, columns = 1] = attributes.kernel_shape;
  const [, , height = 1, width = 1] = x.shape;
  const found: number[] = [];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const [row, column] = [tapAt(attributes, 0, y, i), tapAt(attributes, 1, z, j)];
      if (row >= 0 && row < height && column >= 0 && column < width) found.push(flat(x.shape, [n, c, row, column]));
    }
  return found;
}

function results(node: Node, operands: readonly Value[], outputs: readonly Shape[]): readonly Float64Array[] {
  const [x = missing("operand"), second, third] = operands;
  const y = second ?? x;
  const [output = []] = outputs;
  const one = unary[node.operator];
  if (one !== undefined) return [x.values.map(one)];
  const both = binary[node.operator];
  if (both !== undefined) return [filled(output, (index) => both(stretched(x, index), stretched(y, index)))];
  switch (node.operator) {
    case "AveragePool":
      return [
        filled(output, (index) => {
          const found = seen(x, index, node.attributes);
          const count = node.attributes.count_include_pad ? elements(node.attributes.kernel_shape) : found.length;
          return found.reduce((sum, at) => sum + (x.values[at] ?? 0), 0) / count;
        }),
      ];
    case "BatchNormalization": {
      const of = (index: number, channel: number) => operands[index]?.values[channel] ?? Number.NaN;
      return [
        filled(output, ([, c = 0], at) => {
          const centred = (x.values[at] ?? 0) - of(3, c);
          return (centred / Math.sqrt(of(4, c) + node.attributes.epsilon)) * of(1, c) + of(2, c);
        }),
      ];
    }
    case "Clip": {
      const [low = -Infinity, high = Infinity] = [second?.values[0], third?.values[0]];
      return [x.values.map((value) => clamp(value, low, high))];
    }
    case "Concat": {
      const axis = positive(node.attributes.axis, output);
      return [
        filled(output, (index) => {
          let place = index[axis] ?? 0;
          for (const part of operands) {
            const length = part.shape[axis] ?? 0;
            if (place < length) return element(part, index.with(axis, place));
            place -= length;
          }
          return Number.NaN;
        }),
      ];
    }
    case "Conv":
      return [convolution(x, y, third, output, node.attributes)];
    case "ConvTranspose":
      return [transposedConvolution(x, y, third, output, node.attributes)];
    case "Expand":
      return [filled(output, (index) => stretched(x, index))];
    case "Flatten":
    case "Reshape":
      return [x.values];
    case "Gather": {
      const axis = positive(node.attributes.axis, x.shape);
      const count = y.shape.length;
      return [
        filled(output, (index) => {
          const place = element(y, index.slice(axis, axis + count));
          return element(x, [...index.slice(0, axis), place, ...index.slice(axis + count)]);
        }),
      ];
    }
    case "GatherElements": {
      const axis = positive(node.attributes.axis, x.shape);
      return [filled(output, (index, at) => element(x, index.with(axis, y.values[at] ?? 0)))];
    }
    case "Gemm": {
      const { alpha, beta, transA, transB } = node.attributes;
      const inner = x.shape[transA ? 0 : 1] ?? 0;
      return [
        filled(output, ([i = 0, j = 0]) => {
          let sum = 0;
          for (let k = 0; k < inner; k++)
            sum += element(x, transA ? [k, i] : [i, k]) * element(y, transB ? [j, k] : [k, j]);
          return alpha * sum + (third === undefined ? 0 : beta * stretched(third, [i, j]));
        }),
      ];
    }
    case "GlobalAveragePool": {
      const sums = reduced(x, [2, 3], plus, 0);
      return [sums.values.map((sum) => (sum * sums.values.length) / x.values.length)];
    }
    case "HardSigmoid":
      return [x.values.map((value) => clamp(node.attributes.alpha * value + node.attributes.beta, 0, 1))];
    case "LayerNormalization": {
      const first = positive(node.attributes.axis, x.shape);
      const axes = [...x.shape.keys()].slice(first);
      const count = elements(x.shape.slice(first));
      const sums = reduced(x, axes, plus, 0);
      const mean = { shape: sums.shape, values: sums.values.map((sum) => sum / count) };
      const centred = {
        shape: x.shape,
        values: filled(x.shape, (index) => element(x, index) - stretched(mean, index)),
      };
      const squares = reduced({ shape: x.shape, values: centred.values.map((value) => value * value) }, axes, plus, 0);
      const inverse = {
        shape: sums.shape,
        values: squares.values.map((sum) => 1 / Math.sqrt(sum / count + node.attributes.epsilon)),
      };
      const normal = (index: readonly number[]) =>
        element(centred, index) * stretched(inverse, index) * stretched(y, index) +
        (third ? stretched(third, index) : 0);
      return [filled(x.shape, normal), mean.values, inverse.values];
    }
    case "LogSoftmax":
    case "Softmax": {
      const axes = [positive(node.attributes.axis, x.shape)];
      const maxima = reduced(x, axes, Math.max, -Infinity);
      const shifted = filled(x.shape, (index) => element(x, index) - stretched(maxima, index));
      const sums = reduced({ shape: x.shape, values: shifted.map(Math.exp) }, axes, plus, 0);
      return [
        filled(x.shape, (index, at) => {
          const [value, sum] = [shifted[at] ?? 0, stretched(sums, index)];
          return node.operator === "Softmax" ? Math.exp(value) / sum : value - Math.log(sum);
        }),
      ];
    }
    case "LpNormalization": {
      const { p } = node.attributes;
      const powers = { shape: x.shape, values: x.values.map((value) => Math.abs(value) ** p) };
      const sums = reduced(powers, [positive(node.attributes.axis, x.shape)], plus, 0);
      return [filled(x.shape, (index, at) => (x.values[at] ?? 0) / stretched(sums, index) ** (1 / p))];
    }
    case "MatMul": {
      const inner = x.shape.at(-1) ?? 0;
      return [
        filled(output, (index) => {
          const [i = 0, j = 0] = index.slice(-2);
          const batch = index.slice(0, -2);
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += element(x, [...batch, i, k]) * stretched(y, [...batch, k, j]);
          return sum;
        }),
      ];
    }
    case "MaxPool": {
      const largest = (index: readonly number[]) =>
        seen(x, index, node.attributes).reduce((a, b) => ((x.values[b] ?? 0) > (x.values[a] ?? 0) ? b : a));
      const places = filled(output, largest);
      return [places.map((at) => x.values[at] ?? Number.NaN), places];
    }
    case "Pad":
      return [
        filled(output, (index) =>
          element(
            x,
            index.map((i, axis) => i - (y.values[axis] ?? 0)),
          ),
        ),
      ];
    case "ReduceSum": {
      const axes = [...y.values].map((axis) => positive(axis, x.shape));
      return [reduced(x, axes, plus, 0).values];
    }
    case "ScatterElements": {
      const axis = positive(node.attributes.axis, x.shape);
      const result = Float64Array.from(x.values);
      filled(y.shape, (index, at) => {
        const to = flat(x.shape, index.with(axis, y.values[at] ?? 0));
        result[to] = (result[to] ?? 0) + (third?.values[at] ?? Number.NaN);
        return 0;
      });
      return [result];
    }
    case "Slice": {
      const [, starts, ends, axes, steps] = operands;
      const start = x.shape.map(() => 0);
      const step = x.shape.map(() => 1);
      starts?.values.forEach((value, i) => {
        const axis = positive(axes?.values[i] ?? i, x.shape);
        const n = x.shape[axis] ?? 0;
        start[axis] = clamp(value < 0 ? value + n : value, 0, n);
        step[axis] = steps?.values[i] ?? 1;
      });
      if (ends === undefined) return missing("ends");
      return [
        filled(output, (index) =>
          element(
            x,
            index.map((i, axis) => (start[axis] ?? 0) + i * (step[axis] ?? 1)),
          ),
        ),
      ];
    }
    case "Split": {
      const axis = positive(node.attributes.axis, x.shape);
      let end = 0;
      return outputs.map((shape) => {
        const start = end;
        end += shape[axis] ?? 0;
        return filled(shape, (index) => element(x, index.with(axis, start + (index[axis] ?? 0))));
      });
    }
    case "Transpose": {
      const { perm } = node.attributes;
      return [
        filled(output, (index) =>
          element(
            x,
            x.shape.map((_, axis) => index[perm.indexOf(axis)] ?? 0),
          ),
        ),
      ];
    }
    default:
      throw new Error(`${node.operator} has no reference in float64`);
  }
}
