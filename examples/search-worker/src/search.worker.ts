import { EsnasError, exportOnnx, hybridSpace, onnxRuntime, search } from "@esnas/core";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import type { News, Request } from "./messages.js";

// The candidates are small: one thread is as fast as several.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(wasm, self.location.href).href };

const tell = (news: News) => self.postMessage(news);

self.addEventListener("message", async ({ data }: MessageEvent<Request>) => {
  try {
    const searching = search({
      budget: data,
      space: hybridSpace({ input: [3, 64, 64], classes: 10 }),
      training: "short",
      maxEvaluations: 600,
      runtime: onnxRuntime(ort),
    });
    for await (const { phase, done, rate } of searching) tell({ kind: "progress", phase, done, rate });
    const { genotype, parameters, macs } = await searching;
    const file = new Uint8Array(await exportOnnx(genotype));
    tell({ kind: "found", parameters, macs, file });
  } catch (error) {
    // A budget that nothing keeps, for example. Anything else is a defect, and belongs into the console.
    if (!(error instanceof EsnasError)) throw error;
    tell({ kind: "failed", message: error.message });
  }
});
