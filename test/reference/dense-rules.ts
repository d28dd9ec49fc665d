/**
 * @file What each operator does in the linearised network, on dense float64 arrays: the rules behind
 * `linearised-network.ts`. Written from the definition alone (docs/entropic-score.md) and with no part of the closed form, so
 * that a mistake in one is not repeated in the other.
 *
 * Every operator here is linear in its signal, or linear in each of two operands. A rule is one enumeration of the terms
 * of that sum, in plain loops; forward and backward pass are both read off the enumeration.
 */

import { elements, type Node, type Shape } from "../../packages/core/src/graph/graph.js";

/** What enters a node: a signal, the magnitudes of a parameter, or a constant. */
export interface Operand {
  readonly kind: "signal" | "parameter" | "constant";
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** Normalisation layers as the identity, or as division by the mean over what they normalise, held constant. */
export type Normalisation = "identity" | "divide";

/** A node at given operands. */
export interface Applied {
  readonly outputs: readonly Float64Array[];
  /** Gradients of the operands from those of the outputs; `undefined` where none flows. */
  pullBack(gradients: readonly Float64Array[]): readonly (Float64Array | undefined)[];
}

/** Every `outputs[to][at] += factor * operands[from][index]`. */
type LinearTerms = (visit: (to: number, at: number, from: number, index: number, factor: number) => void) => void;

/** Every `output[at] += factor * left[i] * right[j]`. */
type BilinearTerms = (visit: (at: number, i: number, j: number) => void) => void;

function linear(operands: readonly Operand[], outputs: readonly Shape[], terms: LinearTerms): Applied {
  const results = outputs.map((shape) => new Float64Array(elements(shape)));
  terms((to, at, from, index, factor) => {
    const result = results[to] ?? missing("output");
    result[at] = (result[at] ?? 0) + factor * (operands[from]?.values[index] ?? Number.NaN);
  });
  return {
    outputs: results,
    pullBack: (gradients) => {
      const pulled = operands.map(({ kind, shape }) =>
        kind === "signal" ? new Float64Array(elements(shape)) : undefined,
      );
      terms((to, at, from, index, factor) => {
        const target = pulled[from] ?? missing("operand");
        target[index] = (target[index] ?? 0) + factor * (gradients[to]?.[at] ?? Number.NaN);
      });
      return pulled;
    },
  };
}

function bilinear(left: Operand, right: Operand, output: Shape, terms: BilinearTerms, factor = 1): Applied {
  const result = new Float64Array(elements(output));
  const a = left.values;
  const b = right.values;
  terms((at, i, j) => {
    result[at] = (result[at] ?? 0) + factor * (a[i] ?? Number.NaN) * (b[j] ?? Number.NaN);
  });
  return {
    outputs: [result],
    pullBack: ([gradient = missing("gradient")]) => {
      const toLeft = new Float64Array(a.length);
      const toRight = new Float64Array(b.length);
      terms((at, i, j) => {
        const g = factor * (gradient[at] ?? Number.NaN);
        toLeft[i] = (toLeft[i] ?? 0) + g * (b[j] ?? Number.NaN);
        toRight[j] = (toRight[j] ?? 0) + g * (a[i] ?? Number.NaN);
      });
      return [toLeft, toRight];
    },
  };
}

function missing(what: string): never {
  throw new Error(`the reference misses an ${what}`);
}

/** Sums operands that are stretched to the output's shape. */
function same(operands: readonly Operand[], [output = missing("output")]: readonly Shape[], factor = 1): Applied {
  return linear(operands, [output], (visit) => {
    operands.forEach(({ kind, shape }, from) => {
      if (kind !== "signal") return;
      for (let i = 0; i < elements(output); i++) visit(0, i, from, stretchedIndex(output, shape, i), factor);
    });
  });
}

/** Which element of a tensor lies at an index of the shape that it is stretched to. */
function stretchedIndex(to: Shape, from: Shape, index: number): number {
  if (elements(from) === elements(to)) return index;
  const lead = to.length - from.length;
  return from.reduce((sum, n, axis) => {
    const position = Math.floor(index / elements(to.slice(lead + axis + 1))) % (to[lead + axis] ?? 1);
    return sum * n + (n === 1 ? 0 : position);
  }, 0);
}

/** What carries no signal. */
function nothing(operands: readonly Operand[], outputs: readonly Shape[]): Applied {
  return {
    outputs: outputs.map((shape) => new Float64Array(elements(shape))),
    pullBack: () => operands.map(() => undefined),
  };
}

/** A signal times the magnitudes of a parameter, which is stretched to its shape and receives no gradient. */
function scaling(x: Operand, by: Operand, operands: readonly Operand[], output: Shape): Applied {
  const from = operands.indexOf(x);
  return linear(operands, [output], (visit) => {
    for (let i = 0; i < elements(output); i++) {
      visit(
        0,
        i,
        from,
        stretchedIndex(output, x.shape, i),
        by.values[stretchedIndex(output, by.shape, i)] ?? Number.NaN,
      );
    }
  });
}

type Conv = Extract<Node, { operator: "Conv" }>["attributes"];

function convolution(x: Operand, weight: Operand, output: Shape, attributes: Conv): Applied {
  const [, , height = 1, width = 1] = x.shape;
  const [channels = 1, perGroup = 1, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const [, , outHeight = 1, outWidth = 1] = output;
  const [strideY = 1, strideX = 1] = attributes.strides;
  const [top = 0, left = 0] = attributes.pads;
  const [dilationY = 1, dilationX = 1] = attributes.dilations;
  const outPerGroup = channels / attributes.group;
  return bilinear(x, weight, output, (visit) => {
    for (let o = 0; o < channels; o++) {
      for (let c = 0; c < perGroup; c++) {
        const plane = Math.floor(o / outPerGroup) * perGroup + c;
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const tap = ((o * perGroup + c) * kernelHeight + ky) * kernelWidth + kx;
            for (let oy = 0; oy < outHeight; oy++) {
              const iy = oy * strideY + ky * dilationY - top;
              if (iy < 0 || iy >= height) continue;
              for (let ox = 0; ox < outWidth; ox++) {
                const ix = ox * strideX + kx * dilationX - left;
                if (ix < 0 || ix >= width) continue;
                visit((o * outHeight + oy) * outWidth + ox, (plane * height + iy) * width + ix, tap);
              }
            }
          }
        }
      }
    }
  });
}

