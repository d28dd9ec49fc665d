/**
 * @file The shapes of all tensors of a file, as ONNX Runtime gives them: those that it infers, and, of one run on zeros, those of the others,
 * with the shape of each such tensor as an output, so that no tensor leaves the runtime.
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
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
import { InputError } from "../../base/errors.js";
import { elements, type Shape } from "../../graph/graph.js";
import type { Runtime, Session, TensorData } from "../../runtime/session.js";
import { readsOf } from "./file/attributes.js";
import { checkTensor } from "./file/limits.js";
import { made } from "./file/made-nodes.js";
import type { NormalisedFile } from "./forms/normalise.js";
import type { Role } from "./roles/roles.js";

/** float32 holds every whole number up to here. */
const LONGEST_AXIS = 2 ** 24;

export interface Opsets {
  readonly opsets: ReadonlyMap<string, number>;
  readonly irVersion: number;
}

/**
 * The shapes of all tensors; what is no tensor, such as a sequence, has none.
 * @param input - The shape of the image, with the batch.
 * @throws {@link InputError} with ONNX Runtime's words where it does not run the file, or where an output is no tensor.
 */
export async function shapesOf(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
): Promise<ReadonlyMap<string, Shape>> {
  const { inferred, others } = await inferredShapes(runtime, file, roles, input, opsets);
  const other = file.outputs.find((name) => others.has(name));
  if (other !== undefined) throw new InputError(`output "${other}" is no tensor: give the file tensors as outputs`);
  const names = namesOf(file).filter((name) => !others.has(name));
  // All is run in any case: the outputs hang on it.
  const asked = new Set([...names.filter((name) => !inferred.has(name)), ...file.outputs]);
  const seen = await seenShapes(runtime, file, roles, input, opsets, [...asked]);
  const isRight = [...seen].every(([name, shape]) => isSame(inferred.get(name) ?? shape, shape));
  const all = isRight ? new Map([...inferred, ...seen]) : await seenShapes(runtime, file, roles, input, opsets, names);
  return new Map([[file.input.name, input], ...names.map((name): [string, Shape] => [name, all.get(name) ?? []])]);
}

function namesOf(file: NormalisedFile): string[] {
  return file.nodes.flatMap(({ output }) => output.filter((name) => name !== ""));
}

function isSame(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/**
 * Shapes that the runtime tells without a run: of most tensors, in a fraction of the time, and before memory is taken for them.
 * @throws {@link InputError} where a tensor is too large.
 */
async function inferredShapes(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
): Promise<{ readonly inferred: ReadonlyMap<string, Shape>; readonly others: ReadonlySet<string> }> {
  const outputs = namesOf(file).map((name) => create(ValueInfoProtoSchema, { name }));
  const model = modelOf(file, roles, input, opsets, outputs);
  const known = await inSession(runtime, model, async ({ outputShapes: inferred, otherOutputs: others }) => ({
    inferred,
    others,
  }));
  for (const [name, shape] of known.inferred) checkTensor(name, shape);
  return known;
}

/** Shapes of tensors as they are in a run. */
async function seenShapes(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
  names: readonly string[],
): Promise<ReadonlyMap<string, Shape>> {
  const nodes = [...file.nodes, ...names.map((name, i) => made("Shape", [name], [shapeName(i)]))];
  const outputs = names.map((_, i) => shapeName(i));
  const results = await runOnZeros(runtime, { ...file, nodes, outputs }, roles, input, opsets);
  return new Map(
    names.map((name, i) => {
      const shape = [...(results[shapeName(i)]?.data ?? [])];
      if (shape.some((n) => n > LONGEST_AXIS))
        throw new InputError(`tensor "${name}" has the shape [${shape.join(", ")}]`);
      return [name, shape];
    }),
  );
}

/**
 * What a file's outputs, which are float32 or int64, are for an image and weights of zeros.
 * @throws {@link InputError} with ONNX Runtime's words where it does not run the file.
 */
export async function runOnZeros(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
): Promise<Readonly<Record<string, TensorData>>> {
  const outputs = file.outputs.map((name) => create(ValueInfoProtoSchema, { name }));
  const inputs = [{ name: file.input.name, shape: input }, ...parametersOf(file, roles)];
  const zeros = new Float32Array(inputs.reduce((most, { shape }) => Math.max(most, elements(shape)), 0));
  const feeds: Record<string, TensorData> = {};
  for (const { name, shape } of inputs) feeds[name] = { data: zeros.subarray(0, elements(shape)), shape };
  return inSession(runtime, modelOf(file, roles, input, opsets, outputs), (session) => session.run(feeds));
}

function parametersOf({ floats }: NormalisedFile, roles: ReadonlyMap<string, Role>) {
  return [...roles.keys()].map((name) => ({ name, shape: floats.get(name)?.shape ?? [] }));
}

/** The file with its parameters as inputs. */
function modelOf(
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  { opsets, irVersion }: Opsets,
  output: ValueInfoProto[],
): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [...opsets].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    graph: create(GraphProtoSchema, {
      name: "shapes",
      node: [...file.nodes],
      initializer: [...file.tensors.values(), ...settingsOf(file, roles)],
      input: [{ name: file.input.name, shape: input }, ...parametersOf(file, roles)].map(floatInfo),
      output,
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

function shapeName(i: number): string {
  return `esnas:shape:${i}`;
}

/** Nodes that give the shape of a tensor as floats. */
export function shapeNodes(name: string, output: string): NodeProto[] {
  return [made("Shape", [name], [`${output}:int64`]), castNode(`${output}:int64`, output)];
}

/** A node that gives the numbers of a tensor as floats. */
export function castNode(name: string, output: string): NodeProto {
  const to = create(AttributeProtoSchema, { name: "to", type: AttributeKind.INT, i: BigInt(DataType.FLOAT) });
  return made("Cast", [name], [output], [to]);
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

async function inSession<T>(runtime: Runtime, model: Uint8Array, action: (session: Session) => Promise<T>): Promise<T> {
  try {
    const session = await runtime.createSession(model);
    try {
      return await action(session);
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
