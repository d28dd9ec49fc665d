/**
 * @file The tensors that a file holds. Shapes and types are checked before memory is taken; numbers of a float tensor are
 * read when they are asked for, since weights that are drawn anew are never read.
 */

import { TensorProto_DataLocation as DataLocation, TensorProto_DataType as DataType, type TensorProto } from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { elements, type Shape } from "../../../graph/graph.js";
import { changed } from "./attributes.js";
import { limits } from "./limits.js";

/** Reads a part of a file beside the model; it refuses what lies outside the model's folder. */
export type ExternalData = (location: string, offset: number, length: number) => Uint8Array;

/** A float tensor of a file, or computed of one. */
export interface StoredFloats {
  readonly shape: Shape;
  values(): Float32Array;
  /** The tensor of the file that it is a form of; absent: one of its own. */
  readonly origin?: string;
  /** The value of a node, not a tensor that the graph holds. */
  readonly isNode?: boolean;
}

/** Elements of all float tensors of a model: what a protocol buffer can hold. */
export const MOST_ELEMENTS = limits.elements;

const BYTES: Readonly<Record<number, number | undefined>> = {
  [DataType.FLOAT]: 4,
  [DataType.DOUBLE]: 8,
  [DataType.FLOAT16]: 2,
  [DataType.BFLOAT16]: 2,
  [DataType.INT64]: 8,
  [DataType.UINT64]: 8,
  [DataType.INT32]: 4,
  [DataType.UINT32]: 4,
  [DataType.INT16]: 2,
  [DataType.UINT16]: 2,
  [DataType.INT8]: 1,
  [DataType.UINT8]: 1,
  [DataType.BOOL]: 1,
};

export function lengthOf(length: bigint, what: string): number {
  const n = Number(length);
  if (!Number.isSafeInteger(n) || n < 0) throw new InputError(`${what} has the length ${length}`);
  return n;
}

/** @throws {@link InputError} for negative lengths, and for more elements than a file can hold. */
export function shapeOfStored(tensor: TensorProto): Shape {
  const shape = tensor.dims.map((n) => lengthOf(n, `an axis of tensor "${tensor.name}"`));
  if (shape.length > limits.axes) {
    throw new InputError(`tensor "${tensor.name}" has ${shape.length} axes: at most ${limits.axes}`);
  }
  const n = elements(shape);
  if (n > MOST_ELEMENTS) throw new InputError(`tensor "${tensor.name}" claims ${n} elements: at most ${MOST_ELEMENTS}`);
  return shape;
}

export function isFloat(type: number): boolean {
  return type === DataType.FLOAT || isHalf(type);
}

export function isHalf(type: number): boolean {
  return type === DataType.FLOAT16 || type === DataType.BFLOAT16;
}

/** A tensor's bytes, little-endian, wherever they lie; `undefined` where its numbers are in a typed field. */
export function rawBytes(tensor: TensorProto, external: ExternalData | undefined): Uint8Array | undefined {
  if (tensor.dataLocation !== DataLocation.EXTERNAL) return tensor.rawData.length > 0 ? tensor.rawData : undefined;
  const entry = (key: string) => tensor.externalData.find((candidate) => candidate.key === key)?.value;
  const location = entry("location") ?? "";
  if (external === undefined) {
    throw new InputError(`tensor "${tensor.name}" lies in another file, "${location}", which is not read here`);
  }
  checkLocation(location, tensor.name);
  const expected = elements(shapeOfStored(tensor)) * (BYTES[tensor.dataType] ?? 1);
  const number = (key: string, otherwise: number) => {
    const text = entry(key);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new InputError(`tensor "${tensor.name}" lies in "${location}" at the ${key} "${text}"`);
    }
    return value;
  };
  const length = number("length", expected);
  if (length !== expected) {
    throw new InputError(`tensor "${tensor.name}" takes ${expected} bytes, and has ${length} in "${location}"`);
  }
  return external(location, number("offset", 0), length);
}

