/** @file Measures how long a network takes on WebGPU. Its runtime, 27 MB of WebAssembly, is fetched when it is asked for. */

import { InputError } from "@esnas/core/internal";
import { expose } from "comlink";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import * as ort from "onnxruntime-web/webgpu";
import { type MeasuredTime, measure } from "./measuring.js";

const timing = {
  /** @throws {InputError} where the browser gives this page no WebGPU. */
  async measure(
    model: Uint8Array,
    input: readonly number[],
    onProgress: (done: number, of: number) => void,
  ): Promise<MeasuredTime> {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter)
      throw new InputError("This browser has no WebGPU for this page: there is no graphics processor that it may use.");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = { wasm: new URL(wasm, globalThis.location.href).href };
    ort.env.logLevel = "fatal";
    const { vendor, architecture } = adapter.info;
    const by = ["WebGPU", [vendor, architecture].filter(Boolean).join(" ")].filter(Boolean).join(", ");
    const create = (bytes: Uint8Array) =>
      ort.InferenceSession.create(bytes, {
        executionProviders: ["webgpu"],
        graphOptimizationLevel: "all",
        logSeverityLevel: 4,
      });
    return measure({ by, Tensor: ort.Tensor, create }, model, input, onProgress);
  },
};

export type GpuTiming = typeof timing;

expose(timing);
