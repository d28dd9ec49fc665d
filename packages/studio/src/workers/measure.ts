/** @file How long a network takes in this browser: WebAssembly, batch 1, the graph optimised as for use. */

import { InputError } from "@esnas/core";
import * as ort from "onnxruntime-web/wasm";
import { median, quantile } from "../state/quantiles.js";
import { threadsAvailable, webRuntime } from "./web-runtime.js";

export interface MeasuredTime {
  /** Milliseconds. */
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly runs: number;
  readonly threads: number;
}

const WARM_UP = 3;
const RUNS = 40;
/** Milliseconds after which it has been measured enough. */
const LONGEST = 8000;

/**
 * @param input Shape, at batch 1.
 * @throws {InputError} where the model does not take numbers of float32.
 */
export async function measure(
  model: Uint8Array,
  input: readonly number[],
  onProgress: (done: number, of: number) => void,
): Promise<MeasuredTime> {
  const threads = threadsAvailable();
  webRuntime(threads);
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: "all", logSeverityLevel: 4 });
  try {
    const [name = ""] = session.inputNames;
    const [metadata] = session.inputMetadata;
    if (metadata?.isTensor && metadata.type !== "float32") {
      throw new InputError(`The model takes ${metadata.type}; measured are models that take float32.`);
    }
    const data = new Float32Array(input.reduce((n, side) => n * side, 1)).fill(0.5);
    const times: number[] = [];
    const begun = performance.now();
    for (let run = 0; run < WARM_UP + RUNS && performance.now() - begun < LONGEST; run++) {
      const before = performance.now();
      await session.run({ [name]: new ort.Tensor("float32", data, input) });
      if (run >= WARM_UP || times.length === 0) times.push(performance.now() - before);
      onProgress(run + 1, WARM_UP + RUNS);
    }
    // The first run is a time only where there is no other.
    const counted = times.length > 1 ? times.slice(1) : times;
    return {
      median: median(counted),
      p10: quantile(counted, 0.1),
      p90: quantile(counted, 0.9),
      runs: counted.length,
      threads,
    };
  } finally {
    await session.release();
  }
}
