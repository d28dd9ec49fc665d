/** @file Measures how long networks take as WebAssembly, in a worker of its own that can be ended. */

import type { LatencyProfile } from "@esnas/core/internal";
import { expose } from "comlink";
import * as ort from "onnxruntime-web/wasm";
import { calibrate } from "./calibrating.js";
import { type MeasuredTime, measure, type Sessions } from "./measuring.js";
import { threadsAvailable, webRuntime } from "./web-runtime.js";

type OnProgress = (done: number, of: number) => void;

function sessions(threads: number): Sessions {
  webRuntime(threads);
  return {
    by: `WebAssembly, ${threads === 1 ? "1 thread" : `${threads} threads`}`,
    Tensor: ort.Tensor,
    create: (model) => ort.InferenceSession.create(model, { graphOptimizationLevel: "all", logSeverityLevel: 4 }),
  };
}

/** `Chromium 140` of the list of brands, or what the browser calls itself. */
function browserName(): string {
  const words = navigator.userAgent.match(/(?:Firefox|Edg|Chrome|Version)\/\d+/g) ?? [];
  return (words.at(-1) ?? "browser").replace("/", " ").replace("Version", "Safari").replace("Edg ", "Edge ");
}

const timing = {
  measure(model: Uint8Array, input: readonly number[], onProgress: OnProgress): Promise<MeasuredTime> {
    return measure(sessions(threadsAvailable()), model, input, onProgress);
  },

  /** A latency profile of this browser, on this machine; one thread is timed the same, however busy the others are. */
  calibrate(onProgress: OnProgress): Promise<LatencyProfile> {
    const machine = {
      cpu: browserName(),
      cores: Math.max(1, navigator.hardwareConcurrency),
      system: navigator.platform,
      runtime: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common}, WebAssembly`,
    };
    return calibrate(sessions(1), { machine, threads: 1 }, onProgress);
  },
};

export type Timing = typeof timing;

expose(timing);
