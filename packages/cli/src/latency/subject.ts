/** @file What is measured: a genotype's network, a published model, or the file of anybody's model. */

import { type Architecture, encode, graphOf, type ImageSize, modelNamed, parameterValues, resized } from "@esnas/core";
import { readGenotypeFile } from "../files/genotype-file.js";
import { checkedFile } from "../files/input-file.js";
import { isOnnxFile } from "../files/onnx-file.js";
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
 * @throws {InputError} where there is none.
 */
export function subjectOfPath(path: string, size: ImageSize | undefined): Subject {
  if (isOnnxFile(path)) {
    checkedFile(path);
    return { name: path, model: path };
  }
  return subjectOf(path, readGenotypeFile(path).architecture, size);
}

/**
 * The network of a published model.
 * @throws {InputError} where there is none of the name.
 */
export function subjectOfModel(name: string, size: ImageSize | undefined): Subject {
  const model = modelNamed(name);
  return subjectOf(model.name, model.build(), size);
}

function subjectOf(name: string, built: Architecture, size: ImageSize | undefined): Subject {
  const architecture = size === undefined ? built : resized(built, { resolution: size });
  return { name, model: modelOfArchitecture(architecture), architecture };
}
