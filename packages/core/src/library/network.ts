/** @file A network in any of the forms that the library's calls take, and what is told and written of it. */

import { z } from "zod";
import { type Architecture, architectureCosts, graphOf } from "../architecture/architecture.js";
import { describeStages, type StageDescription } from "../architecture/describe.js";
import { checkAnySize } from "../architecture/input-size.js";
import { InputError } from "../base/errors.js";
import { PRODUCER } from "../base/producer.js";
import type { Costs } from "../graph/cost.js";
import type { Shape } from "../graph/graph.js";
import { modelNamed } from "../models/registry.js";
import { importOnnx, type Layer } from "../onnx/import/import.js";
import { onnxModel, randomWeights } from "../onnx/model-files.js";
import type { Runtime } from "../runtime/session.js";
import { readGenotype } from "../spaces/registry.js";
import { checked, runtimeFor, runtimeSchema, seedSchema } from "./arguments.js";

/**
 * A network: the name of a published model (`mobilenetv2_100`), the JSON value of a genotype (`architecture.json` of a run), an
 * architecture, or the bytes of an ONNX file.
 */
export type NetworkLike = string | Architecture | Uint8Array | { readonly space: string };

/** A network, and what it was read from. */
export interface Network {
  readonly architecture: Architecture;
  /** What names the network: the JSON value of a genotype, or the model's name. */
  readonly identity: unknown;
  /** Of a file: its nodes. */
  readonly layers?: readonly Layer[];
  /** Of a file: what a reader of scores should know of it. */
  readonly notes: readonly string[];
}

/** How a network is read. */
export interface NetworkOptions {
  /** Runs an ONNX file for the shapes of its tensors; other networks need none. */
  readonly runtime?: Runtime;
  /** Of an ONNX file: `random` weights, drawn by the seed of whoever scores, or those of the `file`. */
  readonly weights?: "random" | "file";
}

export const networkOptionsSchema = z.strictObject({
  runtime: runtimeSchema.optional(),
  weights: z.enum(["random", "file"]).optional(),
});

function isArchitecture(network: object): network is Architecture {
  return "blocks" in network && "input" in network;
}

/** @throws {@link InputError} where it is of none of the forms. */
export async function networkOf(
  call: string,
  network: NetworkLike,
  { runtime, weights }: NetworkOptions,
): Promise<Network> {
  const given: unknown = network;
  try {
    if (typeof given === "string") {
      const { name, build } = modelNamed(given);
      return { architecture: build(), identity: name, notes: [] };
    }
    if (given instanceof Uint8Array) {
      const model = await importOnnx(given, {
        runtime: runtimeFor(call, "an ONNX file", runtime),
        ...(weights !== undefined && { weights }),
      });
      const { architecture, layers, notes, metadata } = model;
      return { architecture, identity: metadata, layers, notes };
    }
    if (typeof given === "object" && given !== null) {
      if (isArchitecture(given)) return { architecture: given, identity: given.name, notes: [] };
      const { space, genotype } = readGenotype(given);
      return { architecture: space.build(genotype), identity: given, notes: [] };
    }
  } catch (error) {
    if (error instanceof InputError && !error.message.startsWith(`${call}: `)) {
      throw new InputError(`${call}: ${error.message}`, { cause: error });
    }
    throw error;
  }
  throw new InputError(
    `${call}: a network is the name of a model, the JSON value of a genotype, an architecture, or the bytes of an ONNX file; was given ${given === null ? "null" : typeof given}`,
  );
}

/** What is known of a network without scoring it. */
export interface NetworkDescription extends Costs {
  /** What the network is called. */
  readonly name: string;
  /** `[1, C, H, W]` */
  readonly input: Shape;
  /** Stem, stages and head, with their blocks; of an ONNX file a single one. */
  readonly stages: readonly StageDescription[];
  /** Nodes of an ONNX file; absent for other networks. */
  readonly layers?: readonly Layer[];
  /** What a reader of the counts should know of an ONNX file. */
  readonly notes: readonly string[];
}

/**
 * The costs of a network, and what it is made of.
 * @param network - A model's name, the JSON value of a genotype, an architecture, or the bytes of an ONNX file.
 * @returns Parameters, multiply-accumulates (MACs, at batch 1), elements of activations, bytes of the largest working set, stage by stage.
 * @throws {@link InputError} where the network is of none of these forms.
 * @example
 * ```ts
 * import { describe } from "@esnas/core";
 *
 * const { parameters, macs, stages } = await describe("mobilenetv2_100");
 * console.log(parameters, macs, stages.length);
 * ```
 */
export async function describe(network: NetworkLike, options: NetworkOptions = {}): Promise<NetworkDescription> {
  const given = checked("describe", networkOptionsSchema, options) as NetworkOptions;
  const { architecture, layers, notes } = await networkOf("describe", network, given);
  return {
    name: architecture.name,
    input: architecture.input,
    ...architectureCosts(architecture),
    stages: describeStages(architecture),
    ...(layers !== undefined && { layers }),
    notes,
  };
}

/** What is written into an ONNX file. */
export interface ExportOptions {
  /** Of the random weights; 0 where it is absent. */
  readonly seed?: number;
  /** A batch of so many images alone; any where it is absent. */
  readonly batch?: number;
  /** Images of any height and width. */
  readonly anySize?: boolean;
}

const exportSchema = z.strictObject({
  seed: seedSchema.optional(),
  batch: z.number().int().positive().optional(),
  anySize: z.boolean().optional(),
});

/**
 * The ONNX file of a network with random weights, in inference mode (opset 17): what PyTorch's exporter would write of the same
 * network, for runtimes to load, and to be trained elsewhere.
 * @param network - A model's name, the JSON value of a genotype, or an architecture; a file is one already.
 * @throws {@link InputError} where the network is of none of these forms, or cannot take images of any size.
 * @example
 * ```ts
 * import { exportOnnx } from "@esnas/core";
 *
 * const bytes = await exportOnnx("esformer_s0", { anySize: true });
 * console.log(bytes.byteLength);
 * ```
 */
export async function exportOnnx(
  network: Exclude<NetworkLike, Uint8Array>,
  options: ExportOptions = {},
): Promise<Uint8Array> {
  const { seed = 0, batch, anySize = false } = checked("exportOnnx", exportSchema, options);
  if ((network as unknown) instanceof Uint8Array)
    throw new InputError("exportOnnx: the bytes are an ONNX file already");
  const { architecture, identity } = await networkOf("exportOnnx", network, {});
  if (anySize) checkAnySize(architecture);
  const origin = { genotype: identity, version: PRODUCER.version };
  return onnxModel(graphOf(architecture), randomWeights(seed), origin, {
    anySize,
    ...(batch !== undefined && { batch }),
  });
}
