/**
 * @file ONNX Runtime's WebAssembly as core's runtime. Blocks at 64 x 64 are too small to gain by threads (two halve the rate), so
 * scoring has one to a worker; measuring may ask for more, where the page is cross-origin isolated.
 */

import { onnxRuntime, type Runtime } from "@esnas/core/internal";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";

/** Threads that this page may use at once. */
export function threadsAvailable(): number {
  return globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
}

/** The WebAssembly is fetched with the first session; the threads are those of the first call. */
export function webRuntime(threads = 1): Runtime {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { wasm: new URL(wasm, globalThis.location.href).href };
  ort.env.logLevel = "fatal";
  return onnxRuntime(ort);
}
