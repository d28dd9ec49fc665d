import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphError } from "../../base/errors.js";
import { GraphBuilder, type Tensor } from "../builder.js";
import { macsOf } from "../cost.js";
import type { AttributesOf, Graph, OperatorName, Shape } from "../graph.js";
import { show } from "../operator.js";
import type { ConvAttributes } from "./convolution.js";
import { operators } from "./registry.js";

/** A node that cannot be, and the shapes that its error has to name. */
interface Misfit {
  readonly because: string;
  /** Builds the node in the layer `layer`. */
  readonly build: (b: GraphBuilder, tensor: (...shape: Shape) => Tensor) => unknown;
  readonly names: readonly Shape[];
}

function conv(
  because: string,
  input: Shape,
  weight: Shape,
  attributes: Partial<ConvAttributes> = {},
  bias?: Shape,
): Misfit {
  return {
    because,
    build: (b, tensor) =>
      b.node(
        "Conv",
        "layer",
        [input, weight, ...(bias ? [bias] : [])].map((of) => tensor(...of)),
        attributes,
      ),
    names: [input, bias ?? weight],
  };
}

function withoutInput(operator: OperatorName): Misfit[] {
  return [{ because: "the input is missing", build: (b) => b.node(operator, "layer", []), names: [] }];
}

function unfit(operator: OperatorName, inputs: readonly Shape[], because: string, attributes: object = {}): Misfit {
  return {
    because,
    build: (b, tensor) => {
      const tensors = inputs.map((shape) => tensor(...shape));
      return b.node(operator, "layer", tensors, attributes as never);
    },
    names: inputs,
  };
}

function unfitWindows(operator: "AveragePool" | "MaxPool"): Misfit[] {
  return [
    unfit(operator, [[1, 4, 8]], "the input is no feature map", { kernel_shape: [2, 2] }),
    unfit(operator, [[1, 4, 2, 8]], "the kernel is larger than the input", { kernel_shape: [3, 3] }),
    unfit(operator, [[1, 4, 8, 8]], "a stride is zero", { kernel_shape: [3, 3], strides: [0, 1] }),
    unfit(operator, [[1, 4, 8, 8]], "a window sees nothing but padding", { kernel_shape: [2, 2], pads: [2, 0, 0, 0] }),
  ];
}

