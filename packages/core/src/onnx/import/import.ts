/**
 * @file ONNX files of any origin as architectures that are described and scored. The file is checked before a runtime sees it; it is
 * then run once on zeros for the shapes of its tensors.
 */

import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, type NodeProto, type ValueInfoProto } from "onnx-buf";
import { type Architecture, fromGraph } from "../../architecture/architecture.js";
import { count, InputError } from "../../errors.js";
import { macsOf } from "../../graph/cost.js";
import { elements, type Graph, type Shape, shapeOf } from "../../graph/graph.js";
import type { Runtime } from "../../runtime/session.js";
import { unfused } from "./fused.js";
import { signalsOf } from "./gates.js";
import { withGroupNormalisations } from "./group-normalisations.js";
import { uncounted } from "./macs.js";
import { type NormalisedFile, normalise } from "./normalise.js";
import { type Role, rolesOf } from "./roles.js";
import { type Tensors, type Unit, unitsOf } from "./runs.js";
import { type Opsets, shapesOf } from "./shapes.js";
import { type ExternalData, isFloat, lengthOf, MOST_ELEMENTS, typeName } from "./stored.js";
import { nonlinearityInputOf, translate, type WeightSource, withFreeBatch } from "./translate.js";

export type { ExternalData } from "./stored.js";
export { type WeightSource, weightSources } from "./translate.js";

export interface ImportOptions {
  /** Runs the file for the shapes of its tensors. */
  readonly runtime: Runtime;
  /** `random`, the default: drawn anew by the seed of whoever scores; `file`: as they are. */
  readonly weights?: WeightSource;
  /** Height and width of the image; the file's own where it fixes them, else 224. */
  readonly size?: number;
  /** Reads weights that lie beside the file. */
  readonly external?: ExternalData;
  /** What the model is called. */
  readonly name?: string;
}

/** A line of a file's description: a node, or a run of nodes that acts as one. */
export interface Layer {
  readonly name: string;
  /** `Conv`, `Gelu`; with the domain before it where that is not ONNX's. */
  readonly operator: string;
  /** Of the first output, at batch 1. */
  readonly output: Shape;
  /** Trainable numbers that are first read here. */
  readonly parameters: number;
  readonly macs: number;
}

export interface ImportedModel {
  readonly architecture: Architecture;
  readonly layers: readonly Layer[];
  readonly opset: number;
  readonly irVersion: number;
  /** The program that wrote the file, with its version. */
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** At batch 1. */
  readonly input: Shape;
  readonly outputs: readonly Shape[];
  /** What a reader of scores should know of this file. */
  readonly notes: readonly string[];
}

/** Pixels a side where neither file nor user say. */
const DEFAULT_SIZE = 224;

const DEFAULT_CHANNELS = 3;

/** Numbers of one image, at most. */
const LARGEST_IMAGE = 2 ** 26;

const OLDEST_OPSET = 7;

/**
 * Reads an ONNX file that anyone may have written.
 * @throws {InputError} where it is none, does not hold together, or is not run by the runtime.
 */
export async function importOnnx(bytes: Uint8Array, options: ImportOptions): Promise<ImportedModel> {
  const { runtime, weights = "random", size, external, name } = options;
  const model = parseModel(bytes);
  const opsets = opsetsOf(model);
  if (model.graph === undefined) throw new InputError("the file holds no ONNX graph");
  const file = unfused(normalise(model.graph, external), opsets.opsets.get("") ?? 0);
  const written = rolesOf(file.nodes, file.floats);
  checkSize(file, written);
  const input = inputShape(file.input, size);
  const before = await shapesOf(runtime, file, written, input, opsets);
  const free = withFreeBatch(file, before);
  const units = unitsOfFile(free, written, before);
  // What scales or shifts a normalisation shows once that is one node.
  const roles = rolesOf(
    units.map(({ node }) => node),
    free.floats,
  );
  const { graph, titles } = await translate(
    name ?? model.graph.name,
    free,
    units,
    roles,
    before,
    { opsets, weights },
    () => batchIsFixed(runtime, free, units, roles, before, opsets),
  );
  return {
    architecture: fromGraph(graph),
    layers: layersOf(graph, titles),
    opset: opsets.opsets.get("") ?? 0,
    irVersion: Number(model.irVersion),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    input,
    outputs: graph.outputs.map((output) => shapeOf(graph, output)),
    notes: notesOf(file, graph, weights, units),
  };
}

