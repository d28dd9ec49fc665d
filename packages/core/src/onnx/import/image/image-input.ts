/** @file The image that a file takes: its type, which axis has the channels, the height and the width, and how long they are. */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type GraphProto,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  type ValueInfoProto,
} from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { elements, type Shape } from "../../../graph/graph.js";
import { changed } from "../file/attributes.js";
import { made } from "../file/made-nodes.js";
import { lengthOf, typeName } from "../file/stored.js";
import { type ImageAxes, layoutByReaders } from "./layout.js";

/** Height and width in pixels. */
export type ImageSize = readonly [height: number, width: number];

/** A type of numbers that images come in. */
export type ImageType = "float32" | "float16" | "bfloat16" | "uint8" | "int8";

export interface ImageInput {
  readonly name: string;
  readonly type: ImageType;
  /** Lengths that the file fixes, the batch first; `undefined` where it leaves one open. */
  readonly lengths: readonly (number | undefined)[];
  /** Whether the file takes one image, without an axis for the batch. */
  readonly isSingle?: boolean;
  /** Absent for an input that is no image. */
  readonly axes?: ImageAxes;
  /** Which axes it may have as well, where neither nodes nor lengths tell. */
  readonly otherAxes?: ImageAxes;
  /** What the first convolution takes, where it takes the image's channels as they are. */
  readonly channels?: number;
}

/** Pixels a side where neither file nor user say. */
export const DEFAULT_SIZE = 224;

const DEFAULT_CHANNELS = 3;

/** From here on, Squeeze takes its axes as an input. */
const OPSET_OF_AXES_AS_INPUT = 13;

/** Numbers of a batch of images, at most. */
const MOST_NUMBERS = 2 ** 26;

const types: Readonly<Record<number, ImageType | undefined>> = {
  [DataType.FLOAT]: "float32",
  [DataType.FLOAT16]: "float16",
  [DataType.BFLOAT16]: "bfloat16",
  [DataType.UINT8]: "uint8",
  [DataType.INT8]: "int8",
};

/** @throws {@link InputError} where the graph takes other than one tensor of numbers that images come in. */
export function imageInputOf(graph: GraphProto): ImageInput {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const [input, ...others] = graph.input.filter(({ name }) => !stored.has(name));
  if (input === undefined || others.length > 0) {
    throw new InputError(`needs a model of one input, was given ${input === undefined ? 0 : others.length + 1}`);
  }
  const { name } = input;
  const { type, lengths } = tensorTypeOf(input);
  const first = lengths.length === 3 || lengths.length === 4 ? layoutByReaders(graph, name, lengths) : undefined;
  if (lengths.length === 3 && first !== undefined)
    return { name, type, lengths: [1, ...lengths], isSingle: true, ...first };
  if (lengths.length !== 4) return { name, type, lengths };
  return { name, type, lengths, ...(first ?? axesByLength(lengths)) };
}

/**
 * What an action gives for an image in its likely layout; where that is only a guess and the action refuses it, for one in the other.
 * @throws {@link InputError} what is said of the likely one, where both are refused.
 */
export async function inEitherLayout<T>(image: ImageInput, action: (image: ImageInput) => Promise<T>): Promise<T> {
  const { otherAxes, ...likely } = image;
  if (otherAxes === undefined) return action(likely);
  try {
    return await action(likely);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return action({ ...likely, axes: otherAxes }).catch((other: unknown) => {
      throw other instanceof InputError ? error : other;
    });
  }
}

function tensorTypeOf({ name, type }: ValueInfoProto): Pick<ImageInput, "type" | "lengths"> {
  const tensor = type?.value.case === "tensorType" ? type.value.value : undefined;
  if (tensor === undefined) throw new InputError(`input "${name}" is no tensor`);
  const imageType = types[tensor.elemType];
  if (imageType === undefined) {
    const known = Object.keys(types).map(Number).map(typeName).join(", ");
    throw new InputError(`input "${name}" is of the type ${typeName(tensor.elemType)}; read are ${known}`);
  }
  const lengths = tensor.shape?.dim.map(({ value }, axis) => {
    // Some exporters write 0 or -1 for a length that is not fixed.
    if (value.case !== "dimValue" || value.value <= 0n) return undefined;
    return lengthOf(value.value, `axis ${axis} of input "${name}"`);
  });
  if (lengths === undefined || lengths.length === 0) throw new InputError(`input "${name}" has no shape`);
  return { type: imageType, lengths };
}

export interface ImageShapeOptions {
  readonly batch: number;
  /** Takes the place of what the file fixes. */
  readonly size?: ImageSize;
}

/**
 * The shape of a batch of images.
 * @throws {@link InputError} where a length is missing, an image is too large, or a size is given for what is no image.
 */