const misfits: Readonly<Record<OperatorName, readonly Misfit[]>> = {
  Abs: withoutInput("Abs"),
  Add: [
    unfit(
      "Add",
      [
        [1, 4, 8, 8],
        [1, 4, 8, 7],
      ],
      "shapes do not broadcast",
    ),
    unfit("Add", [[1, 4, 8], [3]], "shapes do not broadcast from the right"),
  ],
  AveragePool: unfitWindows("AveragePool"),
  BatchNormalization: [
    unfit("BatchNormalization", [[1, 4, 8, 8], [3]], "the scale is not one a channel"),
    {
      because: "the variance is missing",
      build: (b, t) => b.node("BatchNormalization", "layer", [t(1, 4, 8, 8), t(4), t(4), t(4)]),
      names: [],
    },
  ],
  Clip: [unfit("Clip", [[1, 4], [4]], "a bound is no scalar")],
  Concat: [
    unfit(
      "Concat",
      [
        [1, 4, 8],
        [1, 4, 7],
      ],
      "other axes differ",
      { axis: 1 },
    ),
    unfit(
      "Concat",
      [
        [1, 4, 8],
        [1, 4],
      ],
      "ranks differ",
      { axis: 1 },
    ),
  ],
  Conv: [
    conv("channels differ", [1, 4, 8, 8], [8, 3, 3, 3]),
    conv("channels differ within groups", [1, 4, 8, 8], [8, 4, 3, 3], { group: 2 }),
    conv("output channels do not divide into groups", [1, 4, 8, 8], [3, 2, 3, 3], { group: 2 }),
    conv("groups are negative", [1, 4, 8, 8], [8, 4, 3, 3], { group: -1 }),
    conv("the input is no feature map", [1, 4, 8], [8, 4, 3, 3]),
    conv("the weight is no kernel", [1, 4, 8, 8], [8, 4]),
    conv("the kernel is larger than the input", [1, 4, 2, 8], [8, 4, 3, 3]),
    conv("the dilated kernel is larger than the input", [1, 4, 4, 4], [8, 4, 3, 3], { dilations: [2, 2] }),
    conv("kernel_shape is another", [1, 4, 8, 8], [8, 4, 3, 3], { kernel_shape: [5, 5] }),
    conv("a stride is zero", [1, 4, 8, 8], [8, 4, 3, 3], { strides: [0, 1] }),
    conv("a dilation is negative", [1, 4, 8, 8], [8, 4, 3, 3], { dilations: [1, -1] }),
    conv("a padding is half an element", [1, 4, 8, 8], [8, 4, 2, 2], { pads: [0.5, 0.5, 0.5, 0.5] }),
    conv("there are too few strides", [1, 4, 8, 8], [8, 4, 3, 3], { strides: [1] }),
    conv("there are too few pads", [1, 4, 8, 8], [8, 4, 3, 3], { pads: [1, 1] }),
    conv("the bias is not one a channel", [1, 4, 8, 8], [8, 4, 3, 3], {}, [4]),
  ],
  ConvTranspose: [
    unfit(
      "ConvTranspose",
      [
        [1, 4, 8, 8],
        [3, 8, 3, 3],
      ],
      "channels differ",
    ),
    unfit(
      "ConvTranspose",
      [
        [1, 4, 8, 8],
        [4, 8, 3, 3],
      ],
      "channels do not divide into groups",
      { group: 3 },
    ),
    unfit(
      "ConvTranspose",
      [
        [1, 4, 8],
        [4, 8, 3, 3],
      ],
      "the input is no feature map",
    ),
    unfit(
      "ConvTranspose",
      [
        [1, 4, 8, 8],
        [4, 8, 3, 3],
      ],
      "kernel_shape is another",
      { kernel_shape: [5, 5] },
    ),
    unfit(
      "ConvTranspose",
      [
        [1, 4, 1, 8],
        [4, 8, 1, 1],
      ],
      "padding takes all of the output",
      { pads: [1, 0, 0, 0] },
    ),
    unfit(
      "ConvTranspose",
      [
        [1, 4, 8, 8],
        [4, 8, 3, 3],
      ],
      "output_padding is missing",
      { output_padding: [] },
    ),
    unfit("ConvTranspose", [[1, 4, 8, 8], [4, 8, 3, 3], [7]], "the bias is not one a channel"),
  ],
  Div: [unfit("Div", [[1, 4, 8, 8], [4]], "shapes do not broadcast")],
  Erf: withoutInput("Erf"),
  Exp: withoutInput("Exp"),
  Expand: [
    unfit("Expand", [[1, 4], [2]], "the shape is no constant"),
    {
      because: "the shape is none that the tensor broadcasts to",
      build: (b, t) => b.node("Expand", "layer", [t(1, 4), b.constant("shape", "int64", [1, 5])]),
      names: [[1, 4]],
    },
  ],
  Flatten: [unfit("Flatten", [[1, 4, 8]], "the axis is out of range", { axis: 4 })],
  Gather: [unfit("Gather", [[1, 4], [2]], "the axis is out of range", { axis: 2 })],
  GatherElements: [
    unfit(
      "GatherElements",
      [
        [1, 4, 3],
        [1, 4, 5],
      ],
      "indices reach beyond another axis",
      { axis: 1 },
    ),
  ],
  Gelu: withoutInput("Gelu"),
  Gemm: [
    unfit(
      "Gemm",
      [
        [2, 4],
        [3, 5],
      ],
      "inner axes differ",
    ),
    unfit(
      "Gemm",
      [
        [2, 4],
        [4, 5],
      ],
      "inner axes differ once transposed",
      { transB: 1 },
    ),
    unfit(
      "Gemm",
      [
        [2, 3, 4],
        [4, 5],
      ],
      "the input is no matrix",
    ),
    unfit("Gemm", [[2, 4], [4, 5], [4]], "the bias does not broadcast"),
    unfit(
      "Gemm",
      [
        [2, 4],
        [4, 5],
        [3, 5],
      ],
      "the bias has other rows",
    ),
  ],
  GlobalAveragePool: [unfit("GlobalAveragePool", [[1, 4]], "the input is no feature map")],
  HardSigmoid: withoutInput("HardSigmoid"),
  HardSwish: withoutInput("HardSwish"),
  LayerNormalization: [
    unfit("LayerNormalization", [[1, 8, 4], [8]], "the scale is not of the last axis"),
    unfit("LayerNormalization", [[1, 8, 4], [4]], "the scale is not of all normalised axes", { axis: 1 }),
    unfit("LayerNormalization", [[1, 8, 4]], "the scale is missing"),
    unfit("LayerNormalization", [[1, 8, 4], [4], [8]], "the bias is not of the last axis"),
  ],
  Log: withoutInput("Log"),
  LogSoftmax: [unfit("LogSoftmax", [[1, 4]], "the axis is out of range", { axis: 2 })],
  LpNormalization: [
    unfit("LpNormalization", [[1, 4]], "the axis is out of range", { axis: 2 }),
    unfit("LpNormalization", [[1, 4]], "p is neither 1 nor 2", { p: 3 }),
  ],
  MatMul: [
    unfit(
      "MatMul",
      [
        [1, 2, 4, 3],
        [1, 2, 4, 5],
      ],
      "inner axes differ",
    ),
    unfit(
      "MatMul",
      [
        [1, 2, 4, 3],
        [1, 3, 3, 5],
      ],
      "batches differ",
    ),
    unfit("MatMul", [[4], [4, 5]], "a factor is no matrix"),
  ],
  MaxPool: unfitWindows("MaxPool"),
  Mul: [unfit("Mul", [[1, 4, 8, 8], [4]], "shapes do not broadcast")],
  Pad: [
    unfit("Pad", [[1, 4], [4]], "pads are no constant"),
    ...[
      { because: "there are too few pads", pads: [0, 1, 0] },
      { because: "a pad is negative", pads: [0, -1, 0, 0] },
      { because: "a pad is half an element", pads: [0, 0.5, 0, 0] },
    ].map(
      ({ because, pads }): Misfit => ({
        because,
        build: (b, t) => b.node("Pad", "layer", [t(1, 4), b.constant("pads", "int64", pads)]),
        names: [[1, 4], pads],
      }),
    ),
    {
      because: "it pads with a value of its own",
      build: (b, t) =>
        b.node("Pad", "layer", [
          t(1, 4),
          b.constant("pads", "int64", [0, 1, 0, 0]),
          b.constant("value", "float32", [1], []),
        ]),
      names: [[1, 4]],
    },
  ],
  ReduceSum: [
    unfit("ReduceSum", [[1, 4], [1]], "axes are no constant"),
    {
      because: "an axis is out of range",
      build: (b, t) => b.node("ReduceSum", "layer", [t(1, 4), b.constant("axes", "int64", [2])]),
      names: [[1, 4]],
    },
  ],
  Relu: withoutInput("Relu"),
  Reshape: [
    [1, 3, 7],
    [-1, 5],
    [-1, -1],
    [-2, -4],
    [1, 4, 0, 0],
  ].map((target) => ({
    because: `the target is ${show(target)}`,
    build: (b, t) => b.node("Reshape", "layer", [t(1, 8), b.constant("target", "int64", target)]),
    names: [[1, 8], ...(target.includes(0) ? [] : [target])],
  })),
  ScatterElements: [
    unfit(
      "ScatterElements",
      [
        [1, 4],
        [1, 2],
        [1, 3],
      ],
      "there is not one update an index",
      { axis: 1, reduction: "add" },
    ),
    unfit(
      "ScatterElements",
      [
        [1, 4],
        [1, 2],
        [1, 2],
      ],
      "what is there would be replaced",
      { axis: 1 },
    ),
  ],
  Sigmoid: withoutInput("Sigmoid"),
  Sign: withoutInput("Sign"),
  Slice: [
    unfit("Slice", [[1, 4], [1], [1]], "starts are no constant"),
    ...[
      { because: "nothing is left", starts: [2], ends: [2], steps: [1] },
      { because: "a step is negative", starts: [0], ends: [2], steps: [-1] },
    ].map(
      ({ because, starts, ends, steps }): Misfit => ({
        because,
        build: (b, t) => {
          const constant = (name: string, values: readonly number[]) => b.constant(name, "int64", values);
          const given = [
            constant("starts", starts),
            constant("ends", ends),
            constant("axes", [1]),
            constant("steps", steps),
          ];
          return b.node("Slice", "layer", [t(1, 4), ...given]);
        },
        names: [[1, 4]],
      }),
    ),
  ],
  Softmax: [unfit("Softmax", [[1, 4]], "the axis is out of range", { axis: 2 })],
  Split: [
    {
      because: "the axis does not divide",
      build: (b, t) => b.nodes("Split", "layer", [t(1, 4, 3)], 3, { axis: 1 }),
      names: [[1, 4, 3]],
    },
    {
      because: "the axis is out of range",
      build: (b, t) => b.nodes("Split", "layer", [t(1, 4, 3)], 3, { axis: -4 }),
      names: [[1, 4, 3]],
    },
    ...[
      { because: "parts do not add up", parts: [1, 2] },
      { because: "a part is empty", parts: [0, 4] },
      { because: "there are more parts than outputs", parts: [1, 2, 1] },
    ].map(
      ({ because, parts }): Misfit => ({
        because,
        build: (b, t) => b.nodes("Split", "layer", [t(1, 4), b.constant("parts", "int64", parts)], 2, { axis: 1 }),
        names: [[1, 4], parts],
      }),
    ),
  ],
  Sqrt: withoutInput("Sqrt"),
  Sub: [unfit("Sub", [[1, 4, 8, 8], [4]], "shapes do not broadcast")],
  Swish: withoutInput("Swish"),
  Transpose: [
    unfit("Transpose", [[1, 4, 8]], "perm is too short", { perm: [1, 0] }),
    unfit("Transpose", [[1, 4, 8]], "perm takes an axis twice", { perm: [0, 1, 1] }),
    unfit("Transpose", [[1, 4, 8]], "perm takes an axis that is not there", { perm: [0, 1, 3] }),
  ],
};

