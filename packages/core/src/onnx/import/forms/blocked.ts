/**
 * @file Files that ONNX Runtime saved at its level `all`: convolutions work on blocks of 8 or 16 channels, in an order of memory of their own,
 * with channels of zeros up to a whole block. Here they are convolutions as any other again, without the zeros.
 * https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/optimizer/nchwc_transformer.cc
 */

import type { NodeProto } from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { elements, type Shape } from "../../../graph/graph.js";
import { changed, intOf } from "../file/attributes.js";
import { perm, withoutTrailing } from "../file/made-nodes.js";
import { readable, type StoredFloats } from "../file/stored.js";

const DOMAIN = "com.microsoft.nchwc";

/** Operators that give as many channels as they take. */
const keepsChannels = new Set([
  "Add",
  "AveragePool",
  "BatchNormalization",
  "Clip",
  "Elu",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "HardSigmoid",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "MaxPool",
  "Mul",
  "QuickGelu",
  "Relu",
  "ReorderInput",
  "Resize",
  "Sigmoid",
  "Sum",
  "Tanh",
  "Upsample",
]);

/** A convolution's weight as it is stored. */
interface Blocked {
  readonly values: Float32Array;
  readonly shape: Shape;
  /** Channels in a block. */
  readonly block: number;
  /** Whether channels that enter are in blocks too. */
  readonly isInputBlocked: boolean;
}

export class Unblocker {
  readonly #floats: Map<string, StoredFloats>;
  readonly #block: number;
  /** Channels of tensors, without those of zeros, as far as they are known. */
  readonly #channels = new Map<string, number>();
  /** Signals in blocks. */
  readonly #blocked = new Set<string>();
  /** Of weights by name, which several nodes may share. */
  readonly #values = new Map<string, Float32Array | undefined>();
  readonly #ends = new Map<string, Ends>();
  /** Channels of what a node takes out of its blocks. */
  readonly #taken = new Map<string, number>();

  /** @param nodes - In topological order. */
  constructor(floats: Map<string, StoredFloats>, nodes: readonly NodeProto[]) {
    this.#floats = floats;
    for (const node of nodes) {
      const isOutput = node.domain === DOMAIN && node.opType === "ReorderOutput";
      if (isOutput) this.#taken.set(node.input[0] ?? "", intOf(node, "channels", 0));
    }
    this.#block = this.#blockSize(nodes.filter(({ domain, opType }) => domain === DOMAIN && opType === "Conv"));
  }

  rewritten(node: NodeProto): NodeProto {
    const plain = node.domain === DOMAIN ? this.#plain(node) : node;
    const [y = ""] = node.output;
    const channels = this.#channelsOf(node);
    if (channels !== undefined && !this.#channels.has(y)) this.#channels.set(y, channels);
    const isBlocked = node.opType !== "ReorderOutput" && node.input.some((name) => this.#blocked.has(name));
    if (isBlocked || (node.domain === DOMAIN && node.opType !== "ReorderOutput")) this.#blocked.add(y);
    return plain;
  }

  #channelsOf(node: NodeProto): number | undefined {
    if (node.domain === DOMAIN && node.opType === "ReorderOutput") return intOf(node, "channels", 0);
    const known = node.input.map((name) => this.#channels.get(name));
    if (node.opType === "Concat" && intOf(node, "axis", 1) === 1) {
      return known.reduce((sum, n) => (sum === undefined || n === undefined ? undefined : sum + n), 0);
    }
    return keepsChannels.has(node.opType) ? known.find((n) => n !== undefined) : undefined;
  }

  /**
   * The blocks of a machine: the file does not say, and runs on such a machine alone. 16 where whole blocks of 16 fill all
   * convolutions and what lies beyond the channels that are taken out is 0.
   */
  #blockSize(nodes: readonly NodeProto[]): number {
    const isOf16 = nodes.every(({ input: [, w = ""], output: [y = ""] }) => {
      const { shape = [] } = this.#floats.get(w) ?? {};
      const taken = this.#taken.get(y);
      if ((shape[0] ?? 0) % 16 !== 0) return false;
      if (taken === undefined || taken === shape[0]) return true;
      const values = readable(this.#floats.get(w));
      return values === undefined || endsOf({ values, shape, block: 16, isInputBlocked: false }).output <= taken;
    });
    return isOf16 ? 16 : 8;
  }

  #plain(node: NodeProto): NodeProto {
    switch (node.opType) {
      case "Conv":
        return this.#conv(node);
      case "ReorderInput":
        return this.#moved(node, [0, 3, 1, 2]);
      case "ReorderOutput":
        return this.#moved(node, [0, 2, 3, 1]);
      case "Upsample":
        return this.#upsampled(node);
      default:
        return changed(node, { domain: "" });
    }
  }

  #moved(node: NodeProto, axes: readonly number[]): NodeProto {
    const isLast = intOf(node, "channels_last", 0) !== 0;
    return changed(node, {
      domain: "",
      opType: isLast ? "Transpose" : "Identity",
      attribute: isLast ? [perm(axes)] : [],
    });
  }

