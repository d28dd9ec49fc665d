/**
 * @file Random small networks of ONNX's own operators, each in its shortest form, and what is needed to write them in another one.
 * Shapes are kept by name, so that a rewrite knows them.
 */

import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto, TensorProtoSchema } from "onnx-buf";
import { seededRandom } from "../../packages/core/src/base/random-numbers.js";
import { type Attributes, integers, node, onnxFile, tensor } from "./onnx-file.js";

type Shape = readonly number[];

const OPSET = 21;

const count = (shape: Shape) => shape.reduce((product, n) => product * n, 1);

/** A graph that is written node by node. */
export class OnnxGraph {
  nodes: NodeProto[] = [];
  readonly tensors = new Map<string, TensorProto>();
  readonly shapes = new Map<string, Shape>();
  readonly input = "image";
  readonly #random: ReturnType<typeof seededRandom>;
  output = "";
  #names = 0;

  constructor(seed: number, image: Shape) {
    this.#random = seededRandom(seed);
    this.shapes.set(this.input, image);
  }

  fresh(label: string): string {
    return `${label}_${this.#names++}`;
  }

  shape(name: string): Shape {
    return this.shapes.get(name) ?? [];
  }

  /** A weight of random numbers around `centre`. */
  weight(shape: Shape, spread: number, centre = 0): string {
    const values = Float32Array.from(
      { length: count(shape) },
      () => centre + spread * (this.#random.below(2001) / 1000 - 1),
    );
    return this.floats(shape, values, "weight");
  }

  floats(shape: Shape, values: Iterable<number>, label = "constant"): string {
    const name = this.fresh(label);
    const rawData = new Uint8Array(Float32Array.from(values).buffer);
    this.#keep(create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: DataType.FLOAT, rawData }), shape);
    return name;
  }

  scalar(value: number): string {
    return this.floats([], [value]);
  }

  integers(values: readonly number[], shape: Shape = [values.length]): string {
    const name = this.fresh("integers");
    this.#keep(integers(name, values, shape), shape);
    return name;
  }

  #keep(tensor: TensorProto, shape: Shape): void {
    this.tensors.set(tensor.name, tensor);
    this.shapes.set(tensor.name, shape);
  }

  /** A node that stands nowhere yet, whose output has a shape. */
  node(
    opType: string,
    input: readonly string[],
    shape: Shape,
    attributes: Attributes = {},
    { output = this.fresh(opType), domain = "" } = {},
  ): NodeProto {
    this.shapes.set(output, shape);
    const operator = domain === "" ? opType : `${domain}.${opType}`;
    return node(operator, input, [output], attributes, this.fresh("node"));
  }

  /** Adds a node at the end, and gives the name of its output. */
  add(opType: string, input: readonly string[], shape: Shape, attributes: Attributes = {}): string {
    const node = this.node(opType, input, shape, attributes);
    this.nodes.push(node);
    return outputOf(node);
  }

  bytes(): Uint8Array {
    const of = (name: string) => [tensor(name, this.shape(name))];
    const parts = {
      input: of(this.input),
      output: of(this.output),
      nodes: this.nodes,
      stored: [...this.tensors.values()],
    };
    return onnxFile(parts, OPSET, ["com.microsoft"]);
  }
}

export function outputOf(node: NodeProto): string {
  return node.output[0] ?? "";
}

const activations = [
  "Relu",
  "Relu6",
  "HardSwish",
  "Gelu",
  "GeluTanh",
  "Mish",
  "SiLU",
  "Sigmoid",
  "Tanh",
  "HardSigmoid",
  "LeakyRelu",
  "PRelu",
  "Elu",
  "Softplus",
  "Softsign",
] as const;

type Activation = (typeof activations)[number];

const act = fc.constantFrom(...activations);
const norm = fc.constantFrom("none", "BatchNormalization", "InstanceNormalization", "GroupNormalization");

type Norm = "none" | "BatchNormalization" | "InstanceNormalization" | "GroupNormalization";

export type Piece =
  | {
      readonly kind: "conv";
      readonly kernel: 1 | 3;
      readonly bias: boolean;
      readonly norm: Norm;
      readonly act: Activation;
    }
  | {
      readonly kind: "gate";
      readonly gate: "Sigmoid" | "HardSigmoid";
      readonly linear: boolean;
      readonly act: Activation;
    }
  | { readonly kind: "pixel-gate"; readonly gate: "Sigmoid" | "Tanh" }
  | { readonly kind: "residual"; readonly act: Activation }
  | { readonly kind: "scaled"; readonly act: Activation; readonly factor: number }
  | {
      readonly kind: "mlp";
      readonly norm: "LayerNormalization" | "SimplifiedLayerNormalization";
      readonly act: Activation;
    };

