/**
 * @file Random small networks for property tests of flow: plain data that fast-check draws and shrinks, and what builds
 * graphs from it. Between them they use every operator that has a flow rule.
 */

import fc from "fast-check";
import { type Architecture, chain, fromGraph } from "../../packages/core/src/architecture/architecture.js";
import { seededRandom } from "../../packages/core/src/base/random-numbers.js";
import type { BlockSpec } from "../../packages/core/src/blocks/registry.js";
import { GraphBuilder, type Tensor } from "../../packages/core/src/graph/builder.js";
import {
  type AttributesOf,
  elements,
  type Node,
  type OpaqueName,
  type Shape,
} from "../../packages/core/src/graph/graph.js";
import { dimension } from "../../packages/core/src/graph/operator.js";
import type { MaxPoolAttributes } from "../../packages/core/src/graph/operators/pooling.js";
import { nasbench101CellOf, nasbench101Space } from "../../packages/core/src/spaces/nasbench101.js";
import { sample } from "../../packages/core/src/spaces/variation.js";

const pair = <T>(of: fc.Arbitrary<T>) => fc.tuple(of, of);
const kernels = fc.constantFrom(3, 5, 7, 9);

/** What shapes a chain of blocks, apart from the blocks. */
export interface Frame {
  readonly imageChannels: number;
  /** Height and width of the feature map that the stem gives. */
  readonly map: readonly [number, number];
  readonly stemStride: number;
  /** Rows and columns of the image that are too few for a patch. */
  readonly remainder: readonly [number, number];
  readonly width: number;
  readonly classes: number | undefined;
}

/** A stem, blocks, and a head if there are classes. */
export function hybrid(frame: Frame, specs: readonly BlockSpec[]): Architecture {
  const { imageChannels, map, stemStride, remainder, width, classes } = frame;
  const [height = 0, columns = 0] = map.map(
    (length, axis) => length * stemStride + ((remainder[axis] ?? 0) % stemStride),
  );
  const stem: BlockSpec = { kind: "downsample", stride: stemStride, width };
  const tail: readonly BlockSpec[] = classes === undefined ? [] : [{ kind: "head", classes }];
  const blocks = [stem, ...specs, ...tail].map((spec, i) => ({ name: `blocks.${i}`, spec }));
  return chain("random", [1, imageChannels, height, columns], blocks);
}

/** Frames with maps of given heights and widths. */
export function frames(side: fc.Arbitrary<number>, width: fc.Arbitrary<number>): fc.Arbitrary<Frame> {
  return fc.record({
    imageChannels: fc.integer({ min: 1, max: 3 }),
    map: pair(side),
    stemStride: fc.integer({ min: 1, max: 4 }),
    remainder: pair(fc.integer({ min: 0, max: 3 })),
    width,
    classes: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
  });
}

/** A block of any kind but stem, transition and head. */
export function featureBlocks(kernel: fc.Arbitrary<number> = kernels): fc.Arbitrary<BlockSpec> {
  const expansion = fc.integer({ min: 1, max: 4 });
  const ibn = fc.record({ kind: fc.constant("ibn" as const), kernel, expansion });
  const convnext = fc.record({ kind: fc.constant("convnext" as const), kernel, expansion });
  const transformer = fc
    .record({
      kind: fc.constant("transformer" as const),
      heads: fc.integer({ min: 1, max: 3 }),
      headDim: fc.integer({ min: 1, max: 4 }),
      ffn: fc.oneof(ibn, convnext),
    })
    .map(({ headDim, ...spec }) => ({ ...spec, qkvDim: spec.heads * headDim }));
  return fc.oneof(ibn, convnext, transformer);
}

