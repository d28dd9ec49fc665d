/** @file Random graphs of one node, for every operator of the registry: plain shapes and attributes within ONNX's rules. */

import fc from "fast-check";
import { GraphBuilder, type Tensor } from "../../packages/core/src/graph/builder.js";
import type { Graph, Initialisation, OperatorName, Shape } from "../../packages/core/src/graph/graph.js";
import type { MaxPoolAttributes } from "../../packages/core/src/graph/operators/pooling.js";

const normal: Initialisation = { kind: "normal", std: 1 };
const ones: Initialisation = { kind: "ones" };

const length = fc.integer({ min: 1, max: 5 });
const pair = <T>(of: fc.Arbitrary<T>) => fc.tuple(of, of);

/** Shapes of graph inputs: axis 0 is the batch, written 1. */
function shapes(rank: { readonly minLength: number; readonly maxLength: number }): fc.Arbitrary<Shape> {
  return fc
    .array(length, { minLength: rank.minLength - 1, maxLength: rank.maxLength - 1 })
    .map((others) => [1, ...others]);
}

const anyShape = shapes({ minLength: 1, maxLength: 4 });
const featureMap = shapes({ minLength: 4, maxLength: 4 });

/** A graph of what `build` makes of an input. */
function graphBy(input: Shape, build: (b: GraphBuilder, x: Tensor) => Tensor | readonly Tensor[]): Graph {
  const b = new GraphBuilder("one node");
  const x = b.input("input", input);
  return b.build([b.block("block", () => build(b, x))].flat());
}

function unary(operator: OperatorName): fc.Arbitrary<Graph> {
  return anyShape.map((shape) => graphBy(shape, (b, x) => b.node(operator, "layer", [x])));
}

/** A shape with one of its axes, counted from either end. */
function withAxis(of: fc.Arbitrary<Shape>): fc.Arbitrary<{ readonly shape: Shape; readonly axis: number }> {
  return of.chain((shape) =>
    fc.integer({ min: -shape.length, max: shape.length - 1 }).map((axis) => ({ shape, axis })),
  );
}

/** Two operands of which one is stretched: axes of length 1, or missing from the front. */
function broadcasting(operator: "Add" | "Div" | "Mul" | "Sub"): fc.Arbitrary<Graph> {
  const cut = fc.record({ from: fc.nat(3), stretched: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) });
  return fc.tuple(anyShape, cut, fc.boolean()).map(([shape, { from, stretched }, swap]) =>
    graphBy(shape, (b, x) => {
      const other = shape.map((n, axis) => (stretched[axis] ? 1 : n)).slice(from);
      const scalar = () => b.constant("other", "float32", [0.5], []);
      const operands = [x, other.length === 0 ? scalar() : b.parameter("other", other, normal)];
      return b.node(operator, "layer", swap ? operands.toReversed() : operands);
    }),
  );
}

const convolution = fc
  .record({
    group: fc.integer({ min: 1, max: 3 }),
    inPerGroup: length,
    outPerGroup: length,
    kernel: pair(fc.integer({ min: 1, max: 4 })),
    strides: pair(fc.integer({ min: 1, max: 3 })),
    dilations: pair(fc.integer({ min: 1, max: 3 })),
    pads: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
    room: pair(fc.nat(6)),
    bias: fc.boolean(),
  })
  .map(({ group, inPerGroup, outPerGroup, kernel, strides, dilations, pads, room, bias }) => {
    const [height, width] = ([0, 1] as const).map((axis) => {
      const span = dilations[axis] * (kernel[axis] - 1) + 1;
      return Math.max(1, span - (pads[axis] ?? 0) - (pads[axis + 2] ?? 0)) + room[axis];
    });
    return graphBy([1, group * inPerGroup, height ?? 1, width ?? 1], (b, x) => {
      const out = group * outPerGroup;
      const weight = b.parameter("layer.weight", [out, inPerGroup, ...kernel], normal);
      const inputs = bias ? [x, weight, b.parameter("layer.bias", [out], { kind: "zeros" })] : [x, weight];
      return b.node("Conv", "layer", inputs, { group, strides, dilations, pads });
    });
  });

