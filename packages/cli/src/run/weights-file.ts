/** @file Weights that a file of safetensors has for a network. */

import { basename } from "node:path";
import { decodeSafetensors, EsnasError, type Graph, InputError, valuesFor, type Weights } from "@esnas/core/internal";
import { readInput } from "../files/input-file.js";

/** What a file of ONNX, which is protobuf, can hold, in bytes. */
const LARGEST_WEIGHTS = 2 ** 31;

/**
 * The weights in a file of safetensors.
 * @throws {InputError} where it cannot be read, or is not of this network.
 */
export function weightsIn(path: string, graph: Graph): Weights {
  const bytes = readInput(path, LARGEST_WEIGHTS, "is larger than the 2 GiB that ONNX can hold");
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
