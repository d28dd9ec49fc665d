/** @file How long a network takes in this browser: batch 1, the graph optimised as for use, by whatever runs it. */

import { InputError } from "@esnas/core/internal";
import type { InferenceSession, TensorConstructor } from "onnxruntime-web";
import { median, quantile } from "../state/quantiles.js";

export interface MeasuredTime {
  /** Milliseconds. */
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly runs: number;
  /** What it ran on: `WebAssembly, 2 threads`. */
  readonly by: string;
}

/** What sessions are made of: ONNX Runtime as WebAssembly, or on WebGPU. */
export interface Sessions {
  readonly by: string;
  readonly Tensor: TensorConstructor;
  create(model: Uint8Array): Promise<InferenceSession>;
}

export interface RunCounts {
  readonly warmUp: number;
  readonly runs: number;
  /** Milliseconds after which it has been measured enough. */
  readonly longest: number;
}

const THOROUGH: RunCounts = { warmUp: 3, runs: 40, longest: 8000 };

/**
 * Milliseconds of each run after the first few; of one run at least.
 * @param input Shape, at batch 1.
 * @throws {InputError} where the model does not take numbers of float32.
 */
export async function timesOf(
  { Tensor, create }: Sessions,
  model: Uint8Array,
  input: readonly number[],
  { warmUp, runs, longest }: RunCounts,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<number[]> {
  const session = await create(model);
  try {
    const [name = ""] = session.inputNames;
    const [metadata] = session.inputMetadata;
    if (metadata?.isTensor && metadata.type !== "float32") {
      throw new InputError(`The model takes ${metadata.type}; measured are models that take float32.`);
    }
    const data = new Float32Array(input.reduce((n, side) => n * side, 1)).fill(0.5);
    const times: number[] = [];
    const begun = performance.now();
    for (let run = 0; run < warmUp + runs && performance.now() - begun < longest; run++) {
      const before = performance.now();
      await session.run({ [name]: new Tensor("float32", data, input) });
      times.push(performance.now() - before);
      onProgress(run + 1, warmUp + runs);
    }
    // The first runs are times only where there are no others.
    return times.length > warmUp ? times.slice(warmUp) : times.slice(-1);
  } finally {
    await session.release();
  }
}

/** @throws {InputError} as `timesOf` does. */
export async function measure(
  sessions: Sessions,
  model: Uint8Array,
  input: readonly number[],
  onProgress: (done: number, of: number) => void,
): Promise<MeasuredTime> {
  const times = await timesOf(sessions, model, input, THOROUGH, onProgress);
  return {
    median: median(times),
    p10: quantile(times, 0.1),
    p90: quantile(times, 0.9),
    runs: times.length,
    by: sessions.by,
  };
}