/** Blocks of published models, of a feature map of even sides. */
function publishedBlocks(): fc.Arbitrary<BlockSpec> {
  const kernel = fc.constantFrom(3, 5);
  const stride = fc.constantFrom(1, 2);
  const width = fc.integer({ min: 1, max: 3 }).map((n) => 4 * n);
  const expansion = fc.integer({ min: 1, max: 3 });
  const activation = fc.constantFrom("relu6" as const, "silu" as const);
  return fc.oneof(
    fc.record({ kind: fc.constant("conv-norm" as const), kernel, stride, width, activation }),
    fc.record({ kind: fc.constant("inverted-residual" as const), kernel, stride, expansion, width, activation }),
    fc.record({ kind: fc.constant("basic-block" as const), kernel, stride, width }),
    fc.record({ kind: fc.constant("max-pool" as const), kernel: fc.constant(3), stride }),
    fc.record({ kind: fc.constant("patches" as const), stride, width, norm: fc.constantFrom("before", "after") }),
    fc.record({ kind: fc.constant("convnext" as const), kernel, expansion, layerScale: fc.constant(true as const) }),
    fc.record({ kind: fc.constant("shuffle-unit" as const), kernel, stride: fc.constant(2), width }),
    fc.record(
      {
        kind: fc.constant("sdta" as const),
        scales: fc.constantFrom(2, 4),
        heads: fc.constantFrom(1, 2, 4),
        expansion,
        positions: fc.constant(true as const),
      },
      { requiredKeys: ["kind", "scales", "heads", "expansion"] },
    ),
  );
}

/** Small networks of the blocks of published models, among them those that need maps of even sides, and tokens. */
export function publishedNetworks(): fc.Arbitrary<Architecture> {
  const mobilevit = fc.record({
    kind: fc.constant("mobilevit" as const),
    kernel: fc.constant(3),
    patch: fc.constantFrom(1, 2),
    qkvDim: fc.constantFrom(4, 8),
    heads: fc.constantFrom(1, 2, 4),
    depth: fc.integer({ min: 1, max: 2 }),
    expansion: fc.integer({ min: 1, max: 2 }),
  });
  const shuffle: BlockSpec = { kind: "shuffle-unit", kernel: 3, stride: 1, width: 8 };
  const first = fc.oneof(mobilevit, fc.constant(shuffle), publishedBlocks());
  const encoders = fc
    .record({
      kind: fc.constant("encoder" as const),
      heads: fc.constantFrom(1, 2, 4),
      expansion: fc.integer({ min: 1, max: 3 }),
    })
    .chain((spec) => fc.integer({ min: 1, max: 3 }).map((depth) => new Array<BlockSpec>(depth).fill(spec)));
  const ofMaps = fc.record({
    first,
    others: fc.array(publishedBlocks(), { maxLength: 2 }),
    head: fc.constantFrom("head" as const, "norm-head" as const),
  });
  const sides = fc.tuple(fc.constantFrom(4, 6, 8), fc.constantFrom(4, 6, 8));
  const named = (specs: readonly BlockSpec[]) => specs.map((spec, i) => ({ name: `blocks.${i}`, spec }));
  const maps = fc.tuple(sides, ofMaps).map(([[height, width], { first: block, others, head }]) => {
    const stem: BlockSpec = { kind: "conv-norm", kernel: 3, stride: 2, width: 8, activation: "relu" };
    const specs: BlockSpec[] = [stem, block, ...others, { kind: head, classes: 3 }];
    return chain("published", [1, 3, 2 * height, 2 * width], named(specs));
  });
  const tokens = fc.tuple(sides, encoders).map(([[height, width], blocks]) => {
    const stem: BlockSpec = { kind: "patch-tokens", stride: 2, width: 8 };
    return chain("tokens", [1, 3, height, width], named([stem, ...blocks, { kind: "token-head", classes: 3 }]));
  });
  return fc.oneof({ arbitrary: maps, weight: 3 }, tokens);
}

/** Random cells of NAS-Bench-101 in two small stacks, the second at half the resolution and twice the width. */
export function nasbench101Networks(width: fc.Arbitrary<number>): fc.Arbitrary<Architecture> {
  const cell = fc.nat().map((seed) => {
    const genotype = sample(nasbench101Space(), seededRandom(seed));
    return nasbench101CellOf(genotype) ?? { operations: [], edges: [] };
  });
  return fc.record({ side: fc.integer({ min: 2, max: 10 }), width, cell }).map(({ side, width: stem, cell: of }) => {
    const cells = (w: number): BlockSpec[] => [0, 1].map(() => ({ kind: "nasbench101-cell", ...of, width: w }));
    const specs: BlockSpec[] = [
      { kind: "nasbench101-stem", width: stem },
      ...cells(stem),
      { kind: "max-pool", stride: 2 },
      ...cells(2 * stem),
      { kind: "head", classes: 10 },
    ];
    return chain(
      "random cells",
      [1, 3, side, side],
      specs.map((spec, i) => ({ name: `blocks.${i}`, spec })),
    );
  });
}

