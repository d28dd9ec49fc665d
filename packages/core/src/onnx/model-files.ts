/** @file A network as files with weights: ONNX and safetensors, with what they say of where they come from. */

import type { Graph, Parameter } from "../graph/graph.js";
import { parameterValues } from "../runtime/weights.js";
import { type EncodeOptions, encode } from "./encode.js";
import { encodeSafetensors } from "./formats/safetensors.js";

/** Values of a network's parameters, and where they come from. */
export interface Weights {
  readonly values: (parameter: Parameter) => Float32Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights drawn as at initialisation; the same for the same seed, whatever the machine. */
export function randomWeights(seed: number): Weights {
  return { values: (parameter) => parameterValues(seed, parameter), metadata: { seed: String(seed) } };
}

/** What the files of a network say of it beside its weights. */
export interface Origin {
  /** JSON value of the genotype, or of what else identifies the network. */
  readonly genotype: unknown;
  /** Of the program that writes the files. */
  readonly version: string;
}

function metadataOf({ genotype, version }: Origin, weights: Weights): Readonly<Record<string, string>> {
  return { genotype: JSON.stringify(genotype), version, ...weights.metadata };
}

/** The ONNX file of a network, in inference mode. */
export function onnxModel(
  graph: Graph,
  weights: Weights,
  origin: Origin,
  axes: Pick<EncodeOptions, "batch" | "anySize"> = {},
): Uint8Array {
  return encode(graph, { ...axes, values: weights.values, metadata: metadataOf(origin, weights) });
}

/** The weights of a network by the names that PyTorch's `state_dict` and the ONNX file have. */
export function safetensorsFile(graph: Graph, weights: Weights, origin: Origin): Uint8Array {
  const tensors = [...graph.parameters.values()].map(
    (parameter) => [parameter.name, { shape: parameter.shape, data: weights.values(parameter) }] as const,
  );
  return encodeSafetensors(new Map(tensors), metadataOf(origin, weights));
}
