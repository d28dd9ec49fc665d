/**
 * @file Other forms of ONNX's activations that compute the same, as exporters write them, and what a rewrite of a node is written with.
 */

import { TensorProto_DataType as DataType, type NodeProto } from "onnx-buf";
import type { Attributes } from "./onnx-file.js";
import { type OnnxGraph, outputOf } from "./onnx-networks.js";

/** Gives the nodes that replace a node, or nothing where it does not apply. */
export type Rewrite = (g: OnnxGraph, node: NodeProto) => readonly NodeProto[] | undefined;

/** Writes nodes that end in what a node gave. */
export class Steps {
  readonly nodes: NodeProto[] = [];
  readonly #g: OnnxGraph;
  readonly shape: readonly number[];
  readonly #output: string;

  constructor(g: OnnxGraph, node: NodeProto) {
    this.#g = g;
    this.#output = outputOf(node);
    this.shape = g.shape(this.#output);
  }

  /** A node of the shape of the output; numbers are constants. */
  step(opType: string, inputs: readonly (string | number)[], attributes: Attributes = {}, shape = this.shape): string {
    const node = this.#g.node(opType, this.#operands(inputs), shape, attributes);
    this.nodes.push(node);
    return outputOf(node);
  }

  /** The last node. */
  end(opType: string, inputs: readonly (string | number)[], attributes: Attributes = {}, domain = ""): NodeProto[] {
    const names = { output: this.#output, domain };
    return [...this.nodes, this.#g.node(opType, this.#operands(inputs), this.shape, attributes, names)];
  }

  #operands(inputs: readonly (string | number)[]): string[] {
    return inputs.map((input) => (typeof input === "number" ? this.#g.scalar(input) : input));
  }
}

function floatOf(node: NodeProto, name: string): number | undefined {
  return node.attribute.find((attribute) => attribute.name === name)?.f;
}

export function valuesOf(g: OnnxGraph, name: string): Float32Array {
  return new Float32Array(g.tensors.get(name)?.rawData.slice().buffer ?? new ArrayBuffer(0));
}

export function onNode(
  opType: string,
  write: (s: Steps, node: NodeProto, g: OnnxGraph) => NodeProto[] | undefined,
): Rewrite {
  return (g, node) => (node.opType === opType && node.domain === "" ? write(new Steps(g, node), node, g) : undefined);
}

/** The first input. */
export const x = (node: NodeProto) => node.input[0] ?? "";

/** Whether a Clip has the bounds of ReLU6. */
const isRelu6 = (g: OnnxGraph, { input: [, low = "", high = ""] }: NodeProto) =>
  valuesOf(g, low)[0] === 0 && valuesOf(g, high)[0] === 6;

const isSixth = (node: NodeProto) => Math.abs((floatOf(node, "alpha") ?? 0.2) - 1 / 6) < 1e-6;

export const approximate = (node: NodeProto) =>
  String.fromCharCode(...(node.attribute.find(({ name }) => name === "approximate")?.s ?? []));

const relu: Readonly<Record<string, Rewrite>> = {
  "Relu as Max": onNode("Relu", (s, node) => s.end("Max", [x(node), 0])),
  "Relu as Max of constant first": onNode("Relu", (s, node) => s.end("Max", [0, x(node)])),
  "Relu as Where (torch.where)": onNode("Relu", (s, node) =>
    s.end("Where", [s.step("Greater", [x(node), 0]), x(node), 0]),
  ),
  "Relu6 as Relu and Min (tf2onnx)": onNode("Clip", (s, node, g) =>
    isRelu6(g, node) ? s.end("Min", [s.step("Relu", [x(node)]), 6]) : undefined,
  ),
  "Relu6 as Min of Max": onNode("Clip", (s, node, g) =>
    isRelu6(g, node) ? s.end("Min", [6, s.step("Max", [x(node), 0])]) : undefined,
  ),
  "Relu6 as Relu and Clip (F.relu6 of PyTorch)": onNode("Clip", (s, node, g) =>
    isRelu6(g, node) ? s.end("Clip", [s.step("Relu", [x(node)]), 0, 6]) : undefined,
  ),
  "Relu6 as a share of 6": onNode("Clip", (s, node, g) =>
    isRelu6(g, node) ? s.end("Mul", [s.step("Clip", [s.step("Div", [x(node), 6]), 0, 1]), 6]) : undefined,
  ),
  "Relu6 with bounds from casts (torch.clamp)": onNode("Clip", (s, node, g) => {
    if (!isRelu6(g, node)) return undefined;
    const bound = (n: number) => s.step("Cast", [g.integers([n], [])], { to: DataType.FLOAT }, []);
    return s.end("Clip", [x(node), bound(0), bound(6)]);
  }),
  "LeakyRelu as Max (tf.nn.leaky_relu)": onNode("LeakyRelu", (s, node) =>
    s.end("Max", [s.step("Mul", [x(node), floatOf(node, "alpha") ?? 0.01]), x(node)]),
  ),
  "LeakyRelu as two Relus": onNode("LeakyRelu", (s, node) => {
    const below = s.step("Relu", [s.step("Neg", [x(node)])]);
    return s.end("Sub", [s.step("Relu", [x(node)]), s.step("Mul", [below, floatOf(node, "alpha") ?? 0.01])]);
  }),
  "PRelu as two Relus (Keras)": onNode("PRelu", (s, node, g) => {
    const [, slope = ""] = node.input;
    const negative = g.floats(
      g.shape(slope),
      valuesOf(g, slope).map((value) => -value),
    );
    const below = s.step("Mul", [negative, s.step("Relu", [s.step("Neg", [x(node)])])]);
    return s.end("Add", [s.step("Relu", [x(node)]), below]);
  }),
  "Elu as Where": onNode("Elu", (s, node) => {
    const below = s.step("Sub", [s.step("Exp", [x(node)]), 1]);
    return s.end("Where", [s.step("Greater", [x(node), 0]), x(node), below]);
  }),
};

const smooth: Readonly<Record<string, Rewrite>> = {
  "HardSigmoid as Add, Clip, Div (torchvision)": onNode("HardSigmoid", (s, node) =>
    isSixth(node) ? s.end("Div", [s.step("Clip", [s.step("Add", [x(node), 3]), 0, 6]), 6]) : undefined,
  ),
  "HardSigmoid as Add, Relu, Min, Mul (Keras)": onNode("HardSigmoid", (s, node) => {
    if (!isSixth(node)) return undefined;
    return s.end("Mul", [s.step("Min", [s.step("Relu", [s.step("Add", [x(node), 3])]), 6]), 1 / 6]);
  }),
  "HardSigmoid as Mul, Add, Clip (paddle)": onNode("HardSigmoid", (s, node) => {
    const shifted = s.step("Add", [
      s.step("Mul", [x(node), floatOf(node, "alpha") ?? 0.2]),
      floatOf(node, "beta") ?? 0.5,
    ]);
    return s.end("Clip", [shifted, 0, 1]);
  }),
  "HardSwish with HardSigmoid (PyTorch below opset 14)": onNode("HardSwish", (s, node) => {
    const alpha = { float: 1 / 6 };
    return s.end("Mul", [x(node), s.step("HardSigmoid", [x(node)], { alpha, beta: { float: 0.5 } })]);
  }),
  "HardSwish as x * clip(x + 3) / 6": onNode("HardSwish", (s, node) => {
    const bounded = s.step("Clip", [s.step("Add", [x(node), 3]), 0, 6]);
    return s.end("Div", [s.step("Mul", [x(node), bounded]), 6]);
  }),
  "Gelu with Erf (PyTorch below opset 20)": onNode("Gelu", (s, node) => {
    if (approximate(node) === "tanh") return undefined;
    const share = s.step("Add", [s.step("Erf", [s.step("Div", [x(node), Math.SQRT2])]), 1]);
    return s.end("Mul", [s.step("Mul", [x(node), share]), 0.5]);
  }),
  "Gelu with Erf and the half first (tf2onnx)": onNode("Gelu", (s, node) => {
    if (approximate(node) === "tanh") return undefined;
    const share = s.step("Add", [1, s.step("Erf", [s.step("Mul", [x(node), Math.SQRT1_2])])]);
    return s.end("Mul", [s.step("Mul", [0.5, x(node)]), share]);
  }),
  "Gelu of ONNX Runtime": onNode("Gelu", (s, node) =>
    approximate(node) === "tanh" ? undefined : s.end("Gelu", [x(node)], {}, "com.microsoft"),
  ),
  "Gelu with tanh": onNode("Gelu", (s, node) => {
    if (approximate(node) !== "tanh") return undefined;
    const cubic = s.step("Mul", [s.step("Pow", [x(node), 3]), 0.044715]);
    const inner = s.step("Mul", [s.step("Add", [x(node), cubic]), Math.sqrt(2 / Math.PI)]);
    return s.end("Mul", [s.step("Mul", [0.5, x(node)]), s.step("Add", [s.step("Tanh", [inner]), 1])]);
  }),
  "Mish with Softplus (PyTorch below opset 18)": onNode("Mish", (s, node) =>
    s.end("Mul", [x(node), s.step("Tanh", [s.step("Softplus", [x(node)])])]),
  ),
  "Softplus with logarithm": onNode("Softplus", (s, node) =>
    s.end("Log", [s.step("Add", [s.step("Exp", [x(node)]), 1])]),
  ),
  "Sigmoid with exponential": onNode("Sigmoid", (s, node) =>
    s.end("Div", [1, s.step("Add", [1, s.step("Exp", [s.step("Neg", [x(node)])])])]),
  ),
  "Tanh with Sigmoid": onNode("Tanh", (s, node) =>
    s.end("Sub", [s.step("Mul", [s.step("Sigmoid", [s.step("Mul", [x(node), 2])]), 2]), 1]),
  ),
  "Softsign as a quotient": onNode("Softsign", (s, node) =>
    s.end("Div", [x(node), s.step("Add", [s.step("Abs", [x(node)]), 1])]),
  ),
};

export const activationForms: Readonly<Record<string, Rewrite>> = { ...relu, ...smooth };
