/**
 * @file A latency profile: what one machine takes for the work of blocks, as measured once, so that a search can predict without
 * measuring. It is plain JSON, says of which machine it is, and can be carried to another one.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";

const time = z.number().nonnegative();

const machineSchema = z.strictObject({
  /** As the processor calls itself. */
  cpu: z.string().min(1),
  cores: z.number().int().positive(),
  system: z.string(),
  /** Name and version of what runs networks. */
  runtime: z.string().min(1),
});

const kindSchema = z.strictObject({
  /** Different blocks that were measured. */
  blocks: z.number().int().nonnegative(),
  /** Median of |predicted - measured| / measured over those blocks. */
  medianError: z.number().nonnegative(),
  /** Milliseconds of a unit of each class of work. */
  weights: z.record(z.string(), time),
});

const checkSchema = z.strictObject({
  /** Networks that the fit had not seen. */
  networks: z.number().int().nonnegative(),
  spearman: z.number(),
  medianError: z.number().nonnegative(),
});

export const latencyProfileSchema = z.strictObject({
  format: z.literal("esnas-latency-profile"),
  version: z.literal(1),
  machine: machineSchema,
  threads: z.number().int().positive(),
  batch: z.number().int().positive(),
  measured: z.strictObject({
    networks: z.number().int().positive(),
    runs: z.number().int().positive(),
    seed: z.number().int().nonnegative(),
  }),
  /** Channels that the runtime lays out together. */
  channelGroup: z.number().int().positive(),
  /** A network takes `fixed` and the sum of its blocks times `factor`, in milliseconds. */
  network: z.strictObject({ fixed: time, factor: time }),
  /** By kind of block. */
  kinds: z.record(z.string(), kindSchema),
  /** Milliseconds of blocks of kinds that have too few for weights, by spec and input. */
  blocks: z.record(z.string(), time),
  check: checkSchema,
});

/** What `esnas latency --calibrate` has measured of a machine. */
export interface LatencyProfile {
  /** Says that a file is one. */
  readonly format: "esnas-latency-profile";
  /** Of the form. */
  readonly version: 1;
  /** Which machine was measured. */
  readonly machine: {
    /** As the processor calls itself. */
    readonly cpu: string;
    /** Logical cores. */
    readonly cores: number;
    /** Operating system and architecture. */
    readonly system: string;
    /** Name and version of what runs networks. */
    readonly runtime: string;
  };
  /** Threads that a network ran on. */
  readonly threads: number;
  /** Images at once. */
  readonly batch: number;
  /** What was measured: networks, runs of each, and the seed that drew them. */
  readonly measured: { readonly networks: number; readonly runs: number; readonly seed: number };
  /** Channels that the runtime lays out together. */
  readonly channelGroup: number;
  /** A network takes `fixed` and the sum of its blocks times `factor`, in milliseconds. */
  readonly network: { readonly fixed: number; readonly factor: number };
  /** By kind of block. */
  readonly kinds: Readonly<
    Record<
      string,
      {
        /** Different blocks that were measured. */
        readonly blocks: number;
        /** Median of |predicted - measured| / measured over those blocks. */
        readonly medianError: number;
        /** Milliseconds of a unit of each class of work. */
        readonly weights: Readonly<Record<string, number>>;
      }
    >
  >;
  /** Milliseconds of blocks of kinds that have too few for weights, by spec and input. */
  readonly blocks: Readonly<Record<string, number>>;
  /** How well it predicts networks that its fit had not seen. */
  readonly check: {
    /** How many there were. */
    readonly networks: number;
    /** Rank correlation of predicted and measured times. */
    readonly spearman: number;
    /** Median of |predicted - measured| / measured. */
    readonly medianError: number;
  };
}

/** What predictions are made of. */
export type LatencyFit = Pick<LatencyProfile, "channelGroup" | "network" | "kinds" | "blocks">;
export type MachineDescription = LatencyProfile["machine"];
export type LatencyCheck = LatencyProfile["check"];

/**
 * The profile in a JSON value.
 * @throws {@link InputError} where it is none.
 */
export function readLatencyProfile(value: unknown): LatencyProfile {
  const { success, data, error } = latencyProfileSchema.safeParse(value);
  if (success) return data;
  throw new InputError(`not a latency profile as esnas latency --calibrate writes it: ${firstIssue(error, value)}`);
}

/** SHA-256 of what a profile says, whatever the order of its keys and the spaces in its file. */
export function checksumOf(profile: LatencyProfile): string {
  return bytesToHex(sha256(utf8ToBytes(sortedJson(profile))));
}

/** JSON that does not depend on the order in which keys were set. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
