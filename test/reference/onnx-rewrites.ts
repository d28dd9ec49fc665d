/**
 * @file Other forms of ONNX nodes that compute the same, as exporters and ONNX Runtime write them.
 */

import { create } from "@bufbuild/protobuf";
import { TensorProto_DataType as DataType, type NodeProto, NodeProtoSchema } from "onnx-buf";
import { activationForms, approximate, onNode, type Rewrite, Steps, valuesOf, x } from "./onnx-activation-forms.js";
import { attributeOf } from "./onnx-file.js";
import { type OnnxGraph, outputOf } from "./onnx-networks.js";

/** Means over axes that stay, with axes as an input. */
function mean(s: Steps, g: OnnxGraph, of: string, axes: readonly number[], opType = "ReduceMean"): string {
  const shape = g.shape(of).map((n, axis) => (axes.includes(axis) || axes.includes(axis - g.shape(of).length) ? 1 : n));
  return s.step(opType, [of, g.integers(axes)], { keepdims: 1 }, shape);
}

/** `(x - mean) / sqrt(variance + epsilon)` in one of three ways; the last gives scale and bias their place. */
function normalised(s: Steps, g: OnnxGraph, of: string, axes: readonly number[], way: number): string {
  const shape = g.shape(of);
  const middle = mean(s, g, of, axes);
  const narrow = g.shape(middle);
  const apart = s.step("Sub", [of, middle], {}, shape);
  const square = way === 0 ? s.step("Pow", [apart, 2], {}, shape) : s.step("Mul", [apart, apart], {}, shape);
  const deviation = s.step("Sqrt", [s.step("Add", [mean(s, g, square, axes), 1e-5], {}, narrow)], {}, narrow);
  if (way === 0) return s.step("Div", [apart, deviation], {}, shape);
  return s.step("Mul", [apart, s.step("Reciprocal", [deviation], {}, narrow)], {}, shape);
}

/** PyTorch's form takes the mean over the last axis of a normalisation of tokens, over rows and columns of one of maps. */
function withScale(s: Steps, g: OnnxGraph, node: NodeProto, normal: string, isMap: boolean): NodeProto[] {
  const [, scale = "", bias = ""] = node.input;
  const of = (name: string) => (isMap ? g.floats([...g.shape(name), 1, 1], valuesOf(g, name)) : name);
  if (bias === "") return s.end("Mul", [normal, of(scale)]);
  return s.end("Add", [s.step("Mul", [normal, of(scale)]), of(bias)]);
}