/** Refuses what could lead out of the model's folder, on any system. */
function checkLocation(location: string, name: string): void {
  const parts = location.split(/[\\/]/);
  const isOutside = location === "" || parts[0] === "" || /^[a-z]:/i.test(location) || location.includes("\0");
  if (isOutside || parts.includes("..")) {
    throw new InputError(`tensor "${name}" lies in "${location}", which is outside of the model's folder`);
  }
}

export function checkCount(tensor: TensorProto, found: number): void {
  const n = elements(shapeOfStored(tensor));
  if (found !== n) throw new InputError(`tensor "${tensor.name}" claims ${n} elements and holds ${found}`);
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Numbers of a tensor of float32, float16 or bfloat16, as float32. */
export function floatsOf(tensor: TensorProto, external?: ExternalData): Float32Array {
  const raw = rawBytes(tensor, external);
  if (tensor.dataType === DataType.FLOAT) {
    checkCount(tensor, raw === undefined ? tensor.floatData.length : raw.length / 4);
    return raw === undefined ? Float32Array.from(tensor.floatData) : new Float32Array(aligned(raw));
  }
  checkCount(tensor, raw === undefined ? tensor.int32Data.length : raw.length / 2);
  const bits = raw === undefined ? Uint16Array.from(tensor.int32Data) : new Uint16Array(aligned(raw));
  const convert = tensor.dataType === DataType.FLOAT16 ? halfToFloat : brainToFloat;
  return Float32Array.from(bits, convert);
}

/** IEEE 754 binary16. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32. */
function brainToFloat(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0;
}

/** Numbers of a tensor of int64 or int32; `undefined` for other types. */
export function integersOf(tensor: TensorProto, external?: ExternalData): readonly number[] | undefined {
  if (tensor.dataType !== DataType.INT64 && tensor.dataType !== DataType.INT32) return undefined;
  const wide = tensor.dataType === DataType.INT64;
  const raw = rawBytes(tensor, external);
  checkCount(
    tensor,
    raw === undefined ? (wide ? tensor.int64Data : tensor.int32Data).length : raw.length / (wide ? 8 : 4),
  );
  if (raw === undefined) return Array.from(wide ? tensor.int64Data : tensor.int32Data, Number);
  return wide ? Array.from(new BigInt64Array(aligned(raw)), Number) : [...new Int32Array(aligned(raw))];
}

/** The numbers of a tensor; `undefined` where they lie in a file that is not there. */
export function readable(float: StoredFloats | undefined): Float32Array | undefined {
  try {
    return float?.values();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The same tensor with its bytes within it, as a runtime that is given bytes alone needs it. */
export function embedded(tensor: TensorProto, external: ExternalData | undefined): TensorProto {
  const size = BYTES[tensor.dataType];
  const raw = rawBytes(tensor, external);
  if (size !== undefined && raw !== undefined) checkCount(tensor, raw.length / size);
  else if (size !== undefined) checkTyped(tensor);
  else if (tensor.dataLocation === DataLocation.EXTERNAL) {
    throw new InputError(`tensor "${tensor.name}" of the type ${typeName(tensor.dataType)} lies in another file`);
  } else shapeOfStored(tensor);
  if (tensor.dataLocation !== DataLocation.EXTERNAL) return tensor;
  return changed(tensor, {
    rawData: new Uint8Array(raw ?? []),
    dataLocation: DataLocation.DEFAULT,
    externalData: [],
  });
}

function checkTyped(tensor: TensorProto): void {
  const { dataType } = tensor;
  if (dataType === DataType.FLOAT) checkCount(tensor, tensor.floatData.length);
  else if (dataType === DataType.DOUBLE) checkCount(tensor, tensor.doubleData.length);
  else if (dataType === DataType.INT64) checkCount(tensor, tensor.int64Data.length);
  else if (dataType === DataType.UINT64 || dataType === DataType.UINT32) checkCount(tensor, tensor.uint64Data.length);
  else checkCount(tensor, tensor.int32Data.length);
}

/** `FLOAT16`, as ONNX calls it. */
export function typeName(type: number): string {
  return DataType[type] ?? String(type);
}
