/**
 * @file ONNX files of any origin as architectures that are described and scored. The file is checked before a runtime sees it; it is
 * then run once on zeros for the shapes of its tensors.
 */

import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto, type ValueInfoProto } from "onnx-buf";
import { type Architecture, fromGraph } from "../../architecture/architecture.js";
import { checkArgument, isObject } from "../../base/argument.js";
import { count, InputError } from "../../base/errors.js";
import { PRODUCER } from "../../base/producer.js";
import { macsOf } from "../../graph/cost.js";
import { elements, type Graph, type Shape, shapeOf, trainedNumbers } from "../../graph/graph.js";
import type { Runtime } from "../../runtime/session.js";
import { translate, type WeightSource } from "./closed/translate.js";
import { macsOfBodies } from "./counts/body-macs.js";
import { nonlinearityInputOf, operatorsThatHideNonlinearities } from "./counts/nonlinearities.js";
import { changed, readsOf } from "./file/attributes.js";
import { checkLimits } from "./file/limits.js";
import { lengthOf, MOST_ELEMENTS } from "./file/stored.js";
import { unfused } from "./forms/fused.js";
import { withGroupNormalisations } from "./forms/group-normalisations.js";
import { indicesOf } from "./forms/indices.js";
import { withoutCancelledMoves } from "./forms/moves.js";
import { type NormalisedFile, normalise } from "./forms/normalise.js";
import { type Tensors, type Unit, unitsOf } from "./forms/runs.js";
import { batchIsFixed, withFreeBatch, withOneImage } from "./image/batch.js";
import {
  type ImageInput,
  imageInputOf,
  imageShape,
  inEitherLayout,
  isWhole,
  withBatchAxis,
  withFloatInput,
} from "./image/image-input.js";
import { DRAWN_BY, drawnByPlace, namesDrawnBy, placesOf } from "./roles/places.js";
import { notesOfRoles } from "./roles/role-notes.js";
import { type Role, rolesOf } from "./roles/roles.js";
import type { Opsets } from "./shapes.js";

export { type WeightSource, weightSources } from "./closed/translate.js";
export type { ExternalData } from "./file/stored.js";
export {
  type ImageInput,
  type ImageShapeOptions,
  type ImageSize,
  type ImageType,
  imageShape,
  inEitherLayout,
} from "./image/image-input.js";
export type { ImageAxes } from "./image/layout.js";

/** How an ONNX file is read. */
export interface ImportOptions {
  /** Runs the file for the shapes of its tensors. */
  readonly runtime: Runtime;
  /** `random`, the default: drawn anew by the seed of whoever scores; `file`: as they are. */
  readonly weights?: "random" | "file";
  /** Height and width of the image; the file's own where it fixes them, else 224 each. */
  readonly size?: readonly [height: number, width: number];
  /** Reads weights that lie beside the file. */
  readonly external?: (location: string, offset: number, length: number) => Uint8Array;
  /** What the model is called. */
  readonly name?: string;
}

/** A line of a file's description: a node, or a run of nodes that acts as one. */
export interface Layer {
  /** Name of the node in the file. */
  readonly name: string;
  /** `Conv`, `Gelu`; with the domain before it where that is not ONNX's. */
  readonly operator: string;
  /** Of the first output, at batch 1. */
  readonly output: Shape;
  /** Trainable numbers that are first read here. */
  readonly parameters: number;
  /** Multiply-accumulates at batch 1. */
  readonly macs: number;
}

/** An ONNX file that was read. */
export interface ImportedModel {
  /** The network as one block, which is described, scored and exported like any other. */
  readonly architecture: Architecture;
  /** In the order in which they run. */
  readonly layers: readonly Layer[];
  /** Version of ONNX's operators. */
  readonly opset: number;
  /** Version of ONNX's file form. */
  readonly irVersion: number;
  /** The program that wrote the file, with its version. */
  readonly producer: string;
  /** What the file says of itself, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** At batch 1. */
  readonly input: Shape;
  /** Shapes at batch 1. */
  readonly outputs: readonly Shape[];
  /** What a reader of scores should know of this file. */
  readonly notes: readonly string[];
}

const OLDEST_OPSET = 7;

/** The domain of ONNX Runtime's own operators. */
const RUNTIME_DOMAIN = "com.microsoft";

/** Before this one, QuantizeLinear was of ONNX Runtime. */
const OPSET_OF_QUANTISATION = 10;

/**
 * Reads an ONNX file that anyone may have written.
 * @throws {@link InputError} where it is none, does not hold together, or is not run by the runtime.
 * @example
 * ```ts
 * import { exportOnnx, importOnnx, onnxRuntime } from "@esnas/core";
 * import * as ort from "onnxruntime-node";
 *
 * const file = await exportOnnx("shufflenetv2_100");
 * const { layers, opset } = await importOnnx(file, { name: "mine", runtime: onnxRuntime(ort) });
 * console.log(layers.length, opset);
 * ```
 */
