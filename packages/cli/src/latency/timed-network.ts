/**
 * @file A network in a session of ONNX Runtime as an application has it: every optimisation, memory kept between runs, weights
 * in the model. With the profiler on, runs are slower and tell of each kernel.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EsnasError,
  elements,
  type ImageInput,
  type ImageSize,
  InputError,
  imageShape,
  inEitherLayout,
  onnxImageInput,
  runtimeMessage,
} from "@esnas/core/internal";
import type * as OnnxRuntime from "onnxruntime-node";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { imageInputOfFile } from "../files/onnx-file.js";
import { beat } from "../process/watched.js";
import { releasing } from "../runtime/releasing.js";
import { type Kernel, kernelsOf } from "./kernel-times.js";

export interface RunSettings {
  /** Where the model leaves it open; else 224 by 224. */
  readonly size?: ImageSize;
  /** Images a run: where it is absent as many as the model fixes, or 1. */
  readonly batch?: number;
  readonly threads: number;
}

/** What a run took, in milliseconds. */
export interface RunTime {
  readonly wall: number;
  /** Of processors, all threads of this process together: what is left of a busy machine's noise is small. */
  readonly cpu: number;
}

/** Bytes of a model, or the path of its file. */
export type ModelSource = Uint8Array | string;

/** What is measured, and what it is called in messages. */
export interface TimedModel {
  readonly name: string;
  readonly model: ModelSource;
}

export class TimedNetwork {
  /** Of the input, with the batch, also where the model takes one image without. */
  readonly input: readonly number[];
  readonly #name: string;
  readonly #session: InferenceSession;
  readonly #feeds: Readonly<Record<string, Tensor>>;
  readonly #traceFolder: string | undefined;

  private constructor(
    name: string,
    session: InferenceSession,
    feeds: Readonly<Record<string, Tensor>>,
    isSingle: boolean,
    traceFolder?: string,
  ) {
    this.#name = name;
    this.#session = session;
    this.#feeds = feeds;
    this.#traceFolder = traceFolder;
    const dims = Object.values(feeds)[0]?.dims ?? [];
    this.input = isSingle ? [1, ...dims] : dims;
  }

  /**
   * Loads a model.
   * @throws {InputError} where the runtime does not take it, or its input is no image.
   */
  static async load({ name, model }: TimedModel, settings: RunSettings, profile = false): Promise<TimedNetwork> {
    const ort = await import("onnxruntime-node");
    beat();
    const image = typeof model === "string" ? await imageInputOfFile(model) : onnxImageInput(model);
    const feeds = await inEitherLayout(image, async (likely) => {
      try {
        const given = feedsOf(ort, likely, settings);
        if (image.otherAxes !== undefined) await tryRun(ort, model, given);
        return given;
      } catch (error) {
        throw failureOf(name, error);
      }
    });
    const traceFolder = profile ? mkdtempSync(join(tmpdir(), "esnas-trace-")) : undefined;
    try {
      const session = await createSession(ort, model, {
        graphOptimizationLevel: "all",
        executionMode: "sequential",
        intraOpNumThreads: settings.threads,
        interOpNumThreads: 1,
        // What goes wrong is thrown.
        logSeverityLevel: 4,
        ...(traceFolder !== undefined && { enableProfiling: true, profileFilePrefix: join(traceFolder, "trace") }),
      });
      return new TimedNetwork(name, session, feeds, image.isSingle ?? false, traceFolder);
    } catch (error) {
      if (traceFolder !== undefined) rmSync(traceFolder, { recursive: true, force: true });
      throw failureOf(name, error);
    }
  }

  /** @throws {InputError} where the runtime cannot run it. */
  async run(): Promise<RunTime> {
    beat();
    const before = process.cpuUsage();
    const start = performance.now();
    try {
      await this.#session.run(this.#feeds);
    } catch (error) {
      throw failureOf(this.#name, error);
    }
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    return { wall, cpu: (user + system) / 1000 };
  }

  /** What the profiler has seen, as `kernelsOf` reads it; ends it. */
  kernels(warmUp: number, share?: number): Kernel[] {
    if (this.#traceFolder === undefined) throw new Error("the session was not loaded with its profiler on");
    this.#session.endProfiling();
    const [trace] = readdirSync(this.#traceFolder);
    return kernelsOf(parsedTrace(readFileSync(join(this.#traceFolder, trace ?? ""), "utf8")), warmUp, share);
  }

  async release(): Promise<void> {
    try {
      await this.#session.release();
    } finally {
      if (this.#traceFolder !== undefined) rmSync(this.#traceFolder, { recursive: true, force: true });
    }
  }
}

/** @throws {InputError} where the runtime does not run a model on what it is fed. */
async function tryRun(ort: typeof OnnxRuntime, model: ModelSource, feeds: Readonly<Record<string, Tensor>>) {
  beat();
  const session = await createSession(ort, model, {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  await releasing([session], () => session.run(feeds));
}

/** What a check or the runtime says of a network, as the user's. */
function failureOf(name: string, error: unknown): InputError {
  if (error instanceof EsnasError) return new InputError(`"${name}": ${error.message}`, { cause: error });
  return new InputError(`"${name}": ONNX Runtime does not run it: ${runtimeMessage(error)}`, { cause: error });
}

/** The profiler writes names of nodes as they are: line feeds are mended, quotes leave it without an event that can be read. */
function parsedTrace(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(/\p{Cc}/gu, " "));
  } catch {
    return [];
  }
}

/** The binding tells bytes from paths by overloads. */
function createSession(
  { InferenceSession }: typeof OnnxRuntime,
  model: ModelSource,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return typeof model === "string" ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
}

/** Types of input that images come in, with zeros of each; the values do not matter to the time. */
const inputArrays = {
  float32: (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i)),
  float16: (n: number) => new Uint16Array(n).fill(0x3800),
  uint8: (n: number) => new Uint8Array(n).fill(128),
  int8: (n: number) => new Int8Array(n).fill(1),
} as const;

function feedsOf(ort: typeof OnnxRuntime, image: ImageInput, { size, batch }: RunSettings): Record<string, Tensor> {
  const { name, type, lengths, isSingle = false } = image;
  if (type === "bfloat16") {
    throw new InputError(`images of ${Object.keys(inputArrays).join(", ")} are fed; input "${name}" takes ${type}`);
  }
  const dims = imageShape(image, { batch: batch ?? lengths[0] ?? 1, ...(size && { size }) });
  for (const [axis, length] of lengths.entries()) {
    if (length === undefined || length === dims[axis]) continue;
    const flag = axis === 0 ? "--batch" : "--size";
    throw new InputError(`the model's input has a fixed length of ${length} where ${flag} asks for ${dims[axis]}`);
  }
  const fed = isSingle ? dims.slice(1) : dims;
  return { [name]: new ort.Tensor(type, inputArrays[type](elements(dims)), [...fed]) };
}
