/**
 * @file A plugin's file, and the digest that identifies it: of its own text and of the files that it imports by relative paths.
 * Packages that it imports are not part of it.
 */

import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import { InputError, oneLine } from "@esnas/core/internal";
import { init, parse } from "es-module-lexer";
import { readInput } from "../files/input-file.js";

export interface PluginFile {
  /** As it was named. */
  readonly file: string;
  readonly path: string;
  /** Without folders. */
  readonly name: string;
  /** SHA-256, the first 16 digits. */
  readonly digest: string;
}

const DIGITS = 16;
/** Bytes of each file. */
const LARGEST = 2 ** 24;
/** Of files of ECMAScript modules, whose imports are followed. */
const MODULE = /\.m?js$/;

/**
 * Reads a plugin without running it.
 * @throws {InputError} where it, or a file that it imports by a relative path, cannot be read.
 */
export async function readPlugin(file: string): Promise<PluginFile> {
  if (!MODULE.test(file)) {
    throw new InputError(`plugin "${file}" is no JavaScript module: write it as .mjs or .js; compile TypeScript first`);
  }
  await init;
  const hash = createHash("sha256");
  const path = resolve(file);
  hashModule(hash, path, new Set());
  return { file, path, name: basename(file), digest: hash.digest("hex").slice(0, DIGITS) };
}

/** Each file once, after its importer, under the words of the import: folders around a plugin do not count. */
function hashModule(hash: ReturnType<typeof createHash>, path: string, seen: Set<string>): void {
  seen.add(path);
  const text = readInput(path, LARGEST, "is no plugin: it has more than 16 MiB");
  hash.update(`${text.length}\n`).update(text);
  for (const specifier of MODULE.test(path) ? relativeImports(path, text.toString("utf8")) : []) {
    const imported = resolve(dirname(path), specifier);
    hash.update(`${specifier}\n`);
    if (!seen.has(imported)) hashModule(hash, imported, seen);
  }
}

function relativeImports(path: string, text: string): string[] {
  try {
    const [imports] = parse(text, path);
    return imports.flatMap(({ n }) => (n !== undefined && /^\.{1,2}\//.test(n) ? [n] : []));
  } catch (error) {
    const [words = ""] = (error as Error).message.split("\n");
    throw new InputError(`plugin "${path}" is not JavaScript: ${oneLine(words)}`);
  }
}