function parseModel(bytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new InputError("not an ONNX file: its protocol buffer cannot be read", { cause });
  }
  if (model.functions.length > 0) {
    const [{ name = "" } = {}] = model.functions;
    throw new InputError(
      `the file defines operators of its own ("${name}" and ${count(model.functions.length - 1, "other")}): inline them first`,
    );
  }
  return model;
}

function opsetsOf(model: ModelProto): Opsets {
  const opsets = new Map<string, number>();
  for (const { domain, version } of model.opsetImport) {
    opsets.set(domain === "ai.onnx" ? "" : domain, lengthOf(version, `the operator set "${domain}"`));
  }
  const opset = opsets.get("") ?? 0;
  if (opset < OLDEST_OPSET) {
    throw new InputError(
      opset === 0
        ? "the file holds no ONNX graph"
        : `the file is of opset ${opset}: those from ${OLDEST_OPSET} on are read`,
    );
  }
  // Before 4, each weight had to be an input as well.
  return { opsets, irVersion: Math.max(4, lengthOf(model.irVersion, "the IR version")) };
}

function checkSize({ floats }: NormalisedFile, roles: ReadonlyMap<string, Role>): void {
  const total = [...roles.keys()].reduce((sum, name) => sum + elements(floats.get(name)?.shape ?? []), 0);
  if (total > MOST_ELEMENTS)
    throw new InputError(`a model of ${total} parameters is too large: at most ${MOST_ELEMENTS}`);
}

function inputShape({ name, type }: ValueInfoProto, size: number | undefined): Shape {
  const tensor = type?.value.case === "tensorType" ? type.value.value : undefined;
  if (tensor === undefined) throw new InputError(`input "${name}" is no tensor`);
  if (!isFloat(tensor.elemType)) {
    throw new InputError(`input "${name}" is of the type ${typeName(tensor.elemType)}; read are FLOAT and FLOAT16`);
  }
  const dims = tensor.shape?.dim.map(({ value }, axis) => {
    // Some exporters write 0 or -1 for a length that is not fixed.
    if (value.case !== "dimValue" || value.value <= 0n) return undefined;
    return lengthOf(value.value, `axis ${axis} of input "${name}"`);
  });
  if (dims === undefined || dims.length === 0) throw new InputError(`input "${name}" has no shape`);
  if (dims.length !== 4) {
    if (size !== undefined) throw new InputError(`a size is for images; input "${name}" has ${dims.length} axes`);
    return checkedImage(name, [1, ...dims.slice(1).map((n, i) => n ?? missing(name, i + 1))]);
  }
  const [, second, , fourth] = dims;
  const isLast = isChannels(fourth) && !isChannels(second) && second !== undefined;
  const [height, width] = isLast ? [dims[1], dims[2]] : [dims[2], dims[3]];
  const image = [size ?? height ?? DEFAULT_SIZE, size ?? width ?? DEFAULT_SIZE];
  const channels = (isLast ? fourth : second) ?? DEFAULT_CHANNELS;
  return checkedImage(name, isLast ? [1, ...image, channels] : [1, channels, ...image]);
}

function isChannels(n: number | undefined): boolean {
  return n !== undefined && n <= 4;
}

function missing(name: string, axis: number): never {
  throw new InputError(`axis ${axis} of input "${name}" has no fixed length`);
}

function checkedImage(name: string, shape: Shape): Shape {
  if (elements(shape) > LARGEST_IMAGE) {
    throw new InputError(`input "${name}" takes ${elements(shape)} numbers an image: at most ${LARGEST_IMAGE}`);
  }
  return shape;
}