export function imageShape(input: ImageInput, { batch, size }: ImageShapeOptions): Shape {
  const { name, lengths, axes } = input;
  if (axes === undefined) {
    if (size !== undefined) throw new InputError(`a size is for images; input "${name}" has ${lengths.length} axes`);
    return checkNumbers(name, [batch, ...lengths.slice(1).map((n, i) => n ?? missing(name, i + 1))]);
  }
  const shape = [batch, 0, 0, 0];
  shape[axes.channels] = lengths[axes.channels] ?? input.channels ?? DEFAULT_CHANNELS;
  shape[axes.height] = size?.[0] ?? lengths[axes.height] ?? DEFAULT_SIZE;
  shape[axes.width] = size?.[1] ?? lengths[axes.width] ?? DEFAULT_SIZE;
  return checkNumbers(name, shape);
}

function missing(name: string, axis: number): never {
  throw new InputError(`axis ${axis} of input "${name}" has no fixed length`);
}

/** @throws {@link InputError} where a batch of images is too large. */
export function checkNumbers(name: string, shape: Shape): Shape {
  const n = elements(shape);
  if (n > MOST_NUMBERS) {
    const per = shape[0] === 1 ? "an image" : `a batch of ${shape[0]}`;
    throw new InputError(`input "${name}" takes ${n} numbers ${per}: at most ${MOST_NUMBERS}`);
  }
  return shape;
}

const CHANNELS_FIRST: ImageAxes = { channels: 1, height: 2, width: 3 };

const CHANNELS_LAST: ImageAxes = { channels: 3, height: 1, width: 2 };

/** Few are channels; where both ends could be, or none, the first are. */
function axesByLength([, second, , last]: ImageInput["lengths"]): Pick<ImageInput, "axes" | "otherAxes"> {
  const isFew = (n: number | undefined) => n !== undefined && n <= 4;
  if (isFew(last) !== isFew(second)) return { axes: isFew(last) ? CHANNELS_LAST : CHANNELS_FIRST };
  return { axes: CHANNELS_FIRST, otherAxes: CHANNELS_LAST };
}

/** Whether the image's numbers are whole ones. */
export function isWhole({ type }: Pick<ImageInput, "type">): boolean {
  return type === "uint8" || type === "int8";
}

/** The graph with an axis for the batch in its input, which is taken out again where the file has none. */
export function withBatchAxis(graph: GraphProto, { name, isSingle = false }: ImageInput, opset: number): GraphProto {
  if (!isSingle) return graph;
  const [image, axes] = [`${name}|batch`, `${name}|axes`];
  const isAttribute = opset < OPSET_OF_AXES_AS_INPUT;
  const attribute = create(AttributeProtoSchema, { name: "axes", type: AttributeKind.INTS, ints: [0n] });
  const squeeze = made("Squeeze", isAttribute ? [image] : [image, axes], [name], isAttribute ? [attribute] : []);
  const tensor = create(TensorProtoSchema, { name: axes, dims: [1n], dataType: DataType.INT64, int64Data: [0n] });
  return changed(graph, {
    input: graph.input.map((input) => (input.name === name ? withBatch(changed(input, { name: image })) : input)),
    initializer: isAttribute ? graph.initializer : [...graph.initializer, tensor],
    node: [changed(squeeze, { name: `${name}/image` }), ...graph.node],
  });
}

function withBatch(info: ValueInfoProto): ValueInfoProto {
  if (info.type?.value.case !== "tensorType") return info;
  const tensor = info.type.value.value;
  const one = create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: 1n } });
  const shape = create(TensorShapeProtoSchema, { dim: [one, ...(tensor.shape?.dim ?? [])] });
  const value = changed(tensor, { shape });
  return changed(info, { type: changed(info.type, { value: { case: "tensorType", value } }) });
}

/**
 * The graph with an input of floats, of which its own are made: 64 numbers to 1, from the middle of their range, rounded and cut off at
 * its ends, so that an image of normal noise has its mean and most of its values within.
 * @param domain - Of QuantizeLinear: ONNX's own, or of ONNX Runtime for files older than that.
 */
export function withFloatInput(
  graph: GraphProto,
  { name: own, type, isSingle = false }: ImageInput,
  domain: string,
): GraphProto {
  if (!isWhole({ type })) return graph;
  const name = isSingle ? `${own}|batch` : own;
  const image = `${name}|image`;
  const [scale, middle] = [`${name}|scale`, `${name}|middle`];
  const dataType = type === "uint8" ? DataType.UINT8 : DataType.INT8;
  return changed(graph, {
    input: graph.input.map((input) => (input.name === name ? withFloats(changed(input, { name: image })) : input)),
    initializer: [
      ...graph.initializer,
      create(TensorProtoSchema, { name: scale, dataType: DataType.FLOAT, floatData: [1 / 64] }),
      create(TensorProtoSchema, { name: middle, dataType, int32Data: [type === "uint8" ? 128 : 0] }),
    ],
    node: [
      create(NodeProtoSchema, {
        name: `${own}/${type}`,
        domain,
        opType: "QuantizeLinear",
        input: [image, scale, middle],
        output: [name],
      }),
      ...graph.node,
    ],
  });
}

function withFloats(info: ValueInfoProto): ValueInfoProto {
  if (info.type?.value.case !== "tensorType") return info;
  const value = changed(info.type.value.value, { elemType: DataType.FLOAT });
  return changed(info, { type: changed(info.type, { value: { case: "tensorType", value } }) });
}
