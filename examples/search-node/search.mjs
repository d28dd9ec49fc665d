/** @file Searches for a network within a budget, shows progress, and writes it as ONNX and as PyTorch source. Ctrl-C stops it. */

import { writeFile } from "node:fs/promises";
import process from "node:process";
import { exportOnnx, hybridSpace, onnxRuntime, pytorchSource, readGenotype, search } from "@esnas/core";
import * as ort from "onnxruntime-node";

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("stopped")));

const searching = search({
  budget: { parameters: 250_000, macs: 10_000_000 },
  space: hybridSpace({ input: [3, 64, 64], classes: 10 }),
  maxEvaluations: 600,
  seed: 0,
  runtime: onnxRuntime(ort),
  signal: interrupted.signal,
});

try {
  for await (const { phase, done } of searching) process.stderr.write(`\r${done} candidates, ${phase} `);
  const { genotype, parameters, macs } = await searching;
  process.stderr.write("\n");
  const { space, genotype: genes } = readGenotype(genotype);
  await writeFile("model.onnx", await exportOnnx(genotype, { anySize: true }));
  await writeFile("model.py", pytorchSource(space.build(genes)));
  await writeFile("genotype.json", `${JSON.stringify(genotype, null, 2)}\n`);
  console.log(`${parameters} parameters, ${macs} MACs: model.onnx, model.py, genotype.json`);
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  process.stderr.write("\nstopped: nothing was written\n");
  process.exitCode = 130;
}
