/** @file Scores an ONNX file without training it: node score.mjs model.onnx */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { describe, EsnasError, onnxRuntime, score } from "@esnas/core";
import * as ort from "onnxruntime-node";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("give an ONNX file: node score.mjs model.onnx");
  process.exit(2);
}

try {
  const bytes = new Uint8Array(await readFile(file));
  const runtime = onnxRuntime(ort);
  const { parameters, macs } = await describe(bytes, { runtime });
  console.log(`${parameters.toLocaleString("en-US")} parameters, ${macs.toLocaleString("en-US")} MACs`);
  const scores = await score(bytes, { metrics: "entropic-score,logsynflow,spectral-capacity", runtime, seed: 0 });
  for (const [metric, value] of Object.entries(scores)) {
    // A score is a number, or says why there is none.
    console.log(`${metric}: ${typeof value === "number" ? value : value.reason}`);
  }
} catch (error) {
  const isUsers = error instanceof EsnasError || error.code === "ENOENT";
  if (!isUsers) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
