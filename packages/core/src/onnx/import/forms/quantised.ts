/**
 * @file Quantised operators as the float ones that they stand for. Weights of 4, 8 or 16 bits become float weights, what rounds signals
 * passes them on, and a signal that is cut at the lower end of its codes is cut by a Relu, which quantisers leave out for that reason.
 * Operators: https://onnx.ai/onnx/operators and https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "onnx-buf";
import { largest } from "../../../base/extremes.js";
import { elements } from "../../../graph/graph.js";
import { floatOf, intOf } from "../file/attributes.js";
import { made, perm, withoutTrailing } from "../file/made-nodes.js";
import { type ExternalData, type StoredFloats, shapeOfStored } from "../file/stored.js";
import { dequantised, isCode, type Scaling, unpacked } from "./codes.js";
import { codesReadAsNumbers, linear, moving } from "./signals-of-codes.js";

/** The tensors of the graph that is read. */
export interface Store {
  readonly floats: Map<string, StoredFloats>;
  tensorOf(name: string): TensorProto | undefined;
  readonly external: ExternalData | undefined;
}

type Rewrite = (node: NodeProto) => readonly NodeProto[] | undefined;

/** Zero points of one tensor, at most: one for each channel. */
const MOST_ZEROS = 2 ** 16;

/** The lower end of codes. */
const LOWEST: Readonly<Record<number, number | undefined>> = {
  [DataType.UINT8]: 0,
  [DataType.INT8]: -128,
  [DataType.UINT16]: 0,
  [DataType.INT16]: -32768,
};

/** Rewrites the nodes of a graph, one after another in topological order. */
export class Dequantiser {
  /** Whether the graph has quantised parts. */
  isUsed = false;
  readonly #store: Store;
  /** Signals that were codes in the file, and are floats. */
  readonly #codes = new Set<string>();
  /** Signals that may be negative. */
  readonly #signed = new Set<string>();
  /** Scales that DynamicQuantizeLinear takes from the signal, and their products with scales of weights: each is 1. */
  readonly #scales = new Map<string, StoredFloats | undefined>();
  /** Products of integers, with the scaling of the weight, which a later node brings. */
  readonly #products = new Map<string, { scale: StoredFloats | undefined }>();

  /** Codes that are read as the numbers that they are, as those of images: they stay codes. */
  readonly #numbers: Set<string>;

  /** @param nodes - In topological order. */
  constructor(store: Store, nodes: readonly NodeProto[]) {
    this.#store = store;
    this.#numbers = codesReadAsNumbers(nodes, (node) => this.#isQuantised(node));
  }

