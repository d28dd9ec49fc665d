import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { disconnected, metricNetworks } from "../../../../test/reference/metric-networks.js";
import { preActivations, rawRun, sampleOf } from "../../../../test/reference/raw-activations.js";
import type { Architecture } from "../architecture/architecture.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { Scorer } from "../scoring/scorer.js";
import { metricOf } from "./registry.js";

const scorer = new Scorer(onnxRuntime(ort), { seed: 3 });
afterAll(() => scorer.release());

/** Patterns of every layer's units as text, from raw activations. */
async function patternsOf(architecture: Architecture, batch: number): Promise<string[][]> {
  const { tensors } = await rawRun(architecture, { seed: 3, batch }, preActivations);
  return tensors.map((layer) => {
    const samples = Array.from({ length: batch }, (_, sample) => sampleOf(layer, sample));
    return Array.from(samples[0] ?? [], (_, unit) =>
      samples.map((values) => ((values[unit] ?? 0) > 0 ? 1 : 0)).join(""),
    );
  });
}

describe("swap-score", () => {
  test.each([1, 5, 16, 24, 25, 40, 48])("counts patterns of %i samples as text does", async (batch) => {
    for (const architecture of metricNetworks) {
      const patterns = await patternsOf(architecture, batch);
      const inNetwork = new Set(patterns.flat()).size;
      const inLayers = patterns.reduce((total, layer) => total + new Set(layer).size, 0);
      const network = await scorer.score(architecture, metricOf(`swap-score(batch=${batch})`));
      const layers = await scorer.score(architecture, metricOf(`swap-score(batch=${batch},over=layer)`));
      expect(Number(network) / inNetwork).toBeCloseTo(1, 3);
      expect(Number(layers) / inLayers).toBeCloseTo(1, 3);
    }
  });

  test("is a small number, not a reason, where a cell gives zeros: they are one pattern", async () => {
    const connected = Number(await scorer.score(metricNetworks[0] ?? disconnected, metricOf("swap-score")));
    const score = Number(await scorer.score(disconnected, metricOf("swap-score")));
    expect(score).toBeGreaterThanOrEqual(1);
    expect(score).toBeLessThan(connected / 4);
  });

  test("has no patterns of more than 48 samples", () => {
    expect(() => metricOf("swap-score(batch=49)")).toThrow(/batch/);
  });
});