const cases = Object.entries(misfits).flatMap(([operator, list]) => list.map((misfit) => ({ operator, ...misfit })));

describe("a node that does not fit", () => {
  test("is tried with every operator of the registry", () => {
    expect(Object.keys(misfits).toSorted()).toEqual(Object.keys(operators).toSorted());
    for (const [operator, list] of Object.entries(misfits)) expect(list.length, operator).toBeGreaterThan(0);
  });

  test.each(cases)(
    "$operator fails at build time where $because, and names the node and the shapes",
    ({ operator, build, names }) => {
      const b = new GraphBuilder("misfit");
      let given = 0;
      const tensor = (...shape: Shape) => b.parameter(`given${given++}`, shape, { kind: "ones" });
      let caught: unknown;
      try {
        b.block("stages.1.blocks.0", () => build(b, tensor));
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(GraphError);
      const { message } = caught as GraphError;
      expect(message).toMatch(new RegExp(`^${operator} "stages.1.blocks.0/layer/${operator}" of .*: `));
      for (const shape of names) expect(message).toContain(show(shape));
    },
  );
});

/** A graph of one node whose inputs but the first are parameters. */
function oneNode<K extends OperatorName>(
  operator: K,
  [input = [], ...others]: readonly Shape[],
  attributes: Partial<AttributesOf<K>> = {},
): Graph {
  const b = new GraphBuilder("one node");
  const parameters = (): Tensor[] => others.map((shape, i) => b.parameter(`p${i}`, shape, { kind: "ones" }));
  return b.build([b.node(operator, "", [b.input("input", input), ...parameters()], attributes)]);
}

function macsOfOnly(graph: Graph): number {
  const [node] = graph.nodes;
  return node === undefined ? 0 : macsOf(graph, node);
}

const small = fc.integer({ min: 1, max: 4 });

describe("multiply-accumulates", () => {
  test("of Conv are those of seven nested loops, taps on the padding counted", () => {
    const pair = fc.tuple(small, small);
    const property = fc.property(
      fc.record({ group: small, inPerGroup: small, outPerGroup: small }),
      fc.record({ kernel: pair, strides: pair, dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), small) }),
      fc.tuple(...([0, 1, 2, 3] as const).map(() => fc.integer({ min: 0, max: 3 }))),
      fc.tuple(fc.integer({ min: 13, max: 17 }), fc.integer({ min: 13, max: 17 })),
      ({ group, inPerGroup, outPerGroup }, { kernel, strides, dilations }, pads, [height, width]) => {
        const weight = [group * outPerGroup, inPerGroup, ...kernel];
        const graph = oneNode("Conv", [[1, group * inPerGroup, height, width], weight], {
          group,
          strides,
          dilations,
          pads,
        });
        const [top = 0, left = 0, bottom = 0, right = 0] = pads;
        const windows = (padded: number, axis: 0 | 1) => {
          let found = 0;
          const span = (kernel[axis] - 1) * dilations[axis];
          for (let start = 0; start + span < padded; start += strides[axis]) found++;
          return found;
        };
        let count = 0;
        for (let g = 0; g < group; g++)
          for (let o = 0; o < outPerGroup; o++)
            for (let y = 0; y < windows(top + height + bottom, 0); y++)
              for (let x = 0; x < windows(left + width + right, 1); x++)
                for (let c = 0; c < inPerGroup; c++)
                  for (let u = 0; u < kernel[0]; u++) for (let v = 0; v < kernel[1]; v++) count++;
        expect(macsOfOnly(graph)).toBe(count);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 200 });
  });

  test("of Gemm are those of three nested loops, however its matrices are transposed", () => {
    const property = fc.property(small, small, small, fc.boolean(), fc.boolean(), (m, k, n, transA, transB) => {
      const graph = oneNode("Gemm", [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], [n]], {
        transA: Number(transA),
        transB: Number(transB),
      });
      let count = 0;
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) count++;
      expect(macsOfOnly(graph)).toBe(count);
    });
    fc.assert(property, { seed: 2, numRuns: 100 });
  });

  test("of MatMul are those of three nested loops in each matrix of the batch, with a weight or with an activation", () => {
    const batches = fc.array(small, { maxLength: 2 });
    const property = fc.property(batches, small, small, small, fc.boolean(), (batch, m, k, n, weight) => {
      const graph = oneNode("MatMul", [[...batch, m, k], weight ? [k, n] : [...batch, k, n]]);
      let count = 0;
      const matrices = batch.reduce((total, length) => total * length, 1);
      for (let matrix = 0; matrix < matrices; matrix++)
        for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) count++;
      expect(macsOfOnly(graph)).toBe(count);
    });
    fc.assert(property, { seed: 3, numRuns: 100 });
  });

  test("belong to convolutions, Gemm and MatMul alone", () => {
    const counting = Object.entries(operators).flatMap(([name, rules]) => ("macs" in rules ? [name] : []));
    expect(counting.toSorted()).toEqual(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
  });
});
