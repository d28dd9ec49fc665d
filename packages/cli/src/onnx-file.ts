/** @file ONNX files as commands take them: read with the weights that lie beside them, and no others. */

import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import {
  EsnasError,
  type ExternalData,
  type ImportedModel,
  InputError,
  importOnnx,
  type WeightSource,
  weightSources,
} from "@esnas/core";
import { Option } from "commander";
import { onPath } from "./files.js";
import { isGuarded, tellThatItRuns } from "./guarded.js";
import { nodeRuntime } from "./node-runtime.js";
import { oneOf, whole } from "./options.js";

/** Bytes of a protocol buffer, at most. */
const LARGEST_FILE = 2 ** 31 - 1;

/** Flags of commands that take a file. */
export interface OnnxFlags {
  readonly weights?: WeightSource;
  readonly size?: number;
}

export const weightsOption = () =>
  new Option("--weights <source>", "of an ONNX file: random, drawn by the seed (default), or file").argParser(
    oneOf("source of weights", weightSources),
  );

export const sizeOption = () =>
  new Option("--size <n>", "of an ONNX file: pixels a side (default: its own, or 224)").argParser(
    whole("--size", 1, 4096),
  );

export function isOnnxFile(path: string | undefined): path is string {
  return path !== undefined && /\.onnx$/i.test(path);
}

/** @throws {InputError} where flags for ONNX files are given with something else. */
export function refuseOnnxFlags(flags: OnnxFlags): void {
  if (flags.weights !== undefined) throw new InputError("--weights is for ONNX files");
  if (flags.size !== undefined) throw new InputError("--size is for ONNX files");
}

/**
 * Reads an ONNX file.
 * @throws {InputError} where it cannot be read or run.
 */
export async function readOnnxFile(path: string, { weights, size }: OnnxFlags): Promise<ImportedModel> {
  const bytes = onPath("read", path, () => {
    const file = statSync(path);
    if (!file.isFile()) throw new InputError(`cannot read "${path}": it is no file`);
    if (file.size > LARGEST_FILE) {
      throw new InputError(
        `"${path}" has more than 2 GiB, which no ONNX file can have: save its weights as external data`,
      );
    }
    return readFileSync(path);
  });
  try {
    const model = await importOnnx(bytes, {
      runtime: await nodeRuntime(),
      external: besides(path),
      name: basename(path),
      ...(weights && { weights }),
      ...(size !== undefined && { size }),
    });
    if (isGuarded()) tellThatItRuns();
    return model;
  } catch (error) {
    if (error instanceof EsnasError) throw new InputError(`"${path}": ${error.message}`, { cause: error });
    throw error;
  }
}

/** Reads parts of files in the folder of a model, links that lead out of it not among them. */
function besides(path: string): ExternalData {
  return (location, offset, length) => {
    const folder = realpathSync(dirname(path));
    const place = join(folder, location);
    const file = onPath("read", place, () => realpathSync(place));
    if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      throw new InputError(`"${location}" leads out of the model's folder`);
    }
    return onPath("read", place, () => readPart(file, offset, length));
  };
}

function readPart(file: string, offset: number, length: number): Uint8Array {
  const { size } = statSync(file);
  if (!statSync(file).isFile() || offset + length > size) {
    throw new InputError(`"${file}" has ${size} bytes, and ${length} are needed from ${offset} on`);
  }
  const descriptor = openSync(file, "r");
  try {
    const buffer = new Uint8Array(length);
    for (let at = 0, read = 1; at < length && read > 0; at += read) {
      read = readSync(descriptor, buffer, at, length - at, offset + at);
    }
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}
