import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { modelNamed } from "../models/registry.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { entropyByLayer } from "../scoring/entropy-by-layer.js";
import { Scorer } from "../scoring/scorer.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { sample } from "../spaces/variation.js";
import { metricOf } from "./registry.js";

describe("the entropies of layers", () => {
  const space = hybridSpace();
  test.each([space.build(sample(space, seededRandom(0))), space.build(sample(space, seededRandom(1)))])(
    "have the Entropic Score as their mean",
    async (architecture) => {
      const scorer = new Scorer(onnxRuntime(ort), { seed: 3 });
      const layers = await entropyByLayer(scorer, architecture);
      const score = await scorer.score(architecture, metricOf("entropic-score"));
      await scorer.release();
      expect(layers.reduce((sum, { entropy }) => sum + entropy, 0) / layers.length).toBeCloseTo(Number(score), 4);
      for (const { size, entropy } of layers) expect(entropy).toBeLessThan(Math.log(size));
    },
  );

  test("belong to the blocks that have nonlinearities, in order", async () => {
    const architecture = modelNamed("mobilenetv2_100").build({ resolution: 64 });
    const scorer = new Scorer(onnxRuntime(ort), { seed: 0 });
    const layers = await entropyByLayer(scorer, architecture);
    await scorer.release();
    const names = architecture.blocks.map(({ name }) => name);
    const places = layers.map(({ block }) => names.indexOf(block));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(layers.length).toBeGreaterThan(30);
    expect(new Set(layers.map(({ operator }) => operator))).toEqual(new Set(["Clip"]));
  });
});
