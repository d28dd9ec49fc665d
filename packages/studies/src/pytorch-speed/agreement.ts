/** @file Whether both sides score the same thing: the Entropic Score of networks with the same weights on the same images. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Architecture,
  encodeSafetensors,
  graphOf,
  isValue,
  metricOf,
  normalValues,
  parameterValues,
  pytorchSource,
} from "@esnas/core/internal";
import { nodeScorer } from "../common/node-scorer.js";
import { TorchProcess } from "./torch-process.js";

/** Of the first repeat of a scorer of seed 0. */
const SEED = "0.0";

/** Relative differences of PyTorch's scores to ours; the architectures are scored at their own resolution. */
export async function differences(architectures: readonly Architecture[], folder: string): Promise<number[]> {
  const scorer = nodeScorer({ seed: 0 });
  const { torch } = await TorchProcess.start(1);
  const found: number[] = [];
  for (const [i, architecture] of architectures.entries()) {
    const shape = architecture.input;
    const ours = await scorer.score(architecture, metricOf(`entropic-score(resolution=${shape[2]})`));
    const [name, weights, images] = [`same${i}`, join(folder, `${i}.safetensors`), join(folder, `${i}.images`)];
    const tensors = [...graphOf(architecture).parameters.values()].map(
      (parameter) => [parameter.name, { shape: parameter.shape, data: parameterValues(SEED, parameter) }] as const,
    );
    writeFileSync(weights, encodeSafetensors(new Map(tensors)));
    writeFileSync(images, Buffer.from(normalValues(SEED, "input", shape).buffer));
    const source = join(folder, `${name}.py`);
    writeFileSync(source, pytorchSource(architecture));
    await torch.load({ [name]: source });
    const { scores } = await torch.score({ kind: "entropy", names: [name], shape, weights, images });
    found.push(isValue(ours) ? Math.abs((scores[0] ?? Number.NaN) / ours - 1) : Number.NaN);
  }
  await torch.close();
  await scorer.release();
  return found;
}