export async function importOnnx(bytes: Uint8Array, options: ImportOptions): Promise<ImportedModel> {
  checkArgument(bytes instanceof Uint8Array, 'importOnnx: "bytes"', bytes, "a Uint8Array, the bytes of an ONNX file");
  const hasRuntime = isObject(options) && isObject(options.runtime);
  checkArgument(
    hasRuntime,
    'importOnnx: "options"',
    options,
    "{ runtime: onnxRuntime(ort) } with ort from onnxruntime-node or onnxruntime-web",
  );
  const { runtime, weights = "random", size, external, name } = options;
  const { model, graph: own } = parseModel(bytes);
  checkFunctions(model);
  const image = imageInputOf(own);
  const opsets = opsetsOf(model, image);
  const { computed, stored } = outputsOf(own);
  const quantiser = opsetIn(opsets) < OPSET_OF_QUANTISATION ? RUNTIME_DOMAIN : "";
  const batched = withBatchAxis(changed(own, { output: computed }), image, opsetIn(opsets));
  const normalised = normalise(withFloatInput(batched, image, quantiser), external);
  const given = unfused(normalised, opsetIn(opsets));
  const written = rolesOf(given).roles;
  checkSize(given, written);
  const { input, file, before } = await inEitherLayout(image, async (likely) => {
    const shape = imageShape(likely, { batch: 1, ...(size && { size }) });
    const single = await withOneImage(runtime, given, written, likely, shape, opsets);
    return { input: shape, file: single.file, before: single.shapes };
  });
  const free = withoutCancelledMoves(withFreeBatch(file, before), before);
  const tensors = tensorsOf(free, written, before);
  const units = unitsOfFile(free, tensors);
  const hiding = operatorsThatHideNonlinearities(free.nodes, free.input.name, free.outputs, tensors);
  const roles = rolesOfUnits(free, units);
  const bodies = await macsOfBodies(runtime, free, written, input, opsets);
  const settings = { opsets, weights, bodies };
  const seen = { shapes: before, indices: await indicesOf(runtime, file, written, input, opsets) };
  const translation = await translate(name ?? own.name, free, units, roles, seen, settings, () =>
    batchIsFixed(runtime, free, units, roles, before, opsets),
  );
  const { titles } = translation;
  const graph = drawnByPlace(
    translation.graph,
    {
      firstFormOf: (parameter) => roles.get(parameter)?.sharedWith,
      isTransposed: (parameter) => roles.get(parameter)?.isInputsFirst ?? false,
    },
    ownNames(model, translation.graph),
  );
  return {
    architecture: fromGraph(graph),
    layers: layersOf(graph, titles),
    opset: opsetIn(opsets),
    irVersion: Number(model.irVersion),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    input,
    outputs: graph.outputs.map((output) => shapeOf(graph, output)),
    notes: [
      ...notesOf(file, graph, weights, units, translation.uncounted),
      ...(hiding.length > 0 ? [`nonlinearities in the bodies of ${hiding.join(", ")} are not counted`] : []),
      ...notesOfRoles(graph, roles, weights),
      ...stored.map((output) => `output "${output}" is stored in the file, and left out`),
    ],
  };
}

/**
 * The image that an ONNX file takes, told by its graph alone.
 * @throws {@link InputError} where it takes none.
 */
export function onnxImageInput(bytes: Uint8Array): ImageInput {
  return imageInputOf(parseModel(bytes).graph);
}

/** What scales or shifts a normalisation shows once that is one node, and numbers by themselves once functions are. */
function rolesOfUnits(file: NormalisedFile, units: readonly Unit[]): ReadonlyMap<string, Role> {
  const { roles, scalars } = rolesOf({ ...file, nodes: units.map(({ node }) => node) });
  const within = new Set(
    units.flatMap(({ nodes, node }) =>
      (nodes.length > 1 ? nodes.flatMap(readsOf) : []).filter((name) => !node.input.includes(name)),
    ),
  );
  return new Map([...roles, ...[...scalars].filter(([name]) => !within.has(name))]);
}

/** The names by which weights are drawn in a file of ours; those of the first version do not say them apart from the tensors. */
function ownNames(model: ModelProto, graph: Graph): ReadonlyMap<string, string> {
  const text = model.graph?.metadataProps.find(({ key }) => key === DRAWN_BY)?.value;
  if (text !== undefined || model.producerName !== PRODUCER.name) return namesDrawnBy(text);
  return new Map([...placesOf(graph)].map(([name, place]) => [place, name]));
}

function parseModel(bytes: Uint8Array): { readonly model: ModelProto; readonly graph: GraphProto } {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new InputError("not an ONNX file: its protocol buffer cannot be read", { cause });
  }
  const { graph } = model;
  if (graph === undefined) throw new InputError("the file holds no ONNX graph");
  checkLimits(graph);
  return { model, graph };
}