function unitsOfFile(
  { nodes, outputs, floats, integers, hadHalf }: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  shapes: ReadonlyMap<string, Shape>,
): readonly Unit[] {
  const scalarOf = (name: string) => {
    const float = roles.has(name) ? undefined : floats.get(name);
    return float !== undefined && elements(float.shape) === 1 ? float.values()[0] : undefined;
  };
  const tensors: Tensors = {
    scalarOf,
    isStored: (name) => floats.has(name) && scalarOf(name) === undefined,
    integersOf: (name) => integers.get(name),
    shapeOf: (name) => floats.get(name)?.shape ?? shapes.get(name),
    isHalf: hadHalf,
  };
  const units = unitsOf(nodes, outputs, tensors);
  return withGroupNormalisations(units, outputs, tensors, (name) => floats.get(name)?.values());
}

/** Why the batch has to be 1: what is run with a batch of 2 fails, or has tensors that are not twice as large. */
async function batchIsFixed(
  runtime: Runtime,
  file: NormalisedFile,
  units: readonly Unit[],
  roles: ReadonlyMap<string, Role>,
  single: ReadonlyMap<string, Shape>,
  opsets: Opsets,
): Promise<string | undefined> {
  const input = single.get(file.input.name) ?? [];
  try {
    const double = await shapesOf(runtime, file, roles, input.with(0, 2), opsets);
    const signals = signalsOf(file.input.name, file.nodes);
    const observed = new Set(units.map(nonlinearityInputOf));
    for (const [name, shape] of single) {
      if (!signals.has(name) || shape.length === 0) continue;
      const twice = double.get(name) ?? [];
      if (elements(twice) !== 2 * elements(shape)) return `tensor "${name}" does not grow with the batch`;
      if (observed.has(name) && twice[0] !== 2 * (shape[0] ?? 0)) {
        return `tensor "${name}", which enters a nonlinearity, has the batch on another axis than the first`;
      }
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

function layersOf(graph: Graph, titles: ReadonlyMap<string, string>): Layer[] {
  const counted = new Set<string>();
  return graph.nodes.flatMap((node) => {
    const { name, inputs, outputs } = node;
    const operator = titles.get(name);
    if (operator === undefined) return [];
    let parameters = 0;
    for (const input of inputs) {
      const parameter = graph.parameters.get(input);
      if (parameter === undefined || counted.has(input)) continue;
      counted.add(input);
      if (parameter.trainable) parameters += elements(parameter.shape);
    }
    const macs = macsOf(graph, node);
    const output = shapeOf(graph, outputs[0] ?? graph.input);
    return [{ name, operator, output, parameters, macs }];
  });
}

function notesOf(file: NormalisedFile, graph: Graph, weights: WeightSource, units: readonly Unit[]): readonly string[] {
  const fixedBatch = graph.file?.fixedBatch;
  const has = (test: (node: NodeProto) => boolean) => units.some(({ node }) => test(node));
  const notes: string[] = [];
  if (file.hadHalf) notes.push("float16 is computed in float32");
  const isNormalised = has(({ opType }) => opType.endsWith("Normalization") || opType === "LRN");
  const isBiased = has(({ opType, input }) => opType === "Conv" && (input[2] ?? "") !== "");
  if (weights === "random" && isBiased && !isNormalised) {
    notes.push("no normalisation in the file (folded into convolutions?): random weights are scored without one");
  }
  const folded = units.map(nonlinearityInputOf).filter((input) => (graph.shapes.get(input ?? "")?.[0] ?? 1) !== 1);
  if (folded.length > 0) {
    notes.push(`${folded.length} nonlinearities of tensors whose first axis is more than the batch are not counted`);
  }
  if (fixedBatch !== undefined) notes.push(`the file works with a batch of 1 alone: ${fixedBatch}`);
  const skipped = [...new Set(file.nodes.map(({ opType }) => opType).filter((opType) => uncounted.has(opType)))];
  if (skipped.length > 0) notes.push(`multiply-accumulates of ${skipped.join(", ")} are not counted`);
  if (graph.outputs.length > 1) notes.push(`${count(graph.outputs.length, "output")}: flow is that of their sum`);
  return notes;
}
