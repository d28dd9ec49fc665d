/**
 * @file Graph to ONNX bytes. The batch is dynamic, height and width where that is asked for. Names say which block and layer a
 * node or tensor belongs to.
 * Schema: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { PRODUCER } from "../base/producer.js";
import {
  type Constant,
  elements,
  type Graph,
  type GraphFile,
  type Node,
  type Parameter,
  type Shape,
  shapeOf,
} from "../graph/graph.js";
import type { AttributeType, AttributeValue } from "../graph/operator.js";
import { rulesOf } from "../graph/rules.js";
import { type ErfConstants, geluWithErf } from "./gelu.js";
import { readsOf } from "./import/file/attributes.js";
import { DRAWN_BY, drawnByOf } from "./import/roles/places.js";
import { inOlderOpset, trainingBatchNormalization } from "./older-opsets.js";
import { swishWithSigmoid } from "./swish.js";

export interface EncodeOptions {
  /** 17, which every reader knows (default), or 20, where Gelu is one operator. A graph that runs nodes of a file keeps the file's. */
  readonly opset?: 17 | 20;
  /** Values to store for a parameter; a parameter without becomes an input of the model, to be fed at each run. */
  readonly values: (parameter: Parameter) => Float32Array | undefined;
  /** Normalise with the statistics of the batch, as in training. */
  readonly training?: boolean;
  /** A batch of this many images alone; absent: any. */
  readonly batch?: number;
  /** Every tensor has the shape that it has in the graph: of gradients, axis 0 is not always the batch. */
  readonly fixedShapes?: boolean;
  /** Images of any height and width. The graph has to allow it: see `checkAnySize`. */
  readonly anySize?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** IR versions that came with the opsets. https://github.com/onnx/onnx/blob/main/docs/Versioning.md */
const IR_VERSION = { 17: 8n, 20: 9n } as const;

