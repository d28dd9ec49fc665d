/**
 * @file Operators that ONNX Runtime fuses when it saves an optimised file, taken apart again: a layer, and what bends, adds or
 * normalises behind it, so that metrics see the tensor between.
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from "onnx-buf";
import { changed, floatOf, textOf } from "../file/attributes.js";
import type { StoredFloats } from "../file/stored.js";
import type { NormalisedFile } from "./normalise.js";

/** Attributes that say what is fused. */
const ofActivation = new Set([
  "activation",
  "activation_params",
  "activation_alpha",
  "activation_beta",
  "activation_gamma",
]);

/** Activations by their one or two numbers, as they are in order. */
const numbersOf: Readonly<Record<string, readonly string[]>> = {
  Clip: ["min", "max"],
  Elu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
  LeakyRelu: ["alpha"],
  ThresholdedRelu: ["alpha"],
};

/** The file with its fused nodes as the nodes that they were fused from. */
export function unfused(file: NormalisedFile, opset: number): NormalisedFile {
  if (!file.nodes.some((node) => stepsOf(node, opset) !== undefined)) return file;
  const floats = new Map(file.floats);
  const nodes = file.nodes.flatMap((node) => {
    const steps = stepsOf(node, opset);
    if (steps === undefined) return [node];
    for (const [name, value] of steps.numbers) floats.set(name, { shape: [], values: () => Float32Array.of(value) });
    return steps.nodes;
  });
  return { ...file, nodes, floats: floats as ReadonlyMap<string, StoredFloats> };
}

interface Steps {
  readonly nodes: readonly NodeProto[];
  /** Constants of one element that the nodes read. */
  readonly numbers: ReadonlyMap<string, number>;
}

function stepsOf(node: NodeProto, opset: number): Steps | undefined {
  const activation = textOf(node, "activation", "");
  if (activation !== "") return withoutActivation(node, activation, opset);
  if (node.domain !== "com.microsoft") return undefined;
  switch (node.opType) {
    case "FusedConv":
    case "FusedGemm":
      return withoutActivation(node, "", opset);
    case "BiasGelu":
    case "FastGelu":
      return withoutBias(node);
    case "SkipLayerNormalization":
    case "SkipSimplifiedLayerNormalization":
      return withoutSkip(node);
    default:
      return undefined;
  }
}

function step(
  node: NodeProto,
  opType: string,
  input: readonly string[],
  output: string,
  attribute: AttributeProto[] = [],
) {
  return create(NodeProtoSchema, {
    name: `${node.name || node.output[0]}/${opType}`,
    opType,
    input: [...input],
    output: [output],
    attribute,
  });
}

/** FusedConv, whose fourth input is added before the activation, FusedGemm, FusedMatMulActivation, and Conv of blocks of channels. */
function withoutActivation(node: NodeProto, activation: string, opset: number): Steps {
  const [output = ""] = node.output;
  const kept = node.attribute.filter(({ name }) => !ofActivation.has(name));
  const isOnnx = node.opType === "FusedConv" || node.opType === "FusedGemm";
  const isAdded = node.opType === "FusedConv" || node.domain === "com.microsoft.nchwc";
  const added = isAdded ? (node.input[3] ?? "") : "";
  const given = activation === "" && added === "" ? output : `${output}|before`;
  const layer = changed(node, {
    name: node.name || output,
    opType: node.opType.replace(/^Fused/, isOnnx ? "" : "Fused").replace(/Activation$/, ""),
    domain: isOnnx ? "" : node.domain,
    attribute: kept,
    input: added === "" ? node.input : node.input.slice(0, node.input[2] ? 3 : 2),
    output: [given],
  });
  const nodes = [layer];
  const sum = activation === "" ? output : `${output}|sum`;
  if (added !== "") nodes.push(step(node, "Add", [given, added], sum));
  const numbers = new Map<string, number>();
  if (activation !== "") {
    const names = numbersOf[activation] ?? [];
    const values = activationNumbers(node, names);
    const isOfInputs = activation === "Clip" && opset >= 11;
    for (const [i, value] of isOfInputs ? values.entries() : []) numbers.set(`${output}|${names[i]}`, value);
    const attributes = isOfInputs
      ? []
      : values.map((f, i) => create(AttributeProtoSchema, { name: names[i] ?? "", type: AttributeKind.FLOAT, f }));
    nodes.push(step(node, activation, [added === "" ? given : sum, ...numbers.keys()], output, attributes));
  }
  return { nodes, numbers };
}

/** In a list, or one by one. */
function activationNumbers(node: NodeProto, names: readonly string[]): readonly number[] {
  const list = node.attribute.find(({ name }) => name === "activation_params")?.floats;
  if (list !== undefined && list.length >= names.length) return list.slice(0, names.length);
  const single = ["activation_alpha", "activation_beta"];
  return names.flatMap((_, i) => {
    const value = floatOf(node, single[i] ?? "", Number.NaN);
    return Number.isNaN(value) ? [] : [value];
  });
}

/** A bias of the layer before. */
function withoutBias(node: NodeProto): Steps | undefined {
  const [x = "", bias = ""] = node.input;
  if (bias === "") return undefined;
  const sum = `${node.output[0]}|sum`;
  const opType = node.opType === "BiasGelu" ? "Gelu" : node.opType;
  return { nodes: [step(node, "Add", [x, bias], sum), changed(node, { opType, input: [sum] })], numbers: new Map() };
}

/** A sum, which is the fourth output where something reads it, and its normalisation. */
function withoutSkip(node: NodeProto): Steps | undefined {
  const isSimple = node.opType === "SkipSimplifiedLayerNormalization";
  const [x = "", skip = "", scale = "", ...others] = node.input;
  const [bias = "", added = ""] = isSimple ? ["", others[0] ?? ""] : others;
  const [output = "", mean = "", deviation = "", sum = `${output}|sum`] = node.output;
  if (mean !== "" || deviation !== "") return undefined;
  const first = `${output}|skip`;
  const nodes = [step(node, "Add", [x, skip], added === "" ? sum : first)];
  if (added !== "") nodes.push(step(node, "Add", [first, added], sum));
  const opType = isSimple ? "SimplifiedLayerNormalization" : "LayerNormalization";
  const attributes = node.attribute.filter(({ name }) => name === "epsilon");
  const axis = create(AttributeProtoSchema, { name: "axis", type: AttributeKind.INT, i: -1n });
  const epsilon = create(AttributeProtoSchema, { name: "epsilon", type: AttributeKind.FLOAT, f: 1e-12 });
  nodes.push(
    step(node, opType, [sum, scale, ...(bias === "" ? [] : [bias])], output, [
      axis,
      ...(attributes.length > 0 ? attributes : [epsilon]),
    ]),
  );
  return { nodes, numbers: new Map() };
}
