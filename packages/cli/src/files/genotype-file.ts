/** @file Genotypes in files of the user's, and the networks that they are of. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, architectureCosts, big, EsnasError, InputError, readGenotype } from "@esnas/core/internal";
import { onPath } from "./files.js";
import { readInputText } from "./input-file.js";

/** Bytes of a genotype's file: they are a few kB, and what is larger is something else. */
export const LARGEST_GENOTYPE = 4 * 2 ** 20;

/** What a file of ONNX, which is protobuf, can hold in float32. */
const MOST_PARAMETERS = 2 ** 29;

export const ARCHITECTURE_FILE = "architecture.json";

export type ReadGenotype = ReturnType<typeof readGenotype> & { readonly architecture: Architecture };

/**
 * Reads a genotype, and builds it, from a file or from the folder of a run.
 * @throws {InputError} where it cannot be read, is no genotype, or is of a model that no file could hold.
 */
export function readGenotypeFile(path: string): ReadGenotype {
  const isFolder = onPath("read", path, () => statSync(path).isDirectory());
  const file = isFolder ? join(path, ARCHITECTURE_FILE) : path;
  if (isFolder && !existsSync(file)) {
    throw new InputError(`cannot read "${file}": there is no such file or folder; a run has it when it has ended`);
  }
  return genotypeIn(readInputText(file, LARGEST_GENOTYPE, "is no genotype: it has more than 4 MiB"), file);
}

/**
 * Reads a genotype from the text of a file, and builds it.
 * @throws {InputError} where it is no genotype, or is of a model that no file could hold.
 */
export function genotypeIn(text: string, file: string): ReadGenotype {
  try {
    const read = readGenotype(JSON.parse(text));
    const architecture = read.space.build(read.genotype);
    const { parameters } = architectureCosts(architecture);
    if (parameters > MOST_PARAMETERS) {
      throw new InputError(`a model of ${big(parameters)} parameters is too large: at most ${big(MOST_PARAMETERS)}`);
    }
    return { ...read, architecture };
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`"${file}" is not JSON: ${error.message}`);
    if (error instanceof EsnasError) throw new InputError(`"${file}": ${error.message}`);
    throw error;
  }
}