type ConvTranspose = Extract<Node, { operator: "ConvTranspose" }>["attributes"];

function transposedConvolution(x: Operand, weight: Operand, output: Shape, attributes: ConvTranspose): Applied {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  const [, perGroup = 1, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const [, , outHeight = 1, outWidth = 1] = output;
  const [strideY = 1, strideX = 1] = attributes.strides;
  const [top = 0, left = 0] = attributes.pads;
  const [dilationY = 1, dilationX = 1] = attributes.dilations;
  const inPerGroup = channels / attributes.group;
  return bilinear(x, weight, output, (visit) => {
    for (let c = 0; c < channels; c++) {
      for (let o = 0; o < perGroup; o++) {
        const plane = Math.floor(c / inPerGroup) * perGroup + o;
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const tap = ((c * perGroup + o) * kernelHeight + ky) * kernelWidth + kx;
            for (let iy = 0; iy < height; iy++) {
              const oy = iy * strideY + ky * dilationY - top;
              if (oy < 0 || oy >= outHeight) continue;
              for (let ix = 0; ix < width; ix++) {
                const ox = ix * strideX + kx * dilationX - left;
                if (ox < 0 || ox >= outWidth) continue;
                visit((plane * outHeight + oy) * outWidth + ox, (c * height + iy) * width + ix, tap);
              }
            }
          }
        }
      }
    }
  });
}

type Pooling = Extract<Node, { operator: "AveragePool" | "MaxPool" }>["attributes"];

/** Positions of a window that lie inside the map. */
function inside(first: number, taps: number, length: number): number[] {
  return Array.from({ length: taps }, (_, t) => first + t).filter((at) => at >= 0 && at < length);
}

/** Calls back with the index of each output and the indices of the inputs that its window sees. */
function eachWindow(
  [, channels = 1, height = 1, width = 1]: Shape,
  [, , outHeight = 1, outWidth = 1]: Shape,
  attributes: Pooling,
  visit: (at: number, seen: readonly number[]) => void,
): void {
  const [kernelY = 1, kernelX = 1] = attributes.kernel_shape;
  const [strideY = 1, strideX = 1] = attributes.strides;
  const [top = 0, left = 0] = attributes.pads;
  for (let c = 0; c < channels; c++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const rows = inside(oy * strideY - top, kernelY, height);
      for (let ox = 0; ox < outWidth; ox++) {
        const columns = inside(ox * strideX - left, kernelX, width);
        const seen = rows.flatMap((iy) => columns.map((ix) => (c * height + iy) * width + ix));
        visit((c * outHeight + oy) * outWidth + ox, seen);
      }
    }
  }
}