function checkFunctions({ functions }: ModelProto): void {
  if (functions.length === 0) return;
  const [{ name = "" } = {}] = functions;
  throw new InputError(
    `the file defines operators of its own ("${name}" and ${count(functions.length - 1, "other")}): inline them first`,
  );
}

/** Outputs that nodes give, and those that are stored tensors, which hang on no image. */
function outputsOf({ output, initializer }: GraphProto) {
  const names = new Set(initializer.map(({ name }) => name));
  const isStored = ({ name }: ValueInfoProto) => names.has(name);
  return {
    computed: output.filter((info) => !isStored(info)),
    stored: output.filter(isStored).map(({ name }) => name),
  };
}

function opsetsOf(model: ModelProto, image: ImageInput): Opsets {
  const opsets = new Map<string, number>();
  for (const { domain, version } of model.opsetImport) {
    opsets.set(domain === "ai.onnx" ? "" : domain, lengthOf(version, `the operator set "${domain}"`));
  }
  const opset = opsets.get("");
  if (opset === undefined) {
    const others = [...opsets.keys()].map((domain) => `"${domain}"`).join(", ") || "none";
    throw new InputError(
      `the file uses no operators of ONNX's own (operator sets: ${others}): files with ONNX opset ${OLDEST_OPSET} or later are read`,
    );
  }
  if (opset < OLDEST_OPSET) {
    throw new InputError(`the file is of opset ${opset}: those from ${OLDEST_OPSET} on are read`);
  }
  const needsRuntime = isWhole(image) && opset < OPSET_OF_QUANTISATION;
  if (needsRuntime && !opsets.has(RUNTIME_DOMAIN)) opsets.set(RUNTIME_DOMAIN, 1);
  // Before 4, each weight had to be an input as well.
  return { opsets, irVersion: Math.max(4, lengthOf(model.irVersion, "the IR version")) };
}

function opsetIn({ opsets }: Opsets): number {
  return opsets.get("") ?? 0;
}

function checkSize({ floats }: NormalisedFile, roles: ReadonlyMap<string, Role>): void {
  const total = [...roles.keys()].reduce((sum, name) => sum + elements(floats.get(name)?.shape ?? []), 0);
  if (total > MOST_ELEMENTS)
    throw new InputError(`a model of ${total} parameters is too large: at most ${MOST_ELEMENTS}`);
}

function tensorsOf(
  { floats, integers, hadHalf }: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  shapes: ReadonlyMap<string, Shape>,
): Tensors {
  const scalarOf = (name: string) => {
    const float = roles.has(name) ? undefined : floats.get(name);
    return float !== undefined && elements(float.shape) === 1 ? float.values()[0] : undefined;
  };
  return {
    scalarOf,
    isStored: (name) => floats.has(name) && scalarOf(name) === undefined,
    integersOf: (name) => integers.get(name),
    shapeOf: (name) => floats.get(name)?.shape ?? shapes.get(name),
    isHalf: hadHalf,
  };
}

function unitsOfFile({ nodes, outputs, floats }: NormalisedFile, tensors: Tensors): readonly Unit[] {
  const units = unitsOf(nodes, outputs, tensors);
  return withGroupNormalisations(units, outputs, tensors, (name) => floats.get(name)?.values());
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
      parameters += trainedNumbers(parameter);
    }
    const macs = macsOf(graph, node);
    const output = shapeOf(graph, outputs[0] ?? graph.input);
    return [{ name, operator, output, parameters, macs }];
  });
}

function notesOf(
  file: NormalisedFile,
  graph: Graph,
  weights: WeightSource,
  units: readonly Unit[],
  uncounted: readonly string[],
): readonly string[] {
  const fixedBatch = graph.file?.fixedBatch;
  const has = (test: (node: NodeProto) => boolean) => units.some(({ node }) => test(node));
  const notes: string[] = [];
  if (file.hadHalf) notes.push("float16 is computed in float32");
  if (file.wasQuantised) notes.push("quantised parts are computed in float32, without rounding");
  const isNormalised = has(({ opType }) => opType.endsWith("Normalization") || opType === "LRN");
  const isBiased = has(({ opType, input }) => opType === "Conv" && (input[2] ?? "") !== "");
  if (weights === "random" && isBiased && !isNormalised) {
    notes.push("no normalisation in the file (folded into convolutions?): random weights are scored without one");
  }
  const folded = units.map(nonlinearityInputOf).filter((input) => (graph.shapes.get(input ?? "")?.[0] ?? 1) !== 1);
  if (folded.length > 0) {
    notes.push(`nonlinearities of tensors whose first axis is more than the batch are not counted: ${folded.length}`);
  }
  if (fixedBatch !== undefined) notes.push(`the file works with a batch of 1 alone: ${fixedBatch}`);
  if (uncounted.length > 0) notes.push(`multiply-accumulates of ${uncounted.join(", ")} are not counted`);
  if (graph.outputs.length > 1) notes.push(`${count(graph.outputs.length, "output")}: flow is that of their sum`);
  return notes;
}