/** A stem, one or two stages of blocks with any kernels, perhaps a head. */
export function hybrids(width: fc.Arbitrary<number>, maxBlocks: number): fc.Arbitrary<Architecture> {
  const stage = fc.array(featureBlocks(), { minLength: 1, maxLength: maxBlocks });
  const transition = width.map((w): BlockSpec => ({ kind: "downsample", stride: 2, width: w }));
  const second = fc.oneof(
    fc.constant([]),
    fc.tuple(transition, stage).map(([first, rest]) => [first, ...rest]),
  );
  return fc
    .tuple(frames(fc.integer({ min: 2, max: 12 }), width), stage, second)
    .map(([frame, ...stages]) => hybrid(frame, stages.flat()));
}

/** A piece of a custom graph `[1, C, H, W]` to `[1, C', H', W']`; what does not fit where it is put is cut to fit. */
export type Layer =
  | {
      readonly kind: "conv";
      readonly kernel: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly dilations: readonly [number, number];
      readonly pads: readonly [number, number, number, number];
      /** Chooses one of the divisors of the input's channels. */
      readonly groups: number;
      readonly outPerGroup: number;
      readonly bias: boolean;
    }
  | {
      readonly kind: "convTranspose";
      readonly kernel: readonly [number, number];
      readonly strides: readonly [number, number];
      readonly dilations: readonly [number, number];
      readonly pads: readonly [number, number, number, number];
      readonly outputPadding: readonly [number, number];
      readonly groups: number;
      readonly outPerGroup: number;
    }
  | { readonly kind: "pointwise"; readonly out: number; readonly std: number }
  | { readonly kind: "activation"; readonly operator: "Relu" | "Clip" | "Gelu" | "HardSwish" | "Swish" }
  | { readonly kind: "averagePool"; readonly kernel: number; readonly stride: number; readonly countsPadding: boolean }
  | { readonly kind: "maxPool"; readonly kernel: number; readonly stride: number }
  | { readonly kind: "batchNorm" }
  | { readonly kind: "layerNorm"; readonly axis: number }
  | { readonly kind: "lpNorm"; readonly axis: number }
  | { readonly kind: "pad"; readonly pads: readonly number[] }
  | { readonly kind: "layerScale"; readonly axis: number }
  | { readonly kind: "code" }
  | { readonly kind: "bias" }
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "transpose"; readonly perm: readonly number[] }
  | { readonly kind: "matmul"; readonly out: number }
  | { readonly kind: "tokens"; readonly out: number }
  | { readonly kind: "gram" }
  | { readonly kind: "attention" }
  | { readonly kind: "gate" }
  | { readonly kind: "squeezeExcite"; readonly gate: "HardSigmoid" | "OpaqueGate" | "Sigmoid" }
  | { readonly kind: "contraction"; readonly of: "channels" | "rows" | "heads" | "itself" | "sum" }
  | { readonly kind: "alongAxis"; readonly axis: number; readonly out: number; readonly weights: readonly number[] }
  | { readonly kind: "stretched"; readonly how: "Add" | "Mul" }
  | {
      readonly kind: "branches";
      readonly how: "Add" | "Concat";
      readonly left: readonly Layer[];
      readonly right: readonly Layer[];
    };