type AveragePool = Extract<Node, { operator: "AveragePool" }>["attributes"];

function averagePooling(x: Operand, output: Shape, attributes: AveragePool): Applied {
  return linear([x], [output], (visit) =>
    eachWindow(x.shape, output, attributes, (at, seen) => {
      const counted = attributes.count_include_pad ? elements(attributes.kernel_shape) : seen.length;
      for (const index of seen) visit(0, at, 0, index, 1 / counted);
    }),
  );
}

/** The mean of those that hold a window's maximum, to rounding: linear once it is settled which they are. */
function maxPooling(x: Operand, output: Shape, attributes: Pooling): Applied {
  const value = (index: number) => x.values[index] ?? Number.NaN;
  return linear([x], [output], (visit) =>
    eachWindow(x.shape, output, attributes, (at, seen) => {
      const maximum = Math.max(...seen.map(value));
      const holders = seen.filter((index) => value(index) >= maximum * (1 - 1e-12));
      for (const index of holders) visit(0, at, 0, index, 1 / holders.length);
    }),
  );
}

/** `A [..., m, k] @ B [..., k, n]`; a matrix B serves every matrix of A. */
function matrixProduct(a: Operand, b: Operand, output: Shape): Applied {
  const m = a.shape.at(-2) ?? 1;
  const k = a.shape.at(-1) ?? 1;
  const n = b.shape.at(-1) ?? 1;
  const matrices = elements(a.shape) / (m * k);
  const stepB = elements(b.shape) === k * n ? 0 : k * n;
  return bilinear(a, b, output, (visit) => {
    for (let batch = 0; batch < matrices; batch++) {
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          for (let inner = 0; inner < k; inner++) {
            visit((batch * m + row) * n + column, (batch * m + row) * k + inner, batch * stepB + inner * n + column);
          }
        }
      }
    }
  });
}

type Gemm = Extract<Node, { operator: "Gemm" }>["attributes"];

function linearLayer(x: Operand, weight: Operand, output: Shape, { alpha, transB }: Gemm): Applied {
  const [rows = 1, features = 1] = output;
  const inner = x.shape[1] ?? 1;
  const terms: BilinearTerms = (visit) => {
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < features; o++) {
        for (let i = 0; i < inner; i++) {
          visit(row * features + o, row * inner + i, transB ? o * inner + i : i * features + o);
        }
      }
    }
  };
  return bilinear(x, weight, output, terms, Math.abs(alpha));
}

/** The index in `shape` of every element of its transpose, in the transpose's order. */
function transposition(shape: Shape, perm: readonly number[]): Int32Array {
  const index = new Int32Array(elements(shape));
  for (let at = 0; at < index.length; at++) {
    let rest = at;
    let from = 0;
    for (const axis of perm.toReversed()) {
      const length = shape[axis] ?? 1;
      from += (rest % length) * elements(shape.slice(axis + 1));
      rest = Math.floor(rest / length);
    }
    index[at] = from;
  }
  return index;
}

/** Parts laid one after the other along an axis: which element of the whole each element of a part is. */
function eachPartElement(
  parts: readonly Shape[],
  axis: number,
  visit: (part: number, at: number, index: number) => void,
): void {
  const lengths = parts.map((part) => part.at(axis) ?? 1);
  const whole = lengths.reduce((total, length) => total + length, 0);
  let start = 0;
  parts.forEach((shape, part) => {
    const length = lengths[part] ?? 1;
    const positive = axis < 0 ? axis + shape.length : axis;
    const inner = elements(shape.slice(positive + 1));
    for (let at = 0; at < elements(shape); at++) {
      const outer = Math.floor(at / (length * inner));
      const along = Math.floor(at / inner) % length;
      visit(part, at, (outer * whole + start + along) * inner + (at % inner));
    }
    start += length;
  });
}

/** Division by the mean over all elements of one `group`; a group of zeros stays zero and passes no gradient. */
function division(x: Operand, groups: number, group: (index: number) => number): Applied {
  const sums = new Float64Array(groups);
  x.values.forEach((value, i) => {
    sums[group(i)] = (sums[group(i)] ?? 0) + value;
  });
  const size = x.values.length / groups;
  return linear([x], [x.shape], (visit) => {
    for (let i = 0; i < x.values.length; i++) {
      const sum = sums[group(i)] ?? Number.NaN;
      visit(0, i, 0, i, sum === 0 ? 0 : size / sum);
    }
  });
}

