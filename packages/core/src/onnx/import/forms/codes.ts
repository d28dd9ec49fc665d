/** @file Numbers of quantised weights: whole numbers of 4 to 32 bits, and floats of 8, with the scales that make floats of them. */

import { TensorProto_DataType as DataType, type TensorProto } from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import {
  checkCount,
  type ExternalData,
  halfToFloat,
  rawBytes,
  type StoredFloats,
  shapeOfStored,
} from "../file/stored.js";

const views: Readonly<Record<number, ((bytes: ArrayBuffer) => ArrayLike<number>) | undefined>> = {
  [DataType.INT8]: (bytes) => new Int8Array(bytes),
  [DataType.UINT8]: (bytes) => new Uint8Array(bytes),
  [DataType.INT16]: (bytes) => new Int16Array(bytes),
  [DataType.UINT16]: (bytes) => new Uint16Array(bytes),
  [DataType.INT32]: (bytes) => new Int32Array(bytes),
  [DataType.INT4]: (bytes) => nibbles(bytes, true),
  [DataType.UINT4]: (bytes) => nibbles(bytes, false),
  [DataType.FLOAT8E4M3FN]: (bytes) => Float32Array.from(new Uint8Array(bytes), float8),
  [DataType.FLOAT8E5M2]: (bytes) => Float32Array.from(new Uint8Array(bytes), (bits) => halfToFloat(bits << 8)),
};

/** The types that weights are quantised to. */
export function isCode(type: number): boolean {
  return views[type] !== undefined;
}

/** Two numbers a byte, the lower half first. */
function nibbles(bytes: ArrayBuffer, signed: boolean): Float32Array {
  const result = new Float32Array(2 * bytes.byteLength);
  new Uint8Array(bytes).forEach((byte, i) => {
    result[2 * i] = signed ? ((byte & 15) ^ 8) - 8 : byte & 15;
    result[2 * i + 1] = signed ? ((byte >> 4) ^ 8) - 8 : byte >> 4;
  });
  return result;
}

/** Four bits of exponent and three of fraction, without infinity (Micikevicius et al. 2022, arXiv 2209.05433). */
function float8(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 15;
  const fraction = (bits & 7) / 8;
  if ((bits & 0x7f) === 0x7f) return Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -6 : (1 + fraction) * 2 ** (exponent - 7));
}

const nibbleTypes: ReadonlySet<number> = new Set([DataType.INT4, DataType.UINT4]);

/** Types whose typed field holds bytes, not numbers. */
const byteTypes: ReadonlySet<number> = new Set([...nibbleTypes, DataType.FLOAT8E4M3FN, DataType.FLOAT8E5M2]);

/** The numbers of a tensor as it holds them. */
function codesOf(tensor: TensorProto, external: ExternalData | undefined): ArrayLike<number> {
  const view = views[tensor.dataType];
  if (view === undefined) throw new Error(`type ${tensor.dataType} holds no codes`);
  const bytes = rawBytes(tensor, external) ?? (byteTypes.has(tensor.dataType) ? tensor.int32Data : undefined);
  const codes = bytes === undefined ? tensor.int32Data : view(Uint8Array.from(bytes).buffer);
  const n = elements(shapeOfStored(tensor));
  const padding = nibbleTypes.has(tensor.dataType) ? n % 2 : 0;
  checkCount(tensor, codes.length - padding);
  return codes;
}

/** How codes become floats: `(code - zero) * scale`. */
export interface Scaling {
  readonly scale: StoredFloats | undefined;
  readonly zero: TensorProto | undefined;
  /** The axis along which scales differ. */
  readonly axis: number;
  /** Neighbours along the axis that share a scale; 0: each has its own. */
  readonly block?: number;
}

/** Weights as floats; their numbers are made when they are asked for. */
export function dequantised(tensor: TensorProto, scaling: Scaling, external: ExternalData | undefined): StoredFloats {
  const shape = shapeOfStored(tensor);
  const values = () => {
    // The scale may be known only once the whole graph was read.
    const { scale, zero, axis, block = 0 } = scaling;
    const codes = codesOf(tensor, external);
    const scales = scale?.values() ?? [1];
    const zeros = zero === undefined ? [0] : codesOf(zero, external);
    const at = placeOfScale(shape, axis < 0 ? axis + shape.length : axis, scales.length, block);
    const result = new Float32Array(elements(shape));
    for (let i = 0; i < result.length; i++) {
      const place = at(i);
      const factor = scales.length === 1 ? scales[0] : scales[place];
      const origin = zeros.length === 1 ? zeros[0] : zeros[place];
      result[i] = ((codes[i] ?? 0) - (origin ?? 0)) * (factor ?? 1);
    }
    return result;
  };
  return { shape, values, origin: tensor.name, isNode: false };
}

/** Where the scale of each element is among the scales. */
function placeOfScale(shape: Shape, axis: number, scales: number, block: number): (i: number) => number {
  if (scales === 1) return () => 0;
  const inner = elements(shape.slice(axis + 1));
  const length = shape[axis] ?? 1;
  if (block === 0) return (i) => Math.floor(i / inner) % length;
  const blocks = Math.ceil(length / block);
  return (i) => {
    const outer = Math.floor(i / inner / length);
    return (outer * blocks + Math.floor((Math.floor(i / inner) % length) / block)) * inner + (i % inner);
  };
}

/**
 * Weights that MatMulNBits packs: codes of a few bits, a row an output, in blocks that share a scale.
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
export interface Packed {
  readonly codes: TensorProto;
  readonly scales: StoredFloats;
  /** Packed as the codes are; absent: half of what the bits can say. */
  readonly zeros: TensorProto | undefined;
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: number;
  readonly block: number;
}

/** `[inputs, outputs]` */
export function unpacked(packed: Packed, external: ExternalData | undefined): StoredFloats {
  const { codes, scales, zeros, inputs, outputs, bits, block } = packed;
  const values = () => {
    const bytes = codesOf(codes, external);
    const factors = scales.values();
    const zeroBytes = zeros && codesOf(zeros, external);
    const blocks = Math.ceil(inputs / block);
    const rowBytes = (blocks * block * bits) / 8;
    const zeroRowBytes = Math.ceil((blocks * bits) / 8);
    const field = (of: ArrayLike<number>, start: number, i: number) =>
      ((of[start + Math.floor((i * bits) / 8)] ?? 0) >> ((i * bits) % 8)) & (2 ** bits - 1);
    const result = new Float32Array(inputs * outputs);
    for (let row = 0; row < outputs; row++) {
      for (let i = 0; i < inputs; i++) {
        const at = Math.floor(i / block);
        const zero = zeroBytes === undefined ? 2 ** (bits - 1) : field(zeroBytes, row * zeroRowBytes, at);
        result[i * outputs + row] = (field(bytes, row * rowBytes, i) - zero) * (factors[row * blocks + at] ?? 0);
      }
    }
    return result;
  };
  return { shape: [inputs, outputs], values, origin: codes.name, isNode: false };
}