/** Convolutions along both axes, with strides, dilations, groups and paddings that differ from side to side. */
export const convolutions: fc.Arbitrary<Layer> = fc.record({
  kind: fc.constant("conv" as const),
  kernel: pair(fc.integer({ min: 1, max: 9 })),
  strides: pair(fc.integer({ min: 1, max: 3 })),
  dilations: pair(fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(...([0, 1, 2, 3] as const).map(() => fc.integer({ min: 0, max: 4 }))) as fc.Arbitrary<
    [number, number, number, number]
  >,
  groups: fc.nat(5),
  outPerGroup: fc.integer({ min: 1, max: 3 }),
  bias: fc.boolean(),
});

/** Of kernels no smaller than the padding, so that something comes out of maps of any size. */
const transposedConvolutions = fc.record({
  kind: fc.constant("convTranspose" as const),
  kernel: pair(fc.integer({ min: 1, max: 5 })),
  strides: pair(fc.integer({ min: 1, max: 3 })),
  dilations: pair(fc.integer({ min: 1, max: 2 })),
  pads: fc.constantFrom<[number, number, number, number]>([0, 0, 0, 0], [1, 0, 0, 1], [1, 1, 1, 1], [0, 1, 0, 0]),
  outputPadding: pair(fc.nat(2)),
  groups: fc.nat(3),
  outPerGroup: fc.integer({ min: 1, max: 3 }),
});

/** Some of them, of weights that are zero, pass nothing. */
const pointwise = fc.record({
  kind: fc.constant("pointwise" as const),
  out: fc.integer({ min: 1, max: 6 }),
  std: fc.constantFrom(0.2, 1, 0),
});

/**
 * Layers after which forward and gradient fields are separable if they were before: sums only of fields that differ
 * along one axis.
 */
export const separableLayers: fc.Arbitrary<Layer> = fc.oneof(
  { arbitrary: convolutions, weight: 4 },
  transposedConvolutions,
  fc.constantFrom<Layer>(
    { kind: "batchNorm" },
    { kind: "bias" },
    { kind: "gram" },
    { kind: "attention" },
    { kind: "gate" },
    ...(["HardSigmoid", "OpaqueGate", "Sigmoid"] as const).map((gate): Layer => ({ kind: "squeezeExcite", gate })),
    ...(["channels", "rows", "heads", "itself", "sum"] as const).map((of): Layer => ({ kind: "contraction", of })),
    // Positions twice, once or never, and one that is a mean.
    { kind: "alongAxis", axis: 1, out: 4, weights: [1, 0, 2] },
    { kind: "alongAxis", axis: 2, out: 5, weights: [1, 1, 0.5] },
    { kind: "alongAxis", axis: 3, out: 1, weights: [0.25] },
    { kind: "stretched", how: "Add" },
    { kind: "stretched", how: "Mul" },
    { kind: "layerNorm", axis: -1 },
    { kind: "layerNorm", axis: 1 },
    { kind: "lpNorm", axis: -1 },
    { kind: "lpNorm", axis: 1 },
    { kind: "pad", pads: [0, 0, 1, 2, 0, 0, 2, 0] },
    { kind: "pad", pads: [0, 2, 0, 0, 0, 1, 0, 0] },
    { kind: "layerScale", axis: 1 },
    { kind: "layerScale", axis: 3 },
    { kind: "code" },
  ),
  fc.record({
    kind: fc.constant("activation" as const),
    operator: fc.constantFrom(
      "Relu" as const,
      "Clip" as const,
      "Gelu" as const,
      "HardSwish" as const,
      "Swish" as const,
    ),
  }),
  fc.record({
    kind: fc.constant("averagePool" as const),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
    countsPadding: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("maxPool" as const),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ kind: fc.constant("scale" as const), factor: fc.constantFrom(-3, 0.25, 2) }),
  fc.record({
    kind: fc.constant("transpose" as const),
    perm: fc.constantFrom([0, 1, 3, 2], [0, 2, 3, 1], [0, 3, 1, 2]),
  }),
  fc.record({ kind: fc.constantFrom("matmul" as const, "tokens" as const), out: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    kind: fc.constant("branches" as const),
    how: fc.constantFrom("Add" as const, "Concat" as const),
    left: fc.tuple(pointwise),
    right: fc.oneof(fc.constant([]), fc.tuple(pointwise)),
  }),
);

/** Sums or concatenations of branches with unlike kernels, whose fields bend in different ways along both axes. */
export function unlikeBranches(how: "Add" | "Concat"): fc.Arbitrary<Layer> {
  const convolution = fc
    .record({ taps: fc.constantFrom(1, 3, 5, 9), groups: fc.nat(3) })
    .map(({ taps, groups }): Layer => {
      const border = (taps - 1) / 2;
      return {
        kind: "conv",
        kernel: [taps, taps],
        strides: [1, 1],
        dilations: [1, 1],
        pads: [border, border, border, border],
        groups,
        outPerGroup: 2,
        bias: false,
      };
    });
  const branches = fc.record({
    kind: fc.constant("branches" as const),
    how: fc.constant(how),
    left: fc.tuple(convolution),
    right: fc.oneof(fc.constant([]), fc.tuple(convolution)),
  });
  return fc.oneof({ arbitrary: branches, weight: 2 }, convolution, fc.constant<Layer>({ kind: "batchNorm" }));
}

export interface CustomNetwork {
  readonly input: readonly [number, number, number];
  readonly layers: readonly Layer[];
  readonly tail: "none" | "flatten" | "pool";
}

export function customNetworks(layer: fc.Arbitrary<Layer>, maxLayers: number): fc.Arbitrary<CustomNetwork> {
  const side = fc.integer({ min: 2, max: 9 });
  return fc.record({
    input: fc.tuple(fc.integer({ min: 1, max: 4 }), side, side),
    layers: fc.array(layer, { minLength: 1, maxLength: maxLayers }),
    tail: fc.constantFrom("none" as const, "flatten" as const, "pool" as const),
  });
}

export function customArchitecture({ input, layers, tail }: CustomNetwork): Architecture {
  const b = new GraphBuilder("custom");
  let x = addLayers(b, b.input("input", [1, ...input]), layers, "body");
  if (tail !== "none") {
    if (tail === "pool") x = b.node("GlobalAveragePool", "pool", [x]);
    x = b.node("Flatten", "flatten", [x]);
    const transposed = tail === "pool" ? 1 : 0;
    const inner = dimension(x.shape, 1);
    const weight = normal(b, "classifier", transposed ? [4, inner] : [inner, 4], 0.5);
    const bias = b.parameter("classifier.bias", [4], { kind: "zeros" });
    x = b.node("Gemm", "classifier", [x, weight, bias], { transB: transposed, alpha: transposed ? 1 : -0.5 });
  }
  return fromGraph(b.build([x]));
}

function normal(b: GraphBuilder, name: string, shape: readonly number[], std: number): Tensor {
  return b.parameter(`${name}.weight`, shape, { kind: "normal", std });
}

function addLayers(b: GraphBuilder, x: Tensor, layers: readonly Layer[], prefix: string): Tensor {
  return layers.reduce((y, layer, i) => addLayer(b, y, layer, `${prefix}.${i}`), x);
}

function addLayer(b: GraphBuilder, x: Tensor, layer: Layer, name: string): Tensor {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  const rowsAndColumnsSwapped = { perm: [0, 1, 3, 2] };
  switch (layer.kind) {
    case "conv":
      return addConvolution(b, x, layer, name);
    case "convTranspose":
      return addTransposedConvolution(b, x, layer, name);
    case "pointwise":
      return b.node("Conv", name, [x, normal(b, name, [layer.out, channels, 1, 1], layer.std)]);
    case "activation":
      return b.node(layer.operator, name, [x]);
    case "averagePool":
      return b.node("AveragePool", name, [x], {
        ...windowsWithin(x, layer),
        count_include_pad: Number(layer.countsPadding),
      });
    case "maxPool":
      return b.node("MaxPool", name, [x], windowsWithin(x, layer));
    case "batchNorm": {
      const roles = ["scale", "bias", "mean", "variance"].map((role) =>
        b.parameter(`${name}.${role}`, [channels], { kind: "ones" }),
      );
      return b.node("BatchNormalization", name, [x, ...roles]);
    }
    case "layerNorm": {
      const scale = b.parameter(`${name}.scale`, x.shape.slice(layer.axis), { kind: "ones" });
      return b.node("LayerNormalization", name, [x, scale], { axis: layer.axis });
    }
    case "lpNorm":
      return b.node("LpNormalization", name, [x], { axis: layer.axis });
    case "pad":
      return b.node("Pad", name, [x, b.constant(`${name}/pads`, "int64", layer.pads)]);
    case "layerScale": {
      const shape = x.shape.map((n, axis) => (axis === layer.axis ? n : 1)).slice(layer.axis);
      return b.node("Mul", name, [x, b.parameter(`${name}.gamma`, shape, { kind: "normal", std: 1 })]);
    }
    case "code": {
      const code = b.constant(`${name}/code`, "float32", [0.5, -1, 2], [1, 1, 1, 3]);
      const added = b.node("MatMul", name, [code, normal(b, name, [3, width], 0.7)]);
      const tall = b.node("Concat", name, new Array<Tensor>(height).fill(added), { axis: 2 });
      return b.node("Add", name, [x, b.node("Concat", `${name}/wide`, new Array<Tensor>(channels).fill(tall))]);
    }
    case "bias":
      return b.node("Add", name, [x, b.parameter(`${name}.bias`, [1, channels, 1, 1], { kind: "normal", std: 1 })]);
    case "scale":
      return b.node("Mul", name, [b.constant(`${name}/factor`, "float32", [layer.factor], []), x]);
    case "transpose":
      return b.node("Transpose", name, [x], { perm: layer.perm });
    case "matmul":
      return b.node("MatMul", name, [x, normal(b, name, [width, layer.out], 0.7)]);
    case "tokens": {
      const merged = b.constant(`${name}/merged`, "int64", [0, 0, -1]);
      const split = b.constant(`${name}/split`, "int64", [0, 0, height, width]);
      const tokensFirst = { perm: [0, 2, 1] };
      const tokens = b.node("Transpose", `${name}/in`, [b.node("Reshape", `${name}/in`, [x, merged])], tokensFirst);
      const mixed = b.node("MatMul", name, [tokens, normal(b, name, [channels, layer.out], 0.7)]);
      return b.node("Reshape", `${name}/out`, [b.node("Transpose", `${name}/out`, [mixed], tokensFirst), split]);
    }
    case "gram":
      return b.node("MatMul", name, [x, b.node("Transpose", name, [x], rowsAndColumnsSwapped)]);
    case "attention": {
      const scores = b.node("MatMul", `${name}/scores`, [x, b.node("Transpose", name, [x], rowsAndColumnsSwapped)]);
      return b.node("MatMul", name, [b.node("Softmax", name, [scores]), x]);
    }
    case "gate": {
      if (channels % 2 === 1) return x;
      return b.node("Mul", name, b.nodes("Split", name, [x], 2, { axis: 1 }));
    }
    case "squeezeExcite": {
      const pooled = b.node("GlobalAveragePool", name, [x]);
      const excited = b.node("Conv", name, [pooled, normal(b, name, [channels, channels, 1, 1], 0.7)]);
      const gate =
        layer.gate === "OpaqueGate"
          ? addOpaque(b, layer.gate, `${name}/gate`, [excited], excited.shape)
          : b.node(layer.gate, `${name}/gate`, [excited]);
      return b.node("Mul", name, [gate, x]);
    }
    case "contraction":
      return addContraction(b, x, layer.of, name);
    case "alongAxis": {
      const length = dimension(x.shape, layer.axis);
      const terms = Array.from({ length: layer.out }, (_, at) =>
        Array.from({ length }, (_, from) => [from, layer.weights[(from + at) % layer.weights.length] ?? 0] as const),
      );
      const maps = x.shape.map((_, axis) => (axis === layer.axis ? { to: layer.out, terms } : null));
      const shape = x.shape.with(layer.axis, layer.out);
      return addOpaque(b, "OpaqueAlongAxes", name, [x], shape, { lengths: x.shape, maps, factor: 0.5 });
    }
    case "stretched": {
      // Fields that differ along the channels alone.
      const pooled = b.node("GlobalAveragePool", name, [x]);
      const mixed = b.node("Conv", name, [pooled, normal(b, name, [1, channels, 1, 1], 0.7)]);
      const scalar = b.node("Reshape", name, [mixed, b.constant(`${name}/scalar`, "int64", [1])]);
      return b.node(layer.how, name, [scalar, pooled]);
    }
    case "branches": {
      const left = addLayers(b, x, layer.left, `${name}.left`);
      const right = addLayers(b, x, layer.right, `${name}.right`);
      if (layer.how === "Concat") return b.node("Concat", name, [left, right], { axis: 1 });
      if (elements(left.shape) === elements(right.shape)) return b.node("Add", name, [left, right]);
      return left;
    }
  }
}

function addContraction(
  b: GraphBuilder,
  x: Tensor,
  of: Extract<Layer, { kind: "contraction" }>["of"],
  name: string,
): Tensor {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  const product = (inputs: readonly Tensor[], terms: readonly string[], output: string, shape: Shape) => {
    const factors = terms.map((term, i) => ({ input: Math.min(i, inputs.length - 1), labels: [...term] }));
    return addOpaque(b, "OpaqueContraction", name, inputs, shape, { factors, output: [...output] });
  };
  switch (of) {
    case "channels":
      return product([x, normal(b, name, [channels, 3], 0.7)], ["nchw", "co"], "nohw", [1, 3, height, width]);
    case "rows":
      return product([x, normal(b, name, [2, height], 0.7)], ["nchw", "oh"], "ncow", [1, channels, 2, width]);
    case "heads":
      return b.node("MatMul", name, [x, normal(b, name, [1, channels, width, 2], 0.7)]);
    case "itself":
      return product([x], ["nchw", "nchv"], "ncwv", [1, channels, width, width]);
    case "sum": {
      const summed = product([x], ["nchw"], "nch", [1, channels, height]);
      return b.node("Reshape", name, [summed, b.constant(`${name}/map`, "int64", [0, 0, -1, 1])]);
    }
  }
}

/** Adds what stands for a node of a file, which no builder has. */
function addOpaque<K extends OpaqueName>(
  b: GraphBuilder,
  operator: K,
  name: string,
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Omit<AttributesOf<K>, "macs"> = {} as Omit<AttributesOf<K>, "macs">,
): Tensor {
  const { nodes, shapes } = b.build([]);
  const node = { operator, name, block: "", inputs: inputs.map((input) => input.name), outputs: [`${name}:out`] };
  (nodes as Node[]).push({ ...node, attributes: { macs: 0, ...attributes } } as unknown as Node);
  (shapes as Map<string, Shape>).set(`${name}:out`, shape);
  return b.tensor(`${name}:out`);
}

/** Square windows that are cut to the map, with same padding. */
function windowsWithin(x: Tensor, layer: { readonly kernel: number; readonly stride: number }): MaxPoolAttributes {
  const kernel = Math.min(layer.kernel, dimension(x.shape, 2), dimension(x.shape, 3));
  const border = Math.floor((kernel - 1) / 2);
  return {
    kernel_shape: [kernel, kernel],
    strides: [layer.stride, layer.stride],
    pads: [border, border, border, border],
  };
}

function addConvolution(b: GraphBuilder, x: Tensor, layer: Extract<Layer, { kind: "conv" }>, name: string): Tensor {
  const { strides, pads, dilations, bias } = layer;
  const channels = dimension(x.shape, 1);
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((n) => channels % n === 0);
  const group = divisors[layer.groups % divisors.length] ?? 1;
  const out = group * layer.outPerGroup;
  const kernel = layer.kernel.map((taps, axis) => {
    const padded = dimension(x.shape, axis + 2) + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    return Math.min(taps, Math.floor((padded - 1) / (dilations[axis] ?? 1)) + 1);
  });
  const weight = normal(b, name, [out, channels / group, ...kernel], 1 / (group + elements(kernel)));
  const inputs = bias ? [x, weight, b.parameter(`${name}.bias`, [out], { kind: "ones" })] : [x, weight];
  return b.node("Conv", name, inputs, { strides, pads, dilations, group });
}

function addTransposedConvolution(
  b: GraphBuilder,
  x: Tensor,
  layer: Extract<Layer, { kind: "convTranspose" }>,
  name: string,
): Tensor {
  const { kernel, strides, dilations } = layer;
  const channels = dimension(x.shape, 1);
  const group = channels % (layer.groups + 1) === 0 ? layer.groups + 1 : 1;
  const fits = ([0, 1] as const).every(
    (axis) => strides[axis] * (dimension(x.shape, axis + 2) - 1) + dilations[axis] * (kernel[axis] - 1) >= 2,
  );
  const pads = fits ? layer.pads : [0, 0, 0, 0];
  const output_padding = ([0, 1] as const).map((axis) => Math.min(layer.outputPadding[axis], strides[axis] - 1));
  const weight = normal(b, name, [channels, layer.outPerGroup, ...kernel], 1 / (group + elements(kernel)));
  return b.node("ConvTranspose", name, [x, weight], { strides, pads, dilations, group, output_padding });
}
