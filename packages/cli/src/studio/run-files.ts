/**
 * @file Files in the folder of a run as the studio reads them: those that lie in it. A link may lead anywhere, so none is followed, in
 * the path of the folder or at its end, whenever it is put there; nor is anything read that is no regular file, where a pipe would wait.
 */

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
} from "node:fs";
import { join } from "node:path";
import { InputError } from "@esnas/core/internal";
import { onPath } from "../files/files.js";

/** Whether a run's folder, given by its real path, has a file of a name. */
export function hasOwnFile(folder: string, name: string): boolean {
  try {
    ownFile(join(folder, name));
    return true;
  } catch {
    return false;
  }
}

/**
 * Does something with a file that only its path can be given for.
 * @throws {InputError} where the file is not the folder's own, or was put in its place meanwhile.
 */
export function withOwnFile<T>(folder: string, name: string, action: () => T): T {
  const path = join(folder, name);
  const before = ownFile(path);
  const result = action();
  if (!isSame(before, ownFile(path))) throw new InputError(`"${path}" was replaced while it was read`);
  return result;
}

/**
 * Text of a file.
 * @param most Bytes that it may have.
 * @throws {InputError} where the file is not the folder's own, larger, or cannot be read.
 */
export function ownText(folder: string, name: string, most: number): string {
  const path = join(folder, name);
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const descriptor = onPath("read", path, () => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  try {
    // What was opened is what lies there without a link, whichever was first.
    const opened = fstatSync(descriptor, { bigint: true });
    if (!isSame(ownFile(path), opened)) throw new InputError(`"${path}" was replaced while it was read`);
    if (opened.size > most) throw new InputError(`"${path}" has more than ${most} bytes`);
    return onPath("read", path, () => readFileSync(descriptor, "utf8"));
  } finally {
    closeSync(descriptor);
  }
}

/** @throws {InputError} where there is no regular file, or a link on the way to it. */
function ownFile(path: string): BigIntStats {
  return onPath("read", path, () => {
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isFile() || realpathSync(path) !== path) {
      throw new InputError(`"${path}" is not a file in the folder of the run; the studio follows no links`);
    }
    return stats;
  });
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