const normalisations: Readonly<Record<string, Rewrite>> = {
  "LayerNormalization by means (PyTorch below opset 17)": onNode("LayerNormalization", (s, node, g) =>
    withScale(s, g, node, normalised(s, g, x(node), [-1], 0), false),
  ),
  "LayerNormalization by means (tf2onnx)": onNode("LayerNormalization", (s, node, g) =>
    withScale(s, g, node, normalised(s, g, x(node), [2], 1), false),
  ),
  "LayerNormalization with the scale in the deviation (Keras)": onNode("LayerNormalization", (s, node, g) => {
    const [, scale = "", bias = ""] = node.input;
    const middle = mean(s, g, x(node), [-1]);
    const narrow = g.shape(middle);
    const apart = s.step("Sub", [x(node), middle]);
    const variance = mean(s, g, s.step("Mul", [apart, apart]), [-1]);
    const deviation = s.step("Sqrt", [s.step("Add", [variance, 1e-5], {}, narrow)], {}, narrow);
    const factor = s.step("Mul", [s.step("Reciprocal", [deviation], {}, narrow), scale]);
    const shift = s.step("Sub", [bias, s.step("Mul", [middle, factor])]);
    return s.end("Add", [s.step("Mul", [x(node), factor]), shift]);
  }),
  "RMSNorm by means (PyTorch)": onNode("SimplifiedLayerNormalization", (s, node, g) => {
    const power = mean(s, g, s.step("Pow", [x(node), 2]), [-1]);
    const root = s.step("Sqrt", [s.step("Add", [power, 1e-5], {}, g.shape(power))], {}, g.shape(power));
    const factor = s.step("Reciprocal", [root], {}, g.shape(power));
    return s.end("Mul", [s.step("Mul", [x(node), factor]), node.input[1] ?? ""]);
  }),
  "InstanceNormalization by means": onNode("InstanceNormalization", (s, node, g) =>
    s.shape.length === 4 && (node.input[1] ?? "").startsWith("weight")
      ? withScale(s, g, node, normalised(s, g, x(node), [2, 3], 0), true)
      : undefined,
  ),
  "GroupNormalization with InstanceNormalization (PyTorch)": onNode("GroupNormalization", (s, node, g) => {
    const [, channels = 1] = s.shape;
    const groups = Number(node.attribute.find(({ name }) => name === "num_groups")?.i);
    const shape = [1, groups, s.shape.reduce((a, b) => a * b, 1) / groups];
    const rows = s.step("Reshape", [x(node), g.integers([0, groups, -1])], {}, shape);
    const [one, zero] = [1, 0].map((value) => g.floats([groups], new Array<number>(groups).fill(value)));
    const normal = s.step("InstanceNormalization", [rows, one ?? "", zero ?? ""], { epsilon: { float: 1e-5 } }, shape);
    const back = s.step("Reshape", [normal, g.integers([0, channels, ...s.shape.slice(2)])]);
    return withScale(s, g, node, back, true);
  }),
  "GroupNormalization by means": onNode("GroupNormalization", (s, node, g) => {
    const groups = Number(node.attribute.find(({ name }) => name === "num_groups")?.i);
    const [, channels = 1, ...sides] = s.shape;
    const grouped = [1, groups, channels / groups, ...sides];
    const rows = s.step("Reshape", [x(node), g.integers(grouped)], {}, grouped);
    const normal = normalised(s, g, rows, [2, 3, 4], 1);
    return withScale(s, g, node, s.step("Reshape", [normal, g.integers([1, channels, ...sides])]), true);
  }),
  "Softmax by sums": onNode("Softmax", (s, node, g) => {
    const power = s.step("Exp", [s.step("Sub", [x(node), mean(s, g, x(node), [1], "ReduceMax")])]);
    return s.end("Div", [power, mean(s, g, power, [1], "ReduceSum")]);
  }),
};

const linear: Readonly<Record<string, Rewrite>> = {
  "a bias of Conv as Add": onNode("Conv", (s, node, g) => {
    const [image = "", weight = "", bias] = node.input;
    if (bias === undefined) return undefined;
    const output = s.step("Conv", [image, weight]);
    const last = s.nodes.at(-1);
    if (last !== undefined) last.attribute = node.attribute;
    return s.end("Add", [output, g.floats([1, s.shape[1] ?? 1, 1, 1], valuesOf(g, bias))]);
  }),
  "Gemm as MatMul and Add": onNode("Gemm", (s, node, g) => {
    const [rows = "", weight = "", bias = ""] = node.input;
    const [outer = 1, inner = 1] = g.shape(weight);
    const values = valuesOf(g, weight);
    if (node.attribute.length !== 1) return undefined;
    const turned = Array.from(
      { length: outer * inner },
      (_, i) => values[(i % outer) * inner + Math.floor(i / outer)] ?? 0,
    );
    return s.end("Add", [s.step("MatMul", [rows, g.floats([inner, outer], turned, "weight")]), bias]);
  }),
  "MatMul of rows as Gemm": onNode("MatMul", (s, node, g) =>
    g.shape(x(node)).length === 2 ? s.end("Gemm", node.input) : undefined,
  ),
  "Flatten as Reshape": onNode("Flatten", (s, node, g) => s.end("Reshape", [x(node), g.integers([0, -1])])),
  "a pool as ReduceMean (PyTorch)": onNode("GlobalAveragePool", (s, node, g) =>
    s.end("ReduceMean", [x(node), g.integers([2, 3])], { keepdims: 1 }),
  ),
  "a pool as ReduceMean from behind": onNode("GlobalAveragePool", (s, node, g) =>
    s.end("ReduceMean", [x(node), g.integers([-1, -2])], { keepdims: 1 }),
  ),
  "a pool as AveragePool": onNode("GlobalAveragePool", (s, node, g) =>
    s.end("AveragePool", [x(node)], { kernel_shape: g.shape(x(node)).slice(2) }),
  ),
  "operands the other way round": (g, node) =>
    (node.opType === "Add" || node.opType === "Mul") && node.domain === ""
      ? new Steps(g, node).end(node.opType, node.input.toReversed())
      : undefined,
  "an added constant as one that is subtracted": onNode("Add", (s, node, g) => {
    const [signal = "", added = ""] = node.input;
    if (!g.tensors.has(added)) return undefined;
    return s.end("Sub", [
      signal,
      g.floats(
        g.shape(added),
        valuesOf(g, added).map((value) => -value),
        "weight",
      ),
    ]);
  }),
};

