/**
 * @file Gradients of whole networks in training, run by ONNX Runtime, against PyTorch's autograd in float64 on the source that is exported
 * of the same network with the same weights: every published model, and random hybrids.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Architecture,
  atBatch,
  crossEntropy,
  differentiate,
  encode,
  encodeSafetensors,
  familyBudgets,
  graphOf,
  hybridSpace,
  models,
  onnxRuntime,
  pytorchSource,
  resized,
  sampleWithin,
  scatteredValues,
  seededRandom,
  shapeOf,
  type TensorData,
  withBatchStatistics,
} from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { hasPythonModule, PYTHON } from "./reference/python.js";

const folder = mkdtempSync(join(tmpdir(), "esnas-gradients-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BATCH = 4;
const CLASSES = 10;
const SMOOTHING = 0.1;

function bytes({ data }: TensorData): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function tensorOf(shape: readonly number[], value: (i: number) => number): TensorData {
  return { shape, data: Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => value(i)) };
}

/** Writes a network with its weights, a batch, and what ONNX Runtime says of loss, gradients and statistics. */
async function writeCase(at: string, architecture: Architecture, shift: number): Promise<void> {
  mkdirSync(at);
  const plain = graphOf(architecture);
  const weights = scatteredValues(1);
  const { graph: inTraining, statistics } = withBatchStatistics(atBatch(plain, BATCH));
  const { graph, loss, targets } = crossEntropy(inTraining, { labelSmoothing: SMOOTHING });
  const trained = [...plain.parameters.values()].filter(({ trainable }) => trainable);
  const { graph: both, gradients } = differentiate(graph, { of: loss, withRespectTo: trained.map(({ name }) => name) });
  const outputs = [loss, ...gradients.values(), ...statistics.map(({ batch }) => batch)];
  const feeds: Record<string, TensorData> = {
    [plain.input]: tensorOf(shapeOf(both, plain.input), (i) => Math.sin(i * 0.7 + shift) + Math.cos(i * i * 1e-5)),
    [targets]: tensorOf([BATCH, CLASSES], (i) => (i % CLASSES === Math.floor(i / CLASSES) ? 1 : 0)),
  };
  const stored = [...plain.parameters.values()].map(
    (parameter) => [parameter.name, { shape: parameter.shape, data: weights(parameter) }] as const,
  );
  const model = encode({ ...both, outputs }, { values: () => undefined, fixedShapes: true });
  const session = await onnxRuntime(ort).createSession(model);
  const results = await session.run({ ...feeds, ...Object.fromEntries(stored) });
  await session.release();
  const named = [...gradients, ...statistics.map(({ running, batch }) => [running, batch] as const)];
  const found = named.map(
    ([name, tensor]) => [name, results[tensor] ?? { shape: [], data: new Float32Array() }] as const,
  );
  writeFileSync(join(at, "model.py"), pytorchSource(architecture));
  writeFileSync(join(at, "weights.safetensors"), encodeSafetensors(new Map(stored)));
  writeFileSync(join(at, "gradients.safetensors"), encodeSafetensors(new Map(found)));
  for (const [name, file] of [
    [plain.input, "images"],
    [targets, "targets"],
  ] as const) {
    writeFileSync(join(at, file), bytes(feeds[name] ?? tensorOf([], () => 0)));
  }
  const images = shapeOf(both, plain.input);
  const said = results[loss]?.data[0];
  writeFileSync(
    join(at, "batch.json"),
    JSON.stringify({ images, targets: [BATCH, CLASSES], smoothing: SMOOTHING, loss: said }),
  );
}

const judgement = z.object({
  /** Of the two losses, relative. */
  loss: z.number(),
  /** By parameter or running statistic: the largest difference, relative to the largest number of the tensor. */
  differences: z.record(z.string(), z.number()),
  /** The largest difference of PyTorch's own float32. */
  rounding: z.number(),
  /** Names on one side alone. */
  unmatched: z.array(z.string()),
});

const hybrids = [0, 1].map((seed) => {
  const space = hybridSpace({ input: [3, 64, 64], classes: CLASSES });
  const genotype = sampleWithin(space, { parameters: familyBudgets.s0.parameters }, seededRandom(seed));
  return { name: `hybrid ${seed}`, build: () => space.build(genotype) };
});
const published = models.map((model) => ({
  name: model.name,
  build: () => resized(model.build({ classes: CLASSES }), { resolution: [64, 64] }),
}));

describe.skipIf(!hasPythonModule("torch"))("by PyTorch's autograd (skipped without python3-torch)", () => {
  test.each([...published, ...hybrids])(
    "$name has the same loss, gradients and statistics",
    async ({ name, build }) => {
      // Where float32 puts an activation on the other side of a bend, a gradient is another, in PyTorch as here. Which images have
      // such an activation is chance; a rule that is wrong is wrong for all of them.
      let off: [string, number][] = [];
      for (const shift of [0, 1, 2]) {
        const at = join(folder, `${name.replace(" ", "-")}-${shift}`);
        await writeCase(at, build(), shift);
        const line = execFileSync(PYTHON, ["scripts/check-pytorch.py", "--gradients", at], { encoding: "utf8" });
        const { loss, differences, rounding, unmatched } = judgement.parse(JSON.parse(line));
        expect(unmatched).toEqual([]);
        expect(loss).toBeLessThan(1e-4);
        const tolerance = Math.max(1e-4, 3 * rounding);
        off = Object.entries(differences).filter(([, difference]) => !(difference < tolerance));
        if (off.length === 0) break;
      }
      expect(off).toEqual([]);
    },
  );
});