  /** The nodes that run in a node's place: most often it itself. */
  rewritten(node: NodeProto): readonly NodeProto[] {
    if (this.#isQuantised(node) && [...node.input, ...node.output].some((name) => this.#numbers.has(name))) {
      for (const name of node.output) this.#numbers.add(name);
      return [node];
    }
    const rewrite = Object.hasOwn(this.#rewrites, node.opType) ? this.#rewrites[node.opType] : undefined;
    const nodes = rewrite?.(node) ?? this.#plain(node);
    for (const of of nodes) this.#note(of);
    return nodes;
  }

  #isQuantised({ opType }: NodeProto): boolean {
    return Object.hasOwn(this.#rewrites, opType) && opType !== "Cast" && opType !== "Mul";
  }

  readonly #rewrites: Readonly<Record<string, Rewrite | undefined>> = {
    Cast: (node) => this.#cast(node),
    ConvInteger: (node) => this.#integerProduct(node, "Conv", 0),
    DequantizeLinear: (node) => this.#dequantize(node),
    DynamicQuantizeLinear: (node) => this.#dynamicQuantize(node),
    DynamicQuantizeLSTM: (node) => this.#dynamicLstm(node),
    DynamicQuantizeMatMul: ({ input: [a = "", b = "", scale, zero, bias], output: [y = ""] }) =>
      this.#product(a, this.#weight(b, scale, zero, -1), bias, y),
    MatMulInteger: (node) => this.#integerProduct(node, "MatMul", -1),
    MatMulIntegerToFloat: ({ input: [a = "", b = "", aScale, scale, aZero, zero, bias], output: [y = ""] }) =>
      this.#product(this.#weight(a, aScale, aZero, -2), this.#weight(b, scale, zero, -1), bias, y),
    MatMulNBits: (node) => this.#packedProduct(node),
    Mul: (node) => this.#scaled(node),
    QAttention: ({ input: [x = "", w = "", bias = "", , scale, mask = "", , zero, past = ""], output, attribute }) => {
      this.isUsed = true;
      const inputs = withoutTrailing([x, this.#weight(w, scale, zero, -1), bias, mask, past]);
      return [made("Attention", inputs, output, attribute, "com.microsoft")];
    },
    QGemm: (node) => this.#gemm(node),
    QLinearAdd: (node) => this.#binary(node, "Add"),
    QLinearAveragePool: (node) => this.#pooled(node, "AveragePool"),
    QLinearConcat: (node) => this.#concat(node),
    QLinearConv: (node) => this.#conv(node),
    QLinearGlobalAveragePool: (node) => this.#pooled(node, "GlobalAveragePool"),
    QLinearLeakyRelu: (node) => this.#unary(node, "LeakyRelu"),
    QLinearMatMul: ({ input: [a = "", aScale, aZero, b = "", bScale, bZero, , zero], output: [y = ""] }) => {
      const factors = [this.#weight(a, aScale, aZero, -2), this.#weight(b, bScale, bZero, -1)];
      return this.#cutAtLowest(made("MatMul", factors, [y]), zero);
    },
    QLinearMul: (node) => this.#binary(node, "Mul"),
    QLinearReduceMean: (node) => this.#unary(node, "ReduceMean"),
    QLinearSigmoid: (node) => this.#unary(node, "Sigmoid"),
    QLinearSoftmax: (node) => this.#unary(node, "Softmax"),
    QLinearWhere: ({ input: [condition = "", a = "", aScale, aZero, b = "", bScale, bZero], output: [y = ""] }) => {
      const parts = [this.#weight(a, aScale, aZero, 0), this.#weight(b, bScale, bZero, 0)];
      return this.#asCodes([made("Where", [condition, ...parts], [y])]);
    },
    QuantizeLinear: (node) => this.#quantize(node),
  };

  #isFloat(name: string | undefined): boolean {
    return name !== undefined && this.#store.floats.has(name);
  }

  /** A node that is not quantised: where it works on codes, these are floats here. */
  #plain(node: NodeProto): readonly NodeProto[] {
    if (!moving.has(node.opType) || !node.input.some((name) => this.#codes.has(name))) return [node];
    for (const name of node.output) this.#codes.add(name);
    const [x = "", pads = "", value, ...others] = node.input;
    if (node.opType !== "Pad" || value === undefined || value === "") return [node];
    // What is padded with is the code of 0.
    const zero = this.#scalar(`${node.output[0]}|zero`, 0);
    return [made("Pad", [x, pads, zero, ...others], node.output, node.attribute)];
  }

  #note({ opType, input, output }: NodeProto): void {
    const isSigned = linear.has(opType) || (moving.has(opType) && input.some((name) => this.#signed.has(name)));
    if (isSigned) for (const name of output) this.#signed.add(name);
  }

  #scalar(name: string, value: number): string {
    this.#store.floats.set(name, { shape: [], values: () => Float32Array.of(value), isNode: true });
    return name;
  }

  /** The float form of a stored tensor of codes; a signal is one already. */
  #weight(name: string, scale: string | undefined, zero: string | undefined, axis: number, scaling?: Scaling): string {
    const tensor = this.#store.tensorOf(name);
    if (tensor === undefined || !isCode(tensor.dataType)) return name;
    this.isUsed = true;
    const float = `${name}|float`;
    const how = scaling ?? {
      scale: this.#store.floats.get(scale ?? ""),
      zero: this.#store.tensorOf(zero ?? ""),
      axis,
    };
    if (!this.#isFloat(float)) this.#store.floats.set(float, dequantised(tensor, how, this.#store.external));
    return float;
  }

  /** A bias of int32, whose scale is the product of those of the signal and of the weight. */
  #bias(name: string | undefined, scales: readonly (string | undefined)[], y: string, alpha = 1): string[] {
    if (name === undefined || name === "") return [];
    const tensor = this.#store.tensorOf(name);
    if (tensor === undefined || !isCode(tensor.dataType)) return [name];
    this.isUsed = true;
    const factors = scales.flatMap((scale) => this.#store.floats.get(scale ?? "") ?? []);
    const values = () => {
      const lists = factors.map((factor) => factor.values());
      const length = largest([1, ...lists.map((list) => list.length)]);
      return Float32Array.from({ length }, (_, i) =>
        lists.reduce((product, list) => product * (list[list.length === 1 ? 0 : i] ?? 1), alpha),
      );
    };
    const scale = { shape: [], values };
    const float = `${y}|bias`;
    this.#store.floats.set(float, dequantised(tensor, { scale, zero: undefined, axis: 0 }, this.#store.external));
    return [float];
  }

  #asCodes(nodes: readonly NodeProto[]): readonly NodeProto[] {
    this.isUsed = true;
    for (const name of nodes.at(-1)?.output ?? []) this.#codes.add(name);
    return nodes;
  }

  #cutsAtZero(zero: string | undefined): boolean {
    if (zero === undefined || zero === "") return true;
    const tensor = this.#store.tensorOf(zero);
    const lowest = LOWEST[tensor?.dataType ?? 0];
    if (tensor === undefined || lowest === undefined || elements(shapeOfStored(tensor)) > MOST_ZEROS) return false;
    return dequantised(tensor, noScaling, this.#store.external)
      .values()
      .every((code) => code === lowest);
  }

  /** What a node gives, and its Relu where codes end at 0. */
  #cutAtLowest(node: NodeProto, zero: string | undefined): readonly NodeProto[] {
    const { input, output, opType } = node;
    const isSigned = linear.has(opType) || input.some((name) => this.#signed.has(name));
    if (!isSigned || !this.#cutsAtZero(zero)) return this.#asCodes([node]);
    const [y = ""] = output;
    const before = `${y}|signed`;
    return this.#asCodes([made(opType, input, [before], node.attribute, node.domain), made("Relu", [before], [y])]);
  }

  #quantize(node: NodeProto): readonly NodeProto[] {
    const [x = "", , zero] = node.input;
    const { output } = node;
    if (this.#isFloat(x)) {
      this.isUsed = true;
      return [made("Identity", [x], output)];
    }
    const isUnsigned = [0, DataType.UINT8, DataType.UINT16].includes(intOf(node, "output_dtype", 0));
    const isCut = this.#signed.has(x) && this.#cutsAtZero(zero) && (isUnsigned || (zero ?? "") !== "");
    return this.#asCodes([made(isCut ? "Relu" : "Identity", [x], output)]);
  }

  #dequantize(node: NodeProto): readonly NodeProto[] | undefined {
    const [x = "", scaleName = "", zeroName = ""] = node.input;
    const tensor = this.#store.tensorOf(x);
    if (tensor === undefined) {
      this.isUsed = true;
      return [made("Identity", [x], node.output)];
    }
    const scale = this.#store.floats.get(scaleName);
    if (scale === undefined || !isCode(tensor.dataType)) return undefined;
    const zero = this.#store.tensorOf(zeroName);
    const scaling = { scale, zero, axis: intOf(node, "axis", 1), block: intOf(node, "block_size", 0) };
    this.isUsed = true;
    const [y = ""] = node.output;
    this.#store.floats.set(`${y}|float`, dequantised(tensor, scaling, this.#store.external));
    return [made("Identity", [`${y}|float`], node.output)];
  }

  #dynamicQuantize({ input: [x = ""], output: [y = "", scale = ""] }: NodeProto): readonly NodeProto[] {
    if (scale !== "") {
      this.#scales.set(scale, undefined);
      this.#scalar(scale, 1);
    }
    return this.#asCodes([made("Identity", [x], [y])]);
  }

  #integerProduct(
    { input: [a = "", b = "", , zero], output: [y = ""], attribute }: NodeProto,
    opType: string,
    axis: number,
  ): readonly NodeProto[] {
    const weight: { scale: StoredFloats | undefined } = { scale: undefined };
    this.#products.set(y, weight);
    const scaling: Scaling = {
      get scale() {
        return weight.scale;
      },
      zero: this.#store.tensorOf(zero ?? ""),
      axis,
    };
    return this.#asCodes([made(opType, [a, this.#weight(b, undefined, zero, axis, scaling)], [y], attribute)]);
  }