type AlongAxes = Extract<Node, { operator: "OpaqueAlongAxes" }>["attributes"];

/** One term for each way to take a term of every axis. */
function alongAxes(x: Operand, output: Shape, { lengths, maps, factor }: AlongAxes): Applied {
  const lengthsOut = lengths.map((length, axis) => maps[axis]?.to ?? length);
  return linear([x], [output], (visit) => {
    for (let at = 0; at < elements(output); at++) {
      let ways: readonly (readonly [index: number, weight: number])[] = [[0, factor]];
      lengths.forEach((length, axis) => {
        const position = Math.floor(at / elements(lengthsOut.slice(axis + 1))) % (lengthsOut[axis] ?? 1);
        const terms = maps[axis]?.terms[position] ?? [[position, 1] as const];
        ways = ways.flatMap(([index, weight]) =>
          terms.map(([from, by]) => [index * length + from, weight * by] as const),
        );
      });
      for (const [index, weight] of ways) visit(0, at, 0, index, weight);
    }
  });
}

type Contraction = Extract<Node, { operator: "OpaqueContraction" }>["attributes"];

/** A loop over the positions of all labels at once; an axis without a label stays at its only position. */
function contraction(operands: readonly Operand[], output: Shape, { factors, output: labels }: Contraction): Applied {
  const [left, right] = factors.map(({ input }) => operands[input] ?? missing("factor"));
  const lengths = new Map<string, number>();
  for (const { input, labels: of } of factors) {
    of.forEach((label, axis) => {
      if (label !== null) lengths.set(label, operands[input]?.shape[axis] ?? 1);
    });
  }
  const names = [...lengths.keys()];
  const indexIn = (shape: Shape, of: typeof labels, at: ReadonlyMap<string, number>) =>
    shape.reduce((index, n, axis) => index * n + (at.get(of[axis] ?? "") ?? 0), 0);
  const each: BilinearTerms = (visit) => {
    for (let flat = 0; flat < elements([...lengths.values()]); flat++) {
      let rest = flat;
      const at = new Map<string, number>();
      for (const name of names) {
        at.set(name, rest % (lengths.get(name) ?? 1));
        rest = Math.floor(rest / (lengths.get(name) ?? 1));
      }
      const [i, j] = factors.map(({ input, labels: of }) => indexIn(operands[input]?.shape ?? [], of, at));
      visit(indexIn(output, labels, at), i ?? 0, j ?? 0);
    }
  };
  const unit: Operand = { kind: "constant", shape: [], values: Float64Array.of(1) };
  const both = bilinear(left ?? missing("factor"), right ?? unit, output, each);
  return {
    outputs: both.outputs,
    pullBack: (gradients) => {
      const pulled = both.pullBack(gradients);
      return operands.map((operand, input) => {
        const parts = factors.flatMap((factor, i) =>
          factor.input === input ? [pulled[i] ?? missing("gradient")] : [],
        );
        return operand.values.map((_, at) => parts.reduce((total, part) => total + (part[at] ?? Number.NaN), 0));
      });
    },
  };
}