const transposedConvolution = fc
  .record({
    group: fc.integer({ min: 1, max: 3 }),
    inPerGroup: length,
    outPerGroup: length,
    kernel: pair(fc.integer({ min: 1, max: 4 })),
    strides: pair(fc.integer({ min: 1, max: 3 })),
    dilations: pair(fc.integer({ min: 1, max: 3 })),
    pads: fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }),
    added: pair(fc.nat(2)),
    map: pair(fc.integer({ min: 2, max: 6 })),
    bias: fc.boolean(),
  })
  .map(({ group, inPerGroup, outPerGroup, kernel, strides, dilations, pads: wanted, added, map, bias }) => {
    const fits = (axis: 0 | 1) => strides[axis] * (map[axis] - 1) + dilations[axis] * (kernel[axis] - 1) > 2;
    const pads = wanted.map((n, side) => (fits(side % 2 === 0 ? 0 : 1) ? n : 0));
    const output_padding = ([0, 1] as const).map((axis) => Math.min(added[axis], strides[axis] - 1));
    return graphBy([1, group * inPerGroup, ...map], (b, x) => {
      const weight = b.parameter("layer.weight", [group * inPerGroup, outPerGroup, ...kernel], normal);
      const biases = bias ? [b.parameter("layer.bias", [group * outPerGroup], { kind: "zeros" })] : [];
      const attributes = { group, strides, dilations, pads, output_padding };
      return b.node("ConvTranspose", "layer", [x, weight, ...biases], attributes);
    });
  });

/** A graph of what `build` makes of an input and of windows that all see some of it. */
function pooling(
  build: (b: GraphBuilder, x: Tensor, windows: MaxPoolAttributes, countsPadding: boolean) => Tensor,
): fc.Arbitrary<Graph> {
  return fc
    .record({
      channels: length,
      kernel: pair(fc.integer({ min: 1, max: 4 })),
      strides: pair(fc.integer({ min: 1, max: 3 })),
      pads: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
      room: pair(fc.nat(6)),
      countsPadding: fc.boolean(),
    })
    .map(({ channels, kernel, strides, pads: wanted, room, countsPadding }) => {
      const pads = wanted.map((n, side) => Math.min(n, (kernel[side % 2] ?? 1) - 1));
      const [height, width] = ([0, 1] as const).map((axis) => kernel[axis] + room[axis]);
      return graphBy([1, channels, height ?? 1, width ?? 1], (b, x) =>
        build(b, x, { kernel_shape: kernel, strides, pads }, countsPadding),
      );
    });
}

const averagePool = pooling((b, x, windows, countsPadding) =>
  b.node("AveragePool", "layer", [x], { ...windows, count_include_pad: Number(countsPadding) }),
);

const maxPool = pooling((b, x, windows) => b.node("MaxPool", "layer", [x], windows));

const gemm = fc
  .record({
    inner: length,
    columns: length,
    transA: fc.boolean(),
    transB: fc.boolean(),
    bias: fc.constantFrom("none", "vector", "matrix", "scalar"),
  })
  .map(({ inner, columns, transA, transB, bias }) => {
    // A is the input [1, n]: its rows are the batch, or, transposed, its inner axis.
    const [rows, k] = transA ? [inner, 1] : [1, inner];
    return graphBy([1, inner], (b, x) => {
      const weight = b.parameter("layer.weight", transB ? [columns, k] : [k, columns], normal);
      const shape = { none: undefined, vector: [columns], matrix: [rows, columns], scalar: [1] }[bias];
      const inputs = shape === undefined ? [x, weight] : [x, weight, b.parameter("layer.bias", shape, normal)];
      return b.node("Gemm", "layer", inputs, { transA: Number(transA), transB: Number(transB), alpha: 0.5, beta: 2 });
    });
  });

const matmul = fc
  .tuple(shapes({ minLength: 2, maxLength: 4 }), length, fc.boolean())
  .map(([shape, columns, activation]) =>
    graphBy(shape, (b, x) => {
      const inner = shape.at(-1) ?? 1;
      const other = activation ? [...shape.slice(0, -2), inner, columns] : [inner, columns];
      return b.node("MatMul", "layer", [x, b.parameter("layer.weight", other, normal)]);
    }),
  );

const layerNormalization = withAxis(shapes({ minLength: 2, maxLength: 4 })).chain(({ shape, axis }) =>
  fc.boolean().map((bias) =>
    graphBy(shape, (b, x) => {
      const parameters = (bias ? ["scale", "bias"] : ["scale"]).map((role) =>
        b.parameter(`layer.${role}`, shape.slice(axis), ones),
      );
      return b.node("LayerNormalization", "layer", [x, ...parameters], { axis });
    }),
  ),
);

const batchNormalization = shapes({ minLength: 2, maxLength: 4 }).map((shape) =>
  graphBy(shape, (b, x) => {
    const statistics = ["weight", "bias", "running_mean", "running_var"].map((role) =>
      b.parameter(`layer.${role}`, [shape[1] ?? 1], ones, { trainable: !role.startsWith("running") }),
    );
    return b.node("BatchNormalization", "layer", [x, ...statistics]);
  }),
);