  /** A cast of a product of integers is one no more. */
  #cast(node: NodeProto): readonly NodeProto[] | undefined {
    const [x = ""] = node.input;
    if (!this.#codes.has(x) || intOf(node, "to", 0) !== DataType.FLOAT) return undefined;
    const product = this.#products.get(x);
    if (product !== undefined) this.#products.set(node.output[0] ?? "", product);
    return [made("Identity", [x], node.output)];
  }

  /** Scales of a product of integers: those of the signal are 1, those of the weight go into it. */
  #scaled(node: NodeProto): readonly NodeProto[] | undefined {
    const [y = ""] = node.output;
    const scale = node.input.find((name) => this.#scales.has(name));
    if (scale === undefined) return undefined;
    const other = node.input.find((name) => name !== scale) ?? scale;
    const ofWeight = this.#store.floats.get(other);
    if (ofWeight !== undefined) {
      this.#scales.set(y, this.#scales.has(other) ? this.#scales.get(other) : ofWeight);
      this.#scalar(y, 1);
      return [];
    }
    const product = this.#products.get(other);
    if (product !== undefined) product.scale = this.#scales.get(scale);
    return [made("Identity", [other], node.output)];
  }

  #product(a: string, b: string, bias: string | undefined, y: string): readonly NodeProto[] {
    this.isUsed = true;
    if (bias === undefined || bias === "") return [made("MatMul", [a, b], [y])];
    return [made("MatMul", [a, b], [`${y}|product`]), made("Add", [`${y}|product`, bias], [y])];
  }

  #packedProduct(node: NodeProto): readonly NodeProto[] | undefined {
    const [x = "", codesName = "", scalesName = "", zerosName = "", order = "", bias] = node.input;
    const codes = this.#store.tensorOf(codesName);
    const scales = this.#store.floats.get(scalesName);
    const [inputs, outputs, bits] = [intOf(node, "K", 0), intOf(node, "N", 0), intOf(node, "bits", 4)];
    const block = intOf(node, "block_size", 0);
    const isRead = codes?.dataType === DataType.UINT8 && [2, 4, 8].includes(bits) && block > 0 && order === "";
    const capacity = codes === undefined ? 0 : (codes.dims.reduce((n, dim) => n * Number(dim), 1) * 8) / bits;
    if (!isRead || codes === undefined || scales === undefined || !(inputs > 0 && outputs > 0)) return undefined;
    if (inputs * outputs > capacity || this.#isFloat(zerosName)) return undefined;
    const float = `${codesName}|float`;
    const zeros = this.#store.tensorOf(zerosName);
    const packed = { codes, scales, zeros, inputs, outputs, bits, block };
    this.#store.floats.set(float, unpacked(packed, this.#store.external));
    return this.#product(x, float, bias, node.output[0] ?? "");
  }

  #conv(node: NodeProto): readonly NodeProto[] {
    const [x = "", xScale, , w = "", wScale, wZero, , zero, b] = node.input;
    const [y = ""] = node.output;
    const weight = this.#weight(w, wScale, wZero, 0);
    const attributes = node.attribute.filter(({ name }) => name !== "channels_last");
    return this.#inChannelsFirst(node, x, y, (from, to) =>
      this.#cutAtLowest(made("Conv", [from, weight, ...this.#bias(b, [xScale, wScale], y)], [to], attributes), zero),
    );
  }

  #pooled(node: NodeProto, opType: string): readonly NodeProto[] {
    const attributes = node.attribute.filter(({ name }) => name !== "channels_last");
    const [x = ""] = node.input;
    const [y = ""] = node.output;
    return this.#inChannelsFirst(node, x, y, (from, to) => this.#asCodes([made(opType, [from], [to], attributes)]));
  }

  /** Nodes between Transposes, where the channels are the last axis. */
  #inChannelsFirst(
    node: NodeProto,
    x: string,
    y: string,
    nodes: (x: string, y: string) => readonly NodeProto[],
  ): readonly NodeProto[] {
    if (intOf(node, "channels_last", 0) === 0) return nodes(x, y);
    return this.#asCodes([
      made("Transpose", [x], [`${y}|first`], [perm([0, 3, 1, 2])]),
      ...nodes(`${y}|first`, `${y}|last`),
      made("Transpose", [`${y}|last`], [y], [perm([0, 2, 3, 1])]),
    ]);
  }

  #gemm(node: NodeProto): readonly NodeProto[] {
    const [a = "", aScale, aZero, b = "", bScale, bZero, c, yScale, zero] = node.input;
    const [y = ""] = node.output;
    const weight = this.#weight(b, bScale, bZero, intOf(node, "transB", 0) ? 0 : 1);
    const bias = this.#bias(c, [aScale, bScale], y, floatOf(node, "alpha", 1));
    const gemm = made("Gemm", [this.#weight(a, aScale, aZero, 0), weight, ...bias], [y], node.attribute);
    if (yScale === undefined || yScale === "") {
      this.isUsed = true;
      return [gemm];
    }
    return this.#cutAtLowest(gemm, zero);
  }

  #binary(node: NodeProto, opType: string): readonly NodeProto[] {
    const [a = "", aScale, aZero, b = "", bScale, bZero, , zero] = node.input;
    const operands = [this.#weight(a, aScale, aZero, 0), this.#weight(b, bScale, bZero, 0)];
    return this.#cutAtLowest(made(opType, operands, node.output), zero);
  }

  #concat(node: NodeProto): readonly NodeProto[] {
    const parts: string[] = [];
    for (let i = 2; i < node.input.length; i += 3) {
      parts.push(this.#weight(node.input[i] ?? "", node.input[i + 1], node.input[i + 2], 0));
    }
    return this.#asCodes([made("Concat", parts, node.output, node.attribute)]);
  }

  #unary(node: NodeProto, opType: string): readonly NodeProto[] {
    const attributes = node.attribute.filter(({ name }) => name !== "opset");
    return this.#asCodes([made(opType, [node.input[0] ?? ""], node.output, attributes)]);
  }

  #dynamicLstm(node: NodeProto): readonly NodeProto[] {
    const [x = "", w = "", r = "", b = "", lengths = "", h = "", c = "", p = "", wScale, wZero, rScale, rZero] =
      node.input;
    const [y = ""] = node.output;
    this.isUsed = true;
    // Stored with the gates last, which LSTM has before the features.
    const moved = (name: string, label: string) => made("Transpose", [name], [`${y}|${label}`], [perm([0, 2, 1])]);
    const inputs = withoutTrailing([x, `${y}|W`, `${y}|R`, b, lengths, h, c, p]);
    return [
      moved(this.#weight(w, wScale, wZero, -1), "W"),
      moved(this.#weight(r, rScale, rZero, -1), "R"),
      made("LSTM", inputs, node.output, node.attribute),
    ];
  }
}

const noScaling: Scaling = { scale: undefined, zero: undefined, axis: 0 };