/** Runs a node forward. */
export function applied(
  node: Node,
  operands: readonly Operand[],
  outputs: readonly Shape[],
  normalisation: Normalisation,
): Applied {
  const [x = missing("operand"), y] = operands;
  const [output = missing("output")] = outputs;
  switch (node.operator) {
    case "Conv":
      return convolution(x, y ?? missing("weight"), output, node.attributes);
    case "ConvTranspose":
      return transposedConvolution(x, y ?? missing("weight"), output, node.attributes);
    case "Gemm":
      return linearLayer(x, y ?? missing("weight"), output, node.attributes);
    case "MatMul":
      // A product of data and weight is a bias, which the linearised network does not have.
      if (x.kind !== "signal" && y?.kind !== "signal") return nothing(operands, outputs);
      return matrixProduct(x, y ?? missing("factor"), output);
    case "Relu":
    case "Clip":
    case "Gelu":
    case "HardSwish":
    case "Swish":
      return same([x], outputs);
    case "Reshape":
    case "Flatten":
      return same([{ ...x, shape: output }], outputs);
    case "Add":
      return same(operands, outputs);
    case "Mul": {
      const constant = operands.find(({ kind }) => kind === "constant");
      if (constant !== undefined) return same(operands, outputs, Math.abs(constant.values[0] ?? Number.NaN));
      const parameter = operands.find(({ kind }) => kind === "parameter");
      if (parameter !== undefined) return scaling(x === parameter ? (y ?? x) : x, parameter, operands, output);
      return bilinear(x, y ?? missing("factor"), output, (visit) => {
        for (let i = 0; i < elements(output); i++) {
          visit(i, stretchedIndex(output, x.shape, i), stretchedIndex(output, (y ?? x).shape, i));
        }
      });
    }
    case "Softmax": {
      const share = 1 / (x.shape.at(node.attributes.axis) ?? 1);
      return { outputs: [new Float64Array(x.values.length).fill(share)], pullBack: () => [undefined] };
    }
    case "BatchNormalization": {
      const [, channels = 1] = x.shape;
      const inner = elements(x.shape.slice(2));
      if (normalisation === "identity") return same([x], outputs);
      return division(x, channels, (index) => Math.floor(index / inner) % channels);
    }
    case "LayerNormalization": {
      const inner = elements(x.shape.slice(node.attributes.axis));
      if (normalisation === "identity") return same([x], outputs);
      return division(x, x.values.length / inner, (index) => Math.floor(index / inner));
    }
    case "LpNormalization": {
      const axis = (node.attributes.axis + x.shape.length) % x.shape.length;
      const inner = elements(x.shape.slice(axis + 1));
      const length = x.shape[axis] ?? 1;
      if (normalisation === "identity") return same([x], outputs);
      return division(
        x,
        x.values.length / length,
        (index) => Math.floor(index / (inner * length)) * inner + (index % inner),
      );
    }
    case "Pad": {
      if (x.kind !== "signal") return nothing(operands, outputs);
      const before = [...(y ?? missing("pads")).values].slice(0, x.shape.length);
      return linear([x], outputs, (visit) => {
        for (let index = 0; index < x.values.length; index++) {
          const at = x.shape.reduce((sum, n, axis) => {
            const position = Math.floor(index / elements(x.shape.slice(axis + 1))) % n;
            return sum * (output[axis] ?? 1) + position + (before[axis] ?? 0);
          }, 0);
          visit(0, at, 0, index, 1);
        }
      });
    }
    case "AveragePool":
      return averagePooling(x, output, node.attributes);
    case "MaxPool":
      return maxPooling(x, output, node.attributes);
    case "GlobalAveragePool": {
      const inner = elements(x.shape.slice(2));
      return linear([x], outputs, (visit) => {
        for (let i = 0; i < x.values.length; i++) visit(0, Math.floor(i / inner), 0, i, 1 / inner);
      });
    }
    case "Transpose": {
      const index = transposition(x.shape, node.attributes.perm);
      return linear([x], outputs, (visit) => {
        for (let at = 0; at < index.length; at++) visit(0, at, 0, index[at] ?? 0, 1);
      });
    }
    case "Split":
      return linear([x], outputs, (visit) =>
        eachPartElement(outputs, node.attributes.axis, (part, at, index) => visit(part, at, 0, index, 1)),
      );
    case "Concat": {
      const parts = operands.map(({ shape }) => shape);
      return linear(operands, outputs, (visit) =>
        eachPartElement(parts, node.attributes.axis, (part, at, index) => visit(0, index, part, at, 1)),
      );
    }
    case "HardSigmoid":
    case "OpaqueGate":
    case "Sigmoid":
      return { outputs: [new Float64Array(x.values.length).fill(1)], pullBack: () => [undefined] };
    case "OpaqueContraction":
      return contraction(operands, output, node.attributes);
    case "OpaqueAlongAxes":
      return alongAxes(x, output, node.attributes);
    case "Abs":
    case "Div":
    case "Erf":
    case "Exp":
    case "Expand":
    case "Gather":
    case "GatherElements":
    case "Log":
    case "LogSoftmax":
    case "ReduceSum":
    case "ScatterElements":
    case "Sign":
    case "Slice":
    case "Sqrt":
    case "Sub":
      throw new Error(`${node.operator} is no part of a network's own signal`);
    case "Opaque":
    case "OpaqueConstant":
    case "OpaqueNonlinearity":
    case "OpaquePassing":
      throw new Error(`${node.operator} is of no network that is built here`);
  }
}
