/** @file Files that the user names, read whole: regular files of a size that is known to be enough. Nothing else is opened. */

import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { InputError } from "@esnas/core/internal";
import { onPath } from "./files.js";

/** Bytes of a file that says it has none, as those of /proc do. */
const UNSAID = 2 ** 22;

/** Bytes that are asked for at once: the system gives less than 2 GiB. */
const AT_ONCE = 2 ** 30;

/**
 * Refuses what would be waited for, as a pipe, or has no end, as a device.
 * @throws {InputError} where there is no regular file.
 */
export function checkedFile(path: string): Stats {
  const stats = onPath("read", path, () => statSync(path));
  if (stats.isFile()) return stats;
  throw new InputError(`cannot read "${path}": ${stats.isDirectory() ? "it is a folder" : "it is no file"}`);
}

/**
 * The bytes of a file.
 * @param most How many it may have.
 * @param tooLarge What is said of one that has more: `is no genotype: it has more than 4 MiB`.
 * @throws {InputError} where there is no regular file, it cannot be read, or has more.
 */
export function readInput(path: string, most: number, tooLarge: string): Buffer {
  checkedFile(path);
  return onPath("read", path, () => {
    const { O_RDONLY, O_NONBLOCK = 0 } = constants;
    const descriptor = openSync(path, O_RDONLY | O_NONBLOCK);
    try {
      const { size } = fstatSync(descriptor);
      const limit = size === 0 ? Math.min(most, UNSAID) : most;
      const bytes = size > limit ? undefined : readUpTo(descriptor, size === 0 ? limit + 1 : size);
      if (bytes === undefined || bytes.length > limit) throw new InputError(`"${path}" ${tooLarge}`);
      return bytes;
    } finally {
      closeSync(descriptor);
    }
  });
}

function readUpTo(descriptor: number, most: number): Buffer {
  const buffer = Buffer.allocUnsafe(most);
  let length = 0;
  for (let read = 1; read > 0 && length < most; length += read) {
    read = readSync(descriptor, buffer, length, Math.min(AT_ONCE, most - length), null);
  }
  return buffer.subarray(0, length);
}

/**
 * The text of a file, as `readInput` reads it.
 * @throws {InputError} as `readInput`.
 */
export function readInputText(path: string, most: number, tooLarge: string): string {
  // Editors of Windows begin with a mark that JSON does not know.
  return readInput(path, most, tooLarge)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}
