/** @file ONNX files as commands take them: read with the weights that lie beside them, and no others. */

import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import {
  EsnasError,
  type ExternalData,
  type ImageInput,
  type ImageSize,
  type ImportedModel,
  InputError,
  importOnnx,
  onnxImageInput,
  type WeightSource,
} from "@esnas/core/internal";
import { doing } from "../process/watched.js";
import { nodeRuntime } from "../runtime/node-runtime.js";
import { onPath } from "./files.js";
import { checkedFile, readInput } from "./input-file.js";

/** Bytes of a protocol buffer, at most. */
const LARGEST_FILE = 2 ** 31 - 1;

/** What may be said of how a file is run. */
export interface OnnxSettings {
  readonly weights?: WeightSource;
  readonly size?: ImageSize;
}

export function isOnnxFile(path: string | undefined): path is string {
  if (path === undefined || !/\.onnx$/i.test(path)) return false;
  return !(existsSync(path) && statSync(path).isDirectory());
}

/**
 * Reads an ONNX file.
 * @throws {InputError} where it cannot be read or run.
 */
export async function readOnnxFile(path: string, { weights, size }: OnnxSettings): Promise<ImportedModel> {
  const bytes = bytesOf(path);
  doing("reading it");
  return withPath(path, async () =>
    importOnnx(bytes, {
      runtime: await nodeRuntime(),
      external: besides(path),
      name: basename(path),
      ...(weights && { weights }),
      ...(size && { size }),
    }),
  );
}

/**
 * The image that an ONNX file takes.
 * @throws {InputError} where it cannot be read, or takes none.
 */
export function imageInputOfFile(path: string): Promise<ImageInput> {
  return withPath(path, async () => onnxImageInput(bytesOf(path)));
}

function bytesOf(path: string): Uint8Array {
  const tooLarge = "has more than 2 GiB, which no ONNX file can have: save its weights as external data";
  return readInput(path, LARGEST_FILE, tooLarge);
}

/** Names the file in what is wrong with it. */
async function withPath<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
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
  const { size } = checkedFile(file);
  if (offset + length > size) {
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
