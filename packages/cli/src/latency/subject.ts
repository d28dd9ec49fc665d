/** @file What is measured: a genotype's network, a published model, or the file of anybody's model. */

import { type Architecture, encode, graphOf, parameterValues } from "@esnas/core/internal";
import { checkedFile } from "../files/input-file.js";
import { isOnnxFile } from "../files/onnx-file.js";
import { genotypeNetwork, type Network, publishedNetwork } from "../flags/network.js";
import type { TaskFlags } from "../flags/task.js";
import type { ModelSource } from "./timed-network.js";

export interface Subject {
  readonly name: string;
  readonly model: ModelSource;
  /** Absent for a file of ONNX. */
  readonly architecture?: Architecture;
}

/** Weights do not matter to the time as long as no number overflows or is too small to be normal. */
export function modelOfArchitecture(architecture: Architecture): Uint8Array {
  return encode(graphOf(architecture), { values: (parameter) => parameterValues(0, parameter) });
}

/**
 * The network of a path: a genotype, the folder of a run, or a file that ends in `.onnx`.
 * @param task Of a genotype; a file has its own.
 * @throws {InputError} where there is none.
 */
export function subjectOfPath(path: string, task: TaskFlags): Subject {
  if (isOnnxFile(path)) {
    checkedFile(path);
    return { name: path, model: path };
  }
  return subjectOf(path, genotypeNetwork(path, task));
}

/**
 * The network of a published model.
 * @throws {InputError} where there is none of the name.
 */
export function subjectOfModel(name: string, task: TaskFlags): Subject {
  return subjectOf(name, publishedNetwork(name, task));
}

function subjectOf(name: string, { architecture }: Network): Subject {
  return { name, model: modelOfArchitecture(architecture), architecture };
}