const concat = withAxis(anyShape).chain(({ shape, axis }) =>
  fc.array(length, { minLength: 1, maxLength: 3 }).map((lengths) =>
    graphBy(shape, (b, x) => {
      const others = lengths.map((n, i) => b.parameter(`part${i}`, shape.with(axis, n), normal));
      return b.node("Concat", "layer", [x, ...others], { axis });
    }),
  ),
);

/** Into equal parts, with their lengths or without, or into parts of any lengths. */
const split = fc
  .record({
    of: withAxis(anyShape),
    lengths: fc.array(length, { minLength: 2, maxLength: 3 }),
    how: fc.constantFrom("equal", "equal, given", "given"),
  })
  .map(({ of: { shape, axis }, lengths: drawn, how }) => {
    const parts = how === "given" ? drawn : drawn.fill(drawn[0] ?? 1);
    const whole = parts.reduce((sum, part) => sum + part, 0);
    // The batch cannot be split: it is 1.
    const at = (axis + shape.length) % shape.length === 0 ? shape.length : axis;
    return graphBy(at === shape.length ? [...shape, whole] : shape.with(at, whole), (b, x) => {
      const given = how === "equal" ? [] : [b.constant("lengths", "int64", parts)];
      return b.nodes("Split", "layer", [x, ...given], parts.length, { axis: at });
    });
  });

const transpose = anyShape.chain((shape) =>
  fc
    .option(fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }), { nil: undefined })
    .map((perm) => graphBy(shape, (b, x) => b.node("Transpose", "layer", [x], perm === undefined ? {} : { perm }))),
);

/** Targets that copy axes (0), leave one open (-1), merge axes or take one apart. */
const reshape = featureMap.chain((shape) => {
  const [, channels = 1, height = 1, width = 1] = shape;
  const merged = [0, 0, height * width];
  return fc
    .constantFrom(
      merged,
      [0, -1],
      [0, channels, 1, -1],
      [1, channels * height, width],
      [-1],
      [0, 0, 0, 0],
      [0, 0, -1, 1],
    )
    .map((target) =>
      graphBy(shape, (b, x) => b.node("Reshape", "layer", [x, b.constant("layer/target", "int64", target)])),
    );
});

const flatten = anyShape.chain((shape) =>
  fc
    .integer({ min: -shape.length, max: shape.length })
    .map((axis) => graphBy(shape, (b, x) => b.node("Flatten", "layer", [x], { axis }))),
);

const reduceSum = anyShape.chain((shape) =>
  fc
    .tuple(fc.subarray([...shape.keys()], { minLength: 1 }), fc.boolean(), fc.boolean())
    .map(([axes, negative, keepdims]) =>
      graphBy(shape, (b, x) => {
        const counted = axes.map((axis) => (negative ? axis - shape.length : axis));
        const constant = b.constant("layer/axes", "int64", counted);
        return b.node("ReduceSum", "layer", [x, constant], { keepdims: Number(keepdims) });
      }),
    ),
);

const clip = fc.tuple(anyShape, fc.integer({ min: 0, max: 2 })).map(([shape, bounds]) =>
  graphBy(shape, (b, x) => {
    const limits = [-1, 6].slice(0, bounds).map((value, i) => b.constant(`layer/bound${i}`, "float32", [value], []));
    return b.node("Clip", "layer", [x, ...limits]);
  }),
);

/** Of all axes but the batch. */
const pad = anyShape.chain((shape) =>
  fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: shape.length, maxLength: shape.length }).map((sides) =>
    graphBy(shape, (b, x) => {
      const pads = ([0, 1] as const).flatMap((side) => sides.map((both, axis) => (axis === 0 ? 0 : both[side])));
      return b.node("Pad", "layer", [x, b.constant("layer/pads", "int64", pads)]);
    }),
  ),
);

/** Of all axes but the batch, or of those named alone, in steps. */
const slice = anyShape.chain((shape) =>
  fc
    .array(
      fc.record({ start: fc.nat(4), length: length, step: fc.integer({ min: 1, max: 3 }), negative: fc.boolean() }),
      {
        minLength: shape.length,
        maxLength: shape.length,
      },
    )
    .chain((parts) =>
      fc.subarray([...shape.keys()].slice(1)).map((axes) =>
        graphBy(shape, (b, x) => {
          const taken = axes.map((axis) => {
            const n = shape[axis] ?? 1;
            const {
              start,
              length: wanted,
              step,
              negative,
            } = parts[axis] ?? { start: 0, length: 1, step: 1, negative: false };
            const first = Math.min(start, n - 1);
            return { start: negative ? first - n : first, end: Math.min(n, first + wanted), step };
          });
          const constant = (name: string, values: readonly number[]) => b.constant(`layer/${name}`, "int64", values);
          return b.node("Slice", "layer", [
            x,
            constant(
              "starts",
              taken.map(({ start }) => start),
            ),
            constant(
              "ends",
              taken.map(({ end }) => end),
            ),
            constant("axes", axes),
            constant(
              "steps",
              taken.map(({ step }) => step),
            ),
          ]);
        }),
      ),
    ),
);

