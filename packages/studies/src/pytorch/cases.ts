/**
 * @file The same network with the same weights in ONNX Runtime and in PyTorch: files are written as `esnas export` writes them,
 * `scripts/check-pytorch.py` reads them.
 */

import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Architecture,
  encode,
  encodeSafetensors,
  graphOf,
  onnxRuntime,
  pytorchSource,
  scatteredValues,
  type TensorData,
} from "@esnas/core/internal";

import * as ort from "onnxruntime-node";
import { z } from "zod";

/** Debian's, which has PyTorch 1.13. */
export const PYTHON = process.env.PYTHON ?? "/usr/bin/python3";

const SCRIPT = fileURLToPath(new URL("../../../../scripts/check-pytorch.py", import.meta.url));

/** Whether PyTorch can be asked. */
export function hasPyTorch(): boolean {
  return spawnSync(PYTHON, ["-c", "import torch"]).status === 0;
}

/** Writes a network, images for each shape and what ONNX Runtime makes of them into a folder. */
export async function writeCase(
  folder: string,
  architecture: Architecture,
  seed: number,
  shapes: readonly (readonly number[])[],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const graph = graphOf(architecture);
  const values = scatteredValues(seed);
  const tensors = [...graph.parameters.values()].map(
    (parameter) => [parameter.name, { shape: parameter.shape, data: values(parameter) }] as const,
  );
  writeFileSync(join(folder, "model.py"), pytorchSource(architecture));
  writeFileSync(join(folder, "weights.safetensors"), encodeSafetensors(new Map(tensors)));
  const [, , ownHeight, ownWidth] = architecture.input;
  const anySize = shapes.some(([, , height, width]) => height !== ownHeight || width !== ownWidth);
  const bytes = encode(graph, { values, anySize });
  const session = await onnxRuntime(ort).createSession(bytes, { optimisation: "all" });
  const runs = [];
  for (const [i, shape] of shapes.entries()) {
    const images = imagesOf(shape);
    const [logits] = Object.values(await session.run({ [graph.input]: images }));
    if (logits === undefined) throw new Error("a network has an output");
    const run = { shape, images: `${i}.images`, logits: `${i}.logits` };
    writeFileSync(join(folder, run.images), Buffer.from(images.data.buffer));
    writeFileSync(join(folder, run.logits), Buffer.from(Float32Array.from(logits.data).buffer));
    runs.push(run);
  }
  await session.release();
  writeFileSync(join(folder, "runs.json"), JSON.stringify(runs));
}

/** Waves, not the same for any two channels or images. */
function imagesOf(shape: readonly number[]): TensorData {
  const length = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7) + Math.cos(i * i * 1e-5)) };
}

const judgement = z.object({
  folder: z.string(),
  /** That an optimiser updates. */
  parameters: z.number(),
  /** The keys of the state_dict are the names in the graph. */
  sameNames: z.boolean(),
  runs: z.array(z.object({ shape: z.array(z.number()), difference: z.number(), largest: z.number() })),
});

export type Judgement = z.output<typeof judgement>;

const training = z.object({ folder: z.string(), losses: z.array(z.number()) });

async function lines(...args: readonly string[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, ...args], { maxBuffer: 2 ** 26 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** What PyTorch says of cases: parameters, and the largest difference to ONNX Runtime's logits beside the largest of these. */
export async function judgeCases(folders: readonly string[]): Promise<readonly Judgement[]> {
  return z.array(judgement).parse(await lines(...folders));
}

/** The loss before each of ten steps of AdamW on one random batch and after them, with dropout and stochastic depth. */
export async function trainCases(folders: readonly string[]): Promise<readonly (readonly number[])[]> {
  return z
    .array(training)
    .parse(await lines("--train", ...folders))
    .map(({ losses }) => losses);
}