export interface OnnxNetwork {
  readonly seed: number;
  readonly pieces: readonly Piece[];
  readonly head: "map" | "gemm" | "matmul" | "conv";
  readonly last: "none" | "Softmax" | "LogSoftmax" | "Sigmoid" | "Tanh";
}

const pieces: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({
    kind: fc.constant("conv" as const),
    kernel: fc.constantFrom(1 as const, 3 as const),
    bias: fc.boolean(),
    norm,
    act,
  }),
  fc.record({
    kind: fc.constant("gate" as const),
    gate: fc.constantFrom("Sigmoid" as const, "HardSigmoid" as const),
    linear: fc.boolean(),
    act,
  }),
  fc.record({ kind: fc.constant("pixel-gate" as const), gate: fc.constantFrom("Sigmoid" as const, "Tanh" as const) }),
  fc.record({ kind: fc.constant("residual" as const), act }),
  fc.record({ kind: fc.constant("scaled" as const), act, factor: fc.constantFrom(0.5, 1.7159, 3) }),
  fc.record({
    kind: fc.constant("mlp" as const),
    norm: fc.constantFrom("LayerNormalization" as const, "SimplifiedLayerNormalization" as const),
    act,
  }),
);

export const onnxNetworks: fc.Arbitrary<OnnxNetwork> = fc.record({
  seed: fc.nat(1_000_000),
  pieces: fc.array(pieces, { minLength: 1, maxLength: 4 }),
  head: fc.constantFrom("map" as const, "gemm" as const, "matmul" as const, "conv" as const),
  last: fc.constantFrom(
    "none" as const,
    "Softmax" as const,
    "LogSoftmax" as const,
    "Sigmoid" as const,
    "Tanh" as const,
  ),
});

const WIDTH = 8;
const SIDE = 6;
const MAP = [1, WIDTH, SIDE, SIDE];
const TOKENS = [1, SIDE * SIDE, WIDTH];
const CLASSES = 5;

/** The network as ONNX's shortest form has it. */
export function onnxGraphOf({ seed, pieces, head, last }: OnnxNetwork): OnnxGraph {
  const g = new OnnxGraph(seed, [1, 3, SIDE, SIDE]);
  let x = convolution(g, g.input, 3, 3, true);
  for (const piece of pieces) x = addPiece(g, x, piece);
  g.output = addLast(g, addHead(g, x, head), last);
  return g;
}

function convolution(g: OnnxGraph, x: string, inner: number, kernel: number, bias: boolean, outer = WIDTH): string {
  const inputs = [x, g.weight([outer, inner, kernel, kernel], 1 / Math.sqrt(inner * kernel))];
  if (bias) inputs.push(g.weight([outer], 0.5));
  const border = (kernel - 1) / 2;
  const pads = [border, border, border, border];
  return g.add("Conv", inputs, [1, outer, ...g.shape(x).slice(2)], { kernel_shape: [kernel, kernel], pads });
}