/** What a node gives, sent through others that give the same. */
function behind(node: NodeProto, g: OnnxGraph, write: (s: Steps, from: string) => NodeProto[]): NodeProto[] {
  const from = g.fresh("before");
  const shape = g.shape(outputOf(node));
  g.shapes.set(from, shape);
  const before = create(NodeProtoSchema, { ...node, output: [from] });
  return [before, ...write(new Steps(g, node), from)];
}

const moves: Readonly<Record<string, Rewrite>> = {
  Identity: (g, node) => behind(node, g, (s, from) => s.end("Identity", [from])),
  Dropout: (g, node) => behind(node, g, (s, from) => s.end("Dropout", [from])),
  "Cast to what it is": (g, node) => behind(node, g, (s, from) => s.end("Cast", [from], { to: DataType.FLOAT })),
  "Transposes that cancel": (g, node) => {
    const { length } = g.shape(outputOf(node));
    if (length < 2) return undefined;
    const perm = [0, ...Array.from({ length: length - 1 }, (_, i) => length - 1 - i)];
    return behind(node, g, (s, from) => {
      const turned = s.step(
        "Transpose",
        [from],
        { perm },
        perm.map((axis) => s.shape[axis] ?? 1),
      );
      return s.end("Transpose", [turned], { perm });
    });
  },
  "Unsqueeze and Squeeze": (g, node) =>
    behind(node, g, (s, from) => {
      const axis = g.integers([s.shape.length]);
      return s.end("Squeeze", [s.step("Unsqueeze", [from, axis], {}, [...s.shape, 1]), axis]);
    }),
};

/** A gate of channels that goes to its product in another way: squeeze-and-excite of PyTorch by `view` and `expand_as`. */
const gates: Readonly<Record<string, Rewrite>> = {
  "a gate that is flattened and reshaped": (g, node) => {
    if (!isChannelGate(g, node)) return undefined;
    return behind(node, g, (s, from) => {
      const flat = s.step("Flatten", [from], {}, [1, s.shape[1] ?? 1]);
      return s.end("Reshape", [flat, g.integers([0, s.shape[1] ?? 1, 1, 1])]);
    });
  },
  "a gate that is squeezed": (g, node) => {
    if (!isChannelGate(g, node)) return undefined;
    return behind(node, g, (s, from) => {
      const axes = g.integers([2, 3]);
      return s.end("Unsqueeze", [s.step("Squeeze", [from, axes], {}, s.shape.slice(0, 2)), axes]);
    });
  },
  "a gate that is scaled by 2 and by a half": (g, node) => {
    if (!isChannelGate(g, node)) return undefined;
    return behind(node, g, (s, from) => s.end("Mul", [s.step("Mul", [from, 2]), 0.5]));
  },
};

function isChannelGate(g: OnnxGraph, node: NodeProto): boolean {
  const shape = g.shape(outputOf(node));
  const isGate = node.opType === "Sigmoid" || node.opType === "HardSigmoid";
  return isGate && shape.length === 4 && shape[2] === 1 && shape[3] === 1;
}

/** ONNX Runtime's fused nodes. They take what gives the input of a node away from the graph, if nothing else reads it. */
function fusedWith(
  opType: string,
  write: (g: OnnxGraph, before: NodeProto, node: NodeProto) => NodeProto | undefined,
): Rewrite {
  return (g, node) => {
    const before = g.nodes.find((candidate) => outputOf(candidate) === x(node));
    if (before?.opType !== opType || g.output === x(node)) return undefined;
    if (g.nodes.filter(({ input }) => input.includes(x(node))).length !== 1) return undefined;
    const fused = write(g, before, node);
    if (fused !== undefined) g.nodes = g.nodes.filter((other) => other !== before);
    return fused && [fused];
  };
}

