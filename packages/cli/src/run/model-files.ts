/** @file A network as files with weights: ONNX and safetensors, with what they say of where they come from. */

import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import {
  decodeSafetensors,
  type EncodeOptions,
  EsnasError,
  encode,
  encodeSafetensors,
  type Graph,
  InputError,
  type Parameter,
  parameterValues,
  valuesFor,
} from "@esnas/core";
import { onPath } from "../files.js";
import { version } from "../version.js";

/** What a file of ONNX, which is protobuf, can hold, in bytes. */
const LARGEST_WEIGHTS = 2 ** 31;

/** Values of a network's parameters, and where they come from. */
export interface Weights {
  readonly values: (parameter: Parameter) => Float32Array;
  readonly metadata: Readonly<Record<string, string>>;
}

export function randomWeights(seed: number): Weights {
  return { values: (parameter) => parameterValues(seed, parameter), metadata: { seed: String(seed) } };
}

/**
 * The weights in a file of safetensors.
 * @throws {InputError} where it cannot be read, or is not of this network.
 */
export function weightsIn(path: string, graph: Graph): Weights {
  const bytes = onPath("read", path, () => {
    const stats = statSync(path);
    if (!stats.isFile()) throw new InputError(`cannot read "${path}": it is no file`);
    if (stats.size > LARGEST_WEIGHTS) throw new InputError(`"${path}" is larger than the 2 GiB that ONNX can hold`);
    return readFileSync(path);
  });
  try {
    return {
      values: valuesFor(graph.parameters, decodeSafetensors(bytes)),
      metadata: { weights: basename(path) },
    };
  } catch (error) {
    if (error instanceof EsnasError) throw new InputError(`"${path}": ${error.message}`);
    throw error;
  }
}

/** Metadata that every file of a network has, those of its weights included. */
function metadataOf(genotype: unknown, weights: Weights): Readonly<Record<string, string>> {
  return { genotype: JSON.stringify(genotype), version, ...weights.metadata };
}

/** The ONNX file of a network, in inference mode. */
export function onnxModel(
  graph: Graph,
  weights: Weights,
  genotype: unknown,
  axes: Pick<EncodeOptions, "batch" | "anySize"> = {},
): Uint8Array {
  return encode(graph, { ...axes, values: weights.values, metadata: metadataOf(genotype, weights) });
}

/** The weights of a network by the names that PyTorch's `state_dict` and the ONNX file have. */
export function safetensorsFile(graph: Graph, weights: Weights, genotype: unknown): Uint8Array {
  const tensors = [...graph.parameters.values()].map(
    (parameter) => [parameter.name, { shape: parameter.shape, data: weights.values(parameter) }] as const,
  );
  return encodeSafetensors(new Map(tensors), metadataOf(genotype, weights));
}