  #upsampled(node: NodeProto): NodeProto {
    const scales = node.attribute.find(({ name }) => name === "scales")?.ints.map(Number) ?? [];
    const name = `${node.output[0]}|scales`;
    this.#floats.set(name, { shape: [scales.length], values: () => Float32Array.from(scales) });
    return changed(node, {
      domain: "",
      opType: "Resize",
      input: [node.input[0] ?? "", "", name],
      attribute: node.attribute.filter(({ name: of }) => of !== "scales"),
    });
  }

  #conv(node: NodeProto): NodeProto {
    const [x = "", w = "", b = "", sum = ""] = node.input;
    const [y = ""] = node.output;
    const weight = this.#floats.get(w);
    if (!this.#values.has(w)) this.#values.set(w, readable(weight));
    const values = this.#values.get(w);
    if (weight === undefined || values === undefined) {
      throw new InputError(`node "${node.name}" works on channels in blocks, and its weight "${w}" cannot be read`);
    }
    const { shape } = weight;
    const [outputs = 1, inputs = 1] = shape;
    const group = intOf(node, "group", 1);
    const isDepthwise = group > 1 && inputs === 1;
    const stored: Blocked = {
      values,
      shape,
      block: this.#block,
      isInputBlocked: this.#blocked.has(x) && !isDepthwise,
    };
    if (elements(shape) !== values.length || outputs % this.#block !== 0 || shape.length !== 4) {
      throw new InputError(`weight "${w}" is no weight in blocks of ${this.#block} channels`);
    }
    const ofBias = lastNonzero(readable(this.#floats.get(b)));
    const own = isDepthwise
      ? (this.#channels.get(x) ?? Math.max(ofBias, this.#endsOf(w, stored).output))
      : (this.#taken.get(y) ?? Math.max(ofBias, this.#endsOf(w, stored).output));
    const kept = group > 1 && !isDepthwise ? outputs : Math.min(outputs, Math.max(1, own));
    const entering =
      stored.isInputBlocked && group === 1 ? (this.#channels.get(x) ?? this.#endsOf(w, stored).input) : inputs;
    const plain = [kept, Math.min(inputs, Math.max(1, entering)), ...shape.slice(2)];
    const name = `${w}|${plain.join("x")}`;
    this.#floats.set(name, { ...weight, shape: plain, values: () => unblocked(stored, plain) });
    const input = [x, name, this.#shortened(b, kept), sum];
    this.#channels.set(y, kept);
    const isFused = sum !== "" || node.attribute.some(({ name: of }) => of === "activation");
    return changed(node, {
      domain: isFused ? "com.microsoft" : "",
      opType: isFused ? "FusedConv" : "Conv",
      input: withoutTrailing(input),
      attribute: node.attribute.map((of) =>
        of.name === "group" && isDepthwise ? changed(of, { i: BigInt(kept) }) : of,
      ),
    });
  }

  #endsOf(w: string, stored: Blocked): Ends {
    const key = `${stored.isInputBlocked}|${w}`;
    const ends = this.#ends.get(key) ?? endsOf(stored);
    this.#ends.set(key, ends);
    return ends;
  }

  #shortened(b: string, length: number): string {
    const bias = this.#floats.get(b);
    if (bias === undefined || bias.shape[0] === length) return b;
    const name = `${b}|${length}`;
    this.#floats.set(name, { ...bias, shape: [length], values: () => bias.values().slice(0, length) });
    return name;
  }
}

function lastNonzero(values: Float32Array | undefined): number {
  return 1 + (values?.findLastIndex((value) => value !== 0) ?? -1);
}

/** Calls for each number that is not 0: `[outputs / B][inputs / B][height][width][B of inputs][B of outputs]`, or inputs one by one. */
function forEachNonzero(
  { values, shape, block, isInputBlocked }: Blocked,
  call: (value: number, output: number, input: number, place: number) => void,
): void {
  const [, inputs = 1] = shape;
  const places = elements(shape.slice(2));
  const within = isInputBlocked ? block : 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value === 0) continue;
    const lane = i % block;
    const inner = Math.floor(i / block) % within;
    const rest = Math.floor(i / block / within);
    const place = rest % places;
    const outer = Math.floor(rest / places);
    const input = (outer % (inputs / within)) * within + inner;
    call(value, Math.floor(outer / (inputs / within)) * block + lane, input, place);
  }
}

/** Channels up to the last that is not 0. */
interface Ends {
  readonly output: number;
  readonly input: number;
}

function endsOf(blocked: Blocked): Ends {
  const ends = { output: 0, input: 0 };
  forEachNonzero(blocked, (_, output, input) => {
    ends.output = Math.max(ends.output, output + 1);
    ends.input = Math.max(ends.input, input + 1);
  });
  return ends;
}

/** `[outputs, inputs, height, width]` */
function unblocked(blocked: Blocked, shape: Shape): Float32Array {
  const [outputs = 1, inputs = 1] = shape;
  const places = elements(shape.slice(2));
  const result = new Float32Array(elements(shape));
  forEachNonzero(blocked, (value, output, input, place) => {
    if (output < outputs && input < inputs) result[(output * inputs + input) * places + place] = value;
  });
  return result;
}