/** Writes a graph as an ONNX model. */
export function encode(graph: Graph, options: EncodeOptions): Uint8Array {
  const { opset = 17, values, training = false, metadata = {} } = options;
  const isComputed = ({ lengths }: Constant) => options.anySize === true && lengths !== undefined;
  const stored = new Set(graph.file?.tensors.map(({ name }) => name));
  const constants = [...graph.constants.values()].filter(({ name }) => !stored.has(name));
  const initializers: TensorProto[] = [
    ...(graph.file?.tensors ?? []),
    ...constants.filter((constant) => !isComputed(constant)).map(constantProto),
  ];
  const computed = new Map(constants.filter(isComputed).map((constant) => [constant.name, constant]));
  for (const constant of computed.values()) initializers.push(constantProto(leadingLengths(constant)));
  const inputs: ValueInfoProto[] = [valueInfo(graph.input, axesOf(shapeOf(graph, graph.input), options))];
  for (const parameter of graph.parameters.values()) {
    const data = values(parameter);
    if (data === undefined) inputs.push(valueInfo(parameter.name, parameter.shape));
    else initializers.push(floatProto(parameter.name, parameter.shape, data));
  }
  const isWhole = inputs.length === 1 && graph.file === undefined;
  const erf = geluConstants(graph, opset);
  if (erf !== undefined) for (const tensor of Object.values(erf.tensors)) initializers.push(tensor);
  const opsets = graph.file?.opsets ?? new Map([["", opset]]);
  const model = create(ModelProtoSchema, {
    irVersion: graph.file === undefined ? IR_VERSION[opset] : BigInt(graph.file.irVersion),
    opsetImport: [...opsets].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    producerName: PRODUCER.name,
    producerVersion: PRODUCER.version,
    metadataProps: Object.entries(metadata).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
    graph: create(GraphProtoSchema, {
      name: graph.name,
      node:
        graph.file === undefined
          ? graph.nodes.flatMap((node) => [
              ...node.inputs.flatMap((input) => shapeProtos(take(computed, input))),
              ...nodeProtos(node, opset, training, erf?.names),
            ])
          : fileProtos(graph, graph.file, training),
      initializer: initializers,
      input: inputs,
      output: graph.outputs.map((output) => valueInfo(output, axesOf(shapeOf(graph, output), options, "output_"))),
      metadataProps: isWhole ? [create(StringStringEntryProtoSchema, { key: DRAWN_BY, value: drawnByOf(graph) })] : [],
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

/** The file's own nodes, and those that were added to them, as far as an output hangs on them. */
function fileProtos(graph: Graph, file: GraphFile, training: boolean): NodeProto[] {
  const opset = file.opsets.get("") ?? 17;
  const all = graph.nodes.flatMap((node) => {
    const sources = file.sources.get(node.name);
    const [source] = sources ?? [];
    if (training && node.operator === "BatchNormalization" && source !== undefined) {
      const rank = shapeOf(graph, node.inputs[0] ?? "").length;
      return trainingBatchNormalization(source, opset, rank, node.attributes.epsilon);
    }
    return sources ?? inOlderOpset(graph, node, opset) ?? nodeProtos(node, opset, training, undefined);
  });
  const wanted = new Set(graph.outputs);
  const kept = all.toReversed().filter((node) => {
    if (!node.output.some((name) => wanted.has(name))) return false;
    for (const name of readsOf(node)) wanted.add(name);
    return true;
  });
  return kept.toReversed();
}

function nodeProtos(node: Node, opset: number, training: boolean, erf: ErfConstants | undefined): NodeProto[] {
  if (node.operator === "Gelu" && erf !== undefined) {
    return geluWithErf(node, erf).map((step) => create(NodeProtoSchema, step));
  }
  if (node.operator === "Swish") return swishWithSigmoid(node).map((step) => create(NodeProtoSchema, step));
  const { attributeTypes } = rulesOf<Readonly<Record<string, AttributeValue>>>(node.operator);
  const attributes = Object.entries(node.attributes).map(([name, value]) =>
    attributeProto(name, attributeTypes[name] ?? "int", value),
  );
  const output = [...node.outputs];
  if (node.operator === "BatchNormalization" && training) {
    // Momentum 1 works around a wrong result of ONNX Runtime (microsoft/onnxruntime#29790) and changes nothing else.
    attributes.push(attributeProto("training_mode", "int", 1), attributeProto("momentum", "float", 1));
    output.push(`${node.name}:mean`, `${node.name}:var`);
  }
  if (node.operator === "Split" && opset >= 18 && node.inputs.length === 1) {
    attributes.push(attributeProto("num_outputs", "int", output.length));
  }
  return [
    create(NodeProtoSchema, {
      name: node.name,
      opType: node.operator,
      input: [...node.inputs],
      output,
      attribute: attributes,
    }),
  ];
}

function attributeProto(name: string, type: AttributeType, value: AttributeValue): AttributeProto {
  switch (type) {
    case "int":
      return create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(Number(value)) });
    case "float":
      return create(AttributeProtoSchema, { name, type: AttributeKind.FLOAT, f: Number(value) });
    case "ints":
      return create(AttributeProtoSchema, { name, type: AttributeKind.INTS, ints: [value].flat().map(BigInt) });
    case "string":
      return create(AttributeProtoSchema, { name, type: AttributeKind.STRING, s: asciiBytes(String(value)) });
    case "none":
      throw new Error(`attribute "${name}" is in no file`);
  }
}

function asciiBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Axis 0 of an activation is the batch, axes 2 and 3 of a feature map are height and width. */
function axesOf(shape: Shape, options: EncodeOptions, prefix = "") {
  if (options.fixedShapes === true) return shape;
  const isMap = options.anySize === true && shape.length === 4;
  const names = [options.batch ?? "batch", undefined, ...(isMap ? [`${prefix}height`, `${prefix}width`] : [])];
  return shape.map((n, axis) => names[axis] ?? n);
}

function take<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}

/** The dimensions of a target shape that are the same for any image. */
function leadingLengths({ name, type, values, lengths }: Constant): Constant {
  const leading = values.slice(0, lengths?.axis);
  return { name: `${name}/leading`, type, shape: [leading.length], values: leading };
}

/** What makes a target shape when the model runs: Shape (which takes a first axis since opset 15) and Concat. */
function shapeProtos(constant: Constant | undefined): NodeProto[] {
  if (constant?.lengths === undefined) return [];
  const { name, lengths } = constant;
  return [
    create(NodeProtoSchema, {
      name: `${name}/Shape`,
      opType: "Shape",
      input: [lengths.tensor],
      output: [`${name}/lengths`],
      attribute: [attributeProto("start", "int", lengths.axis)],
    }),
    create(NodeProtoSchema, {
      name: `${name}/Concat`,
      opType: "Concat",
      input: [`${name}/leading`, `${name}/lengths`],
      output: [name],
      attribute: [attributeProto("axis", "int", 0)],
    }),
  ];
}

function valueInfo(name: string, shape: readonly (number | string)[]): ValueInfoProto {
  const dim = shape.map((n) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof n === "string" ? { case: "dimParam", value: n } : { case: "dimValue", value: BigInt(n) },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: DataType.FLOAT,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}

/** Little-endian, as the format wants it, on every machine that JavaScript's typed arrays are seen on. */
function floatProto(name: string, shape: Shape, data: Float32Array): TensorProto {
  if (data.length !== elements(shape)) {
    throw new Error(`parameter "${name}" of ${elements(shape)} elements was given ${data.length} values`);
  }
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: DataType.FLOAT,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function constantProto({ name, type, shape, values }: Constant): TensorProto {
  if (type === "float32") return floatProto(name, shape, Float32Array.from(values));
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: DataType.INT64,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
}

/** The constants of Gelu's Erf form, where the opset has no Gelu and the graph has one. */
function geluConstants(graph: Graph, opset: 17 | 20) {
  if (opset >= 20 || graph.file !== undefined || !graph.nodes.some((node) => node.operator === "Gelu"))
    return undefined;
  const names: ErfConstants = { sqrt2: "gelu/sqrt2", one: "gelu/one", half: "gelu/half" };
  const scalar = (name: string, value: number) => floatProto(name, [], Float32Array.of(value));
  return {
    names,
    tensors: {
      sqrt2: scalar(names.sqrt2, Math.SQRT2),
      one: scalar(names.one, 1),
      half: scalar(names.half, 0.5),
    },
  };
}
