/**
 * @file The shapes of all tensors of a file, as ONNX Runtime gives them: the file is run once on zeros, with the shape of each tensor
 * as an output, so that no tensor leaves the runtime.
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import { elements, type Shape } from "../../graph/graph.js";
import type { Runtime, TensorData } from "../../runtime/session.js";
import { changed, readsOf } from "./attributes.js";
import type { NormalisedFile } from "./normalise.js";
import type { Role } from "./roles.js";

/** float32 holds every whole number up to here. */
const LONGEST_AXIS = 2 ** 24;

export interface Opsets {
  readonly opsets: ReadonlyMap<string, number>;
  readonly irVersion: number;
}

/**
 * @param input The shape of the image, with the batch.
 * @throws {InputError} with ONNX Runtime's words where it does not run the file.
 */
export async function shapesOf(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
): Promise<ReadonlyMap<string, Shape>> {
  const names = file.nodes.flatMap(({ output }) => output.filter((name) => name !== ""));
  const nodes = [...file.nodes, ...names.flatMap((name, i) => shapeNodes(name, shapeName(i)))];
  const outputs = names.map((_, i) => shapeName(i));
  const results = await runOnZeros(runtime, { ...file, nodes, outputs }, roles, input, opsets);
  const shapes = new Map<string, Shape>([[file.input.name, input]]);
  names.forEach((name, i) => {
    const shape = [...(results[shapeName(i)]?.data ?? [])];
    if (shape.some((n) => n > LONGEST_AXIS))
      throw new InputError(`tensor "${name}" has the shape [${shape.join(", ")}]`);
    shapes.set(name, shape);
  });
  return shapes;
}

/**
 * What a file's outputs, all of them floats, are for an image and weights of zeros.
 * @throws {InputError} with ONNX Runtime's words where it does not run the file.
 */
export async function runOnZeros(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  { opsets, irVersion }: Opsets,
): Promise<Readonly<Record<string, TensorData>>> {
  const parameters = [...roles.keys()].map((name) => ({ name, shape: file.floats.get(name)?.shape ?? [] }));
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [...opsets].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    graph: create(GraphProtoSchema, {
      name: "shapes",
      node: [...file.nodes],
      initializer: [...file.tensors.values(), ...settingsOf(file, roles)],
      input: [{ name: file.input.name, shape: input }, ...parameters].map(floatInfo),
      output: file.outputs.map((name) => floatInfo({ name })),
    }),
  });
  const largest = Math.max(elements(input), ...parameters.map(({ shape }) => elements(shape)));
  const zeros = new Float32Array(largest);
  const feeds: Record<string, TensorData> = {};
  for (const { name, shape } of [{ name: file.input.name, shape: input }, ...parameters]) {
    feeds[name] = { data: zeros.subarray(0, elements(shape)), shape };
  }
  return runOnce(runtime, toBinary(ModelProtoSchema, model), feeds);
}

function shapeName(i: number): string {
  return `esnas:shape:${i}`;
}

/** Nodes that give the shape of a tensor as floats. */
export function shapeNodes(name: string, output: string): NodeProto[] {
  return [step("Shape", name, `${output}:int64`), castNode(`${output}:int64`, output)];
}

/** A node that gives the numbers of a tensor as floats. */
export function castNode(name: string, output: string): NodeProto {
  const to = create(AttributeProtoSchema, { name: "to", type: AttributeKind.INT, i: BigInt(DataType.FLOAT) });
  return changed(step("Cast", name, output), { attribute: [to] });
}

function step(opType: string, input: string, output: string): NodeProto {
  return create(NodeProtoSchema, { name: output, opType, input: [input], output: [output] });
}

/** Floats that are no parameters, which a runtime may have to know. */
export function settingsOf({ floats, nodes }: NormalisedFile, roles: ReadonlyMap<string, Role>): TensorProto[] {
  const read = new Set(nodes.flatMap(readsOf));
  return [...floats].flatMap(([name, { shape, values }]) => {
    if (roles.has(name) || !read.has(name)) return [];
    const rawData = new Uint8Array(values().slice().buffer);
    return [create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: DataType.FLOAT, rawData })];
  });
}

export function floatInfo({ name, shape }: { readonly name: string; readonly shape?: Shape }): ValueInfoProto {
  const dim = shape?.map((n) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(n) } }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: DataType.FLOAT,
    ...(dim && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value } }),
  });
}

async function runOnce(runtime: Runtime, model: Uint8Array, feeds: Readonly<Record<string, TensorData>>) {
  try {
    const session = await runtime.createSession(model);
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  } catch (error) {
    throw new InputError(`ONNX Runtime does not run the file: ${runtimeMessage(error)}`, { cause: error });
  }
}

/** What a runtime says, without its prefixes and paths. */
export function runtimeMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^(Error: )?(\[ONNXRuntimeError\] : \d+ : \w+ : )?/, "")
    .replace(/\/\S+\.(cc|h|cpp):\d+ (.*?\) )?/g, "")
    .slice(0, 400);
}
