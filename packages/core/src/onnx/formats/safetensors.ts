/**
 * @file Weights in the safetensors format: the length of a header, the header (JSON: type, shape and place of every tensor),
 * the numbers, little-endian. https://github.com/huggingface/safetensors#format
 */

import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { z } from "zod";
import { InputError } from "../../base/errors.js";
import { firstIssue } from "../../base/first-issue.js";
import { elements, type Parameter } from "../../graph/graph.js";
import { isSameShape, show } from "../../graph/operator.js";
import type { TensorData } from "../../runtime/session.js";

const METADATA = "__metadata__";

/** The length of the header, of 64 bits. */
const LENGTH_BYTES = 8;

/** Writes tensors of float32. Metadata are read by tools that show where a file comes from. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries: [string, unknown][] = [[METADATA, metadata]];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const start = end;
    end += data.byteLength;
    entries.push([name, { dtype: "F32", shape, data_offsets: [start, end] }]);
  }
  const json = getTextEncoding().encodeUtf8(JSON.stringify(Object.fromEntries(entries)));
  // The numbers begin at a multiple of eight, after blanks.
  const length = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + length + end).fill(" ".charCodeAt(0), json.length, LENGTH_BYTES + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().min(0)),
  data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
});

const headerSchema = z.looseObject({ [METADATA]: z.record(z.string(), z.string()).optional() });

interface FloatType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** The types that weights are kept in; a file may hold others beside them. */
const floatTypes: ReadonlyMap<string, FloatType> = new Map([
  ["F64", { bytes: 8, read: (view: DataView, at: number) => view.getFloat64(at, true) }],
  ["F32", { bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at, true) }],
  ["F16", { bytes: 2, read: (view: DataView, at: number) => half(view.getUint16(at, true)) }],
  ["BF16", { bytes: 2, read: (view: DataView, at: number) => brainFloat(view.getUint16(at, true)) }],
]);

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function brainFloat(bits: number): number {
  word.setUint32(0, bits * 2 ** 16);
  return word.getFloat32(0);
}

export interface Safetensors {
  /** Tensors of floating-point numbers, as float32. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** Types of the other tensors, by name. */
  readonly others: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a file of weights.
 * @throws {@link InputError} where the bytes are none, or where a tensor does not lie within them.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < LENGTH_BYTES ? Number.NaN : Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + length;
  if (!(start <= bytes.length)) throw new InputError("no safetensors file: its header does not lie within it");
  const json = headerOf(bytes.subarray(LENGTH_BYTES, start));
  const { [METADATA]: metadata = {}, ...entries } = json;
  const tensors = new Map<string, TensorData>();
  const others = new Map<string, string>();
  for (const [name, given] of Object.entries(entries)) {
    const parsed = entrySchema.safeParse(given);
    if (!parsed.success) {
      throw new InputError(`tensor "${name}" of the safetensors file: ${firstIssue(parsed.error, given)}`);
    }
    const { dtype, shape, data_offsets } = parsed.data;
    const [from, to] = data_offsets;
    const type = floatTypes.get(dtype);
    if (from > to || start + to > bytes.length || (type !== undefined && to - from !== elements(shape) * type.bytes)) {
      throw new InputError(
        `tensor "${name}" of ${dtype} ${show(shape)} claims the bytes ${from} to ${to} of ${bytes.length - start}`,
      );
    }
    if (type === undefined) others.set(name, dtype);
    else tensors.set(name, { shape, data: numbersOf(view, start + from, elements(shape), type) });
  }
  return { tensors, others, metadata };
}

function headerOf(bytes: Uint8Array) {
  let json: unknown;
  try {
    json = JSON.parse(getTextEncoding().decodeUtf8(bytes));
  } catch (cause) {
    throw new InputError("no safetensors file: its header is not JSON", { cause });
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw new InputError(`no safetensors file: ${firstIssue(parsed.error, json)}`);
  return parsed.data;
}

function numbersOf(view: DataView, from: number, n: number, { bytes, read }: FloatType): Float32Array {
  const numbers = new Float32Array(n);
  for (let i = 0; i < n; i++) numbers[i] = read(view, from + i * bytes);
  return numbers;
}

/** What PyTorch's batch normalisations keep beside weights and statistics, and inference does not need. */
const COUNTER = /(^|\.)num_batches_tracked$/;

/**
 * The values that a file has for the parameters of a network, which have to be there all and in their shapes, and no others.
 * @throws {@link InputError} where they are not, as PyTorch's `load_state_dict` would say.
 */
export function valuesFor(
  parameters: ReadonlyMap<string, Parameter>,
  { tensors, others }: Safetensors,
): (parameter: Parameter) => Float32Array {
  for (const { name, shape } of parameters.values()) {
    const found = tensors.get(name);
    const type = others.get(name);
    if (type !== undefined) throw new InputError(`weight "${name}" is of the type ${type}, which is no float`);
    if (found === undefined) throw new InputError(`the weights lack "${name}" of shape ${show(shape)}`);
    if (!isSameShape(found.shape, shape)) {
      throw new InputError(`weight "${name}" is of shape ${show(found.shape)}; the network has ${show(shape)}`);
    }
  }
  const foreign = [...tensors.keys(), ...others.keys()].find((name) => !parameters.has(name) && !COUNTER.test(name));
  if (foreign !== undefined) throw new InputError(`the weights have "${foreign}", which the network does not have`);
  return ({ name, shape }) => tensors.get(name)?.data ?? new Float32Array(elements(shape));
}