const fusions: Readonly<Record<string, Rewrite>> = {
  FusedConv: fusedWith("Conv", (g, conv, node) => {
    if (!["Relu", "Sigmoid", "Tanh", "LeakyRelu", "HardSigmoid", "Clip"].includes(node.opType)) return undefined;
    const numbers =
      node.opType === "Clip"
        ? node.input.slice(1).map((name) => valuesOf(g, name)[0] ?? 0)
        : node.attribute.map(({ f }) => f);
    const fused = create(NodeProtoSchema, {
      ...conv,
      opType: "FusedConv",
      domain: "com.microsoft",
      output: node.output,
    });
    fused.attribute = [...conv.attribute, attributeOf("activation", node.opType)];
    if (numbers.length > 0) fused.attribute.push(floatsOf("activation_params", numbers));
    return fused;
  }),
  FusedGemm: fusedWith("Gemm", (_, gemm, node) => {
    if (!["Relu", "Sigmoid", "Tanh"].includes(node.opType)) return undefined;
    const fused = create(NodeProtoSchema, {
      ...gemm,
      opType: "FusedGemm",
      domain: "com.microsoft",
      output: node.output,
    });
    fused.attribute = [...gemm.attribute, attributeOf("activation", node.opType)];
    return fused;
  }),
  BiasGelu: fusedWith("Add", (g, add, node) => {
    const [, bias = ""] = add.input;
    if (node.opType !== "Gelu" || approximate(node) === "tanh" || g.shape(bias).length !== 1) return undefined;
    return g.node(
      "BiasGelu",
      [x(add), bias],
      g.shape(outputOf(node)),
      {},
      { output: outputOf(node), domain: "com.microsoft" },
    );
  }),
};

function floatsOf(name: string, floats: readonly number[]) {
  return { ...attributeOf(name, []), type: 6, floats: [...floats] };
}

/** All of them, by name. */
export const rewrites: Readonly<Record<string, Rewrite>> = {
  ...activationForms,
  ...normalisations,
  ...linear,
  ...moves,
  ...gates,
  ...fusions,
};

/** Applies a rewrite at one of the places where it can be applied; says whether there was one. */
export function rewrite(g: OnnxGraph, name: string, place: number): boolean {
  const write = rewrites[name];
  const { nodes } = g;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(i + place) % nodes.length];
    const replacing = node && write?.(g, node);
    if (replacing === undefined) continue;
    g.nodes = g.nodes.flatMap((other) => (other === node ? replacing : [other]));
    return true;
  }
  return false;
}

/** Writes what gives the output in a way that only moves it: flat, with an axis more, the last two axes turned, or as long as it is. */
export function withMovedOutput(g: OnnxGraph, way: number): void {
  const from = g.output;
  const shape = g.shape(from);
  const flat = shape.reduce((product, n) => product * n, 1);
  switch (way % 6) {
    case 1:
      g.output = g.add("Identity", [from], shape);
      break;
    case 2:
      g.output = g.add("Flatten", [from], [1, flat]);
      break;
    case 3:
      g.output = g.add("Unsqueeze", [from, g.integers([1])], [1, 1, ...shape.slice(1)]);
      break;
    case 4: {
      const perm = shape.map((_, axis) => (axis === 0 ? 0 : shape.length - axis));
      const turned = g.add(
        "Transpose",
        [from],
        perm.map((axis) => shape[axis] ?? 1),
        { perm },
      );
      g.output = g.add("Reshape", [turned, g.integers([1, -1])], [1, flat]);
      break;
    }
    case 5:
      g.output = g.add("Expand", [from, g.integers(shape)], shape);
  }
}

/**
 * Keeps all stored tensors as Constant nodes, or sends some through Identity, as PyTorch does with ones that are equal. Where weights
 * lie in the graph and others in nodes, those in nodes are none: the two forms are not the same file.
 */
export function withOtherConstants(g: OnnxGraph, way: number): void {
  if (way % 3 === 0) return;
  const names = new Map<string, string>();
  const constants: NodeProto[] = [];
  for (const [name, tensor] of [...g.tensors].filter((_, i) => way % 3 === 2 || i % 2 === 0)) {
    const other = g.fresh("stored");
    names.set(name, other);
    g.shapes.set(other, g.shape(name));
    if (way % 3 === 1) {
      constants.push(create(NodeProtoSchema, { opType: "Identity", name: other, input: [name], output: [other] }));
      continue;
    }
    g.tensors.delete(name);
    const value = { ...attributeOf("value", []), type: 4, t: tensor };
    constants.push(create(NodeProtoSchema, { opType: "Constant", name: other, output: [other], attribute: [value] }));
  }
  for (const node of g.nodes) node.input = node.input.map((name) => names.get(name) ?? name);
  g.nodes.unshift(...constants);
}