const expand = fc
  .tuple(anyShape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), length)
  .map(([shape, ones, n]) =>
    graphBy(
      shape.map((m, axis) => (ones[axis] ? 1 : m)),
      (b, x) => {
        const target = x.shape.map((m, axis) => (axis > 0 && m === 1 ? n : m));
        return b.node("Expand", "layer", [x, b.constant("layer/shape", "int64", target)]);
      },
    ),
  );

const gather = fc
  .tuple(shapes({ minLength: 2, maxLength: 4 }), fc.nat(), fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }))
  .map(([shape, at, drawn]) =>
    graphBy(shape, (b, x) => {
      const axis = 1 + (at % (shape.length - 1));
      const indices = drawn.map((i) => i % (shape[axis] ?? 1));
      return b.node("Gather", "layer", [x, b.constant("layer/indices", "int64", indices)], { axis });
    }),
  );

/** Positions along an axis, some of them twice. */
const positions = fc.tuple(shapes({ minLength: 2, maxLength: 3 }), fc.nat(), length, fc.nat(7));

const gatherElements = positions.map(([shape, at, n, salt]) =>
  graphBy(shape, (b, x) => {
    const axis = 1 + (at % (shape.length - 1));
    const of = shape.with(axis, n);
    const indices = Array.from(
      { length: of.reduce((a, m) => a * m, 1) },
      (_, i) => (i * salt + at) % (shape[axis] ?? 1),
    );
    return b.node("GatherElements", "layer", [x, b.constant("layer/indices", "int64", indices, of)], { axis });
  }),
);

const scatterElements = positions.map(([shape, at, n, salt]) =>
  graphBy(shape, (b, x) => {
    const axis = 1 + (at % (shape.length - 1));
    const of = shape.with(axis, n);
    const indices = Array.from(
      { length: of.reduce((a, m) => a * m, 1) },
      (_, i) => (i * salt + at) % (shape[axis] ?? 1),
    );
    const inputs = [x, b.constant("layer/indices", "int64", indices, of), b.parameter("layer.updates", of, normal)];
    return b.node("ScatterElements", "layer", inputs, { axis, reduction: "add" });
  }),
);

/** Graphs of one node of each operator. */
export const randomNodes: Readonly<Record<OperatorName, fc.Arbitrary<Graph>>> = {
  Abs: unary("Abs"),
  Add: broadcasting("Add"),
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Clip: clip,
  Concat: concat,
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  Div: broadcasting("Div"),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  GatherElements: gatherElements,
  Gelu: unary("Gelu"),
  Gemm: gemm,
  GlobalAveragePool: featureMap.map((shape) => graphBy(shape, (b, x) => b.node("GlobalAveragePool", "layer", [x]))),
  HardSigmoid: anyShape.chain((shape) =>
    fc
      .tuple(fc.double({ min: 0.05, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }))
      .map(([alpha, beta]) =>
        graphBy(shape, (b, x) =>
          b.node("HardSigmoid", "layer", [x], { alpha: Math.fround(alpha), beta: Math.fround(beta) }),
        ),
      ),
  ),
  HardSwish: unary("HardSwish"),
  LayerNormalization: layerNormalization,
  Log: unary("Log"),
  LogSoftmax: withAxis(anyShape).map(({ shape, axis }) =>
    graphBy(shape, (b, x) => b.node("LogSoftmax", "layer", [x], { axis })),
  ),
  LpNormalization: withAxis(anyShape).chain(({ shape, axis }) =>
    fc
      .integer({ min: 1, max: 2 })
      .map((p) => graphBy(shape, (b, x) => b.node("LpNormalization", "layer", [x], { axis, p }))),
  ),
  MatMul: matmul,
  MaxPool: maxPool,
  Mul: broadcasting("Mul"),
  Pad: pad,
  ReduceSum: reduceSum,
  Relu: unary("Relu"),
  Reshape: reshape,
  ScatterElements: scatterElements,
  Sigmoid: unary("Sigmoid"),
  Sign: unary("Sign"),
  Slice: slice,
  Softmax: withAxis(anyShape).map(({ shape, axis }) =>
    graphBy(shape, (b, x) => b.node("Softmax", "layer", [x], { axis })),
  ),
  Split: split,
  Sqrt: unary("Sqrt"),
  Sub: broadcasting("Sub"),
  Swish: unary("Swish"),
  Transpose: transpose,
};
