/** @file What a file that anyone may have written can take of the machine before its process is ended. docs/import.md names them. */

import { totalmem } from "node:os";
import { constrainedMemory } from "node:process";
import { InputError } from "@esnas/core/internal";

export interface Limits {
  /** Bytes of memory. */
  readonly memory: number;
  /** Seconds of each run of the network, and of each other step. */
  readonly seconds: number;
}

/** Share of the machine's memory. */
const SHARE_OF_MEMORY = 0.75;
const SECONDS = 300;
const MIB = 2 ** 20;

/**
 * The limits, as environment variables change them.
 * @throws {InputError} where one is no positive number.
 */
export function fileLimits(): Limits {
  return {
    memory: MIB * (positive("ESNAS_MAX_MEMORY", "MiB") ?? Math.floor((SHARE_OF_MEMORY * availableMemory()) / MIB)),
    seconds: positive("ESNAS_MAX_SECONDS", "seconds") ?? SECONDS,
  };
}

function positive(name: string, unit: string): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new InputError(`${name} takes a positive number of ${unit}, was given "${text}"`);
}

/** Bytes of the machine, or of the container that this process is kept in. */
function availableMemory(): number {
  const constrained = constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