function addActivation(g: OnnxGraph, x: string, act: Activation): string {
  const shape = g.shape(x);
  switch (act) {
    case "Relu6":
      return g.add("Clip", [x, g.scalar(0), g.scalar(6)], shape);
    case "GeluTanh":
      return g.add("Gelu", [x], shape, { approximate: "tanh" });
    case "SiLU":
      return g.add("Mul", [x, g.add("Sigmoid", [x], shape)], shape);
    case "HardSigmoid":
      return g.add("HardSigmoid", [x], shape, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
    case "LeakyRelu":
      return g.add("LeakyRelu", [x], shape, { alpha: { float: 0.1 } });
    case "PRelu": {
      const isMap = shape.length === 4;
      return g.add("PRelu", [x, g.weight(isMap ? [WIDTH, 1, 1] : shape.slice(-1), 0.2, 0.3)], shape);
    }
    default:
      return g.add(act, [x], shape);
  }
}

function addNormalisation(g: OnnxGraph, x: string, norm: Norm): string {
  if (norm === "none") return x;
  const inputs = [x, g.weight([WIDTH], 0.5, 1), g.weight([WIDTH], 0.3)];
  if (norm === "BatchNormalization") inputs.push(g.weight([WIDTH], 0.1), g.weight([WIDTH], 0.3, 1));
  return g.add(norm, inputs, g.shape(x), norm === "GroupNormalization" ? { num_groups: 2 } : {});
}

function pooled(g: OnnxGraph, x: string): string {
  return g.add("GlobalAveragePool", [x], [1, WIDTH, 1, 1]);
}

function addPiece(g: OnnxGraph, x: string, piece: Piece): string {
  switch (piece.kind) {
    case "conv":
      return addActivation(
        g,
        addNormalisation(g, convolution(g, x, WIDTH, piece.kernel, piece.bias), piece.norm),
        piece.act,
      );
    case "gate": {
      let y = pooled(g, x);
      if (piece.linear) {
        y = g.add("Flatten", [y], [1, WIDTH]);
        y = addActivation(g, g.add("MatMul", [y, g.weight([WIDTH, 4], 0.6)], [1, 4]), "Relu");
        y = g.add("MatMul", [y, g.weight([4, WIDTH], 0.6)], [1, WIDTH]);
        y = g.add("Reshape", [y, g.integers([0, WIDTH, 1, 1])], [1, WIDTH, 1, 1]);
      } else {
        y = convolution(g, addActivation(g, convolution(g, y, WIDTH, 1, true, 4), "Relu"), 4, 1, true);
      }
      const attributes = piece.gate === "HardSigmoid" ? { alpha: { float: 1 / 6 }, beta: { float: 0.5 } } : {};
      const gate = g.add(piece.gate, [y], [1, WIDTH, 1, 1], attributes);
      return addActivation(g, convolution(g, g.add("Mul", [x, gate], MAP), WIDTH, 1, false), piece.act);
    }
    case "pixel-gate":
      return g.add(
        "Mul",
        [g.add(piece.gate, [convolution(g, x, WIDTH, 1, true)], MAP), convolution(g, x, WIDTH, 1, true)],
        MAP,
      );
    case "residual":
      return g.add("Add", [addActivation(g, convolution(g, x, WIDTH, 3, true), piece.act), x], MAP);
    case "scaled": {
      const y = g.add(
        "Mul",
        [addActivation(g, convolution(g, x, WIDTH, 1, true), piece.act), g.scalar(piece.factor)],
        MAP,
      );
      return convolution(g, y, WIDTH, 1, false);
    }
    case "mlp": {
      const rows = g.add("Reshape", [x, g.integers([0, WIDTH, -1])], [1, WIDTH, SIDE * SIDE]);
      const tokens = g.add("Transpose", [rows], TOKENS, { perm: [0, 2, 1] });
      const isSimple = piece.norm === "SimplifiedLayerNormalization";
      const scale = g.weight([WIDTH], 0.5, 1);
      const operands = isSimple ? [scale] : [scale, g.weight([WIDTH], 0.3)];
      const normal = g.add(piece.norm, [tokens, ...operands], TOKENS, { axis: -1, epsilon: { float: 1e-5 } });
      const product = g.add("MatMul", [normal, g.weight([WIDTH, WIDTH], 0.5)], TOKENS);
      const biased = g.add("Add", [product, g.weight([WIDTH], 0.3)], TOKENS);
      const back = g.add("Transpose", [addActivation(g, biased, piece.act)], [1, WIDTH, SIDE * SIDE], {
        perm: [0, 2, 1],
      });
      return g.add("Reshape", [back, g.integers([0, WIDTH, SIDE, SIDE])], MAP);
    }
  }
}

function addHead(g: OnnxGraph, x: string, head: OnnxNetwork["head"]): string {
  const logits = [1, CLASSES];
  switch (head) {
    case "map":
      return convolution(g, x, WIDTH, 1, true, CLASSES);
    case "conv":
      return g.add("Flatten", [convolution(g, pooled(g, x), WIDTH, 1, true, CLASSES)], logits);
    case "gemm": {
      const flat = g.add("Flatten", [pooled(g, x)], [1, WIDTH]);
      return g.add("Gemm", [flat, g.weight([CLASSES, WIDTH], 0.5), g.weight([CLASSES], 0.5)], logits, { transB: 1 });
    }
    case "matmul":
      return g.add("MatMul", [g.add("Flatten", [pooled(g, x)], [1, WIDTH]), g.weight([WIDTH, CLASSES], 0.5)], logits);
  }
}

function addLast(g: OnnxGraph, x: string, last: OnnxNetwork["last"]): string {
  if (last === "none") return x;
  return g.add(last, [x], g.shape(x), last.endsWith("oftmax") ? { axis: 1 } : {});
}
