import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { disconnected, metricNetworks } from "../../../../test/reference/metric-networks.js";
import { blockOutputs, channelsOf, rawRun } from "../../../../test/reference/raw-activations.js";
import type { Architecture } from "../architecture/architecture.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import type { TensorData } from "../runtime/session.js";
import { Scorer } from "../scoring/scorer.js";
import { metricOf } from "./registry.js";

const scorer = new Scorer(onnxRuntime(ort), { seed: 3 });
afterAll(() => scorer.release());

/** Entropy of the eigenvalues of a map's covariance, from plain loops. */
function entropyOf(map: TensorData): number {
  const [batch = 1] = map.shape;
  const channels = channelsOf(map, 0).map((_, c) =>
    Array.from({ length: batch }, (_sample, sample) => channelsOf(map, sample)[c] ?? []).flat(),
  );
  const centred = channels.map((values) => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    return values.map((value) => value - mean);
  });
  const covariance = centred.map((x) =>
    centred.map((y) => x.reduce((total, value, i) => total + value * (y[i] ?? 0), 0) / x.length),
  );
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(covariance), { assumeSymmetric: true });
  const trace = realEigenvalues.reduce((total, value) => total + value, 0);
  return realEigenvalues.reduce(
    (total, value) => (value <= 0 ? total : total - (value / trace) * Math.log(value / trace)),
    0,
  );
}

/** Of the same outputs, their shapes. */
async function shapesOf(architecture: Architecture): Promise<string[]> {
  const { tensors } = await rawRun(architecture, { seed: 3, batch: 1 }, () => blockOutputs(architecture));
  return tensors.filter(({ shape }) => shape.length === 4).map(({ shape }) => shape.slice(1).join());
}

async function entropies(architecture: Architecture, batch: number): Promise<number[]> {
  const { tensors } = await rawRun(architecture, { seed: 3, batch }, () => blockOutputs(architecture));
  return tensors.filter(({ shape }) => shape.length === 4).map(entropyOf);
}

describe("the entropy of block outputs", () => {
  test.each([1, 4])("is what plain loops and a general decomposition give, of %i images", async (batch) => {
    for (const architecture of metricNetworks) {
      const expected = await entropies(architecture, batch);
      expect(expected).toHaveLength(architecture.blocks.length - 1);
      const sum = expected.reduce((total, entropy) => total + entropy, 0);
      const growth = Math.min(...expected.slice(1).map((entropy, i) => entropy - (expected[i] ?? 0)));
      const expressivity = Number(await scorer.score(architecture, metricOf(`az-expressivity(batch=${batch})`)));
      const progressivity = Number(await scorer.score(architecture, metricOf(`az-progressivity(batch=${batch})`)));
      expect(expressivity / sum).toBeCloseTo(1, 4);
      expect(Math.abs(progressivity - growth)).toBeLessThan(1e-4 * Math.max(1, Math.abs(growth)));
    }
  });

  test("grows by its differences over blocks that keep the shape", async () => {
    for (const architecture of metricNetworks) {
      const [expected, shapes] = [await entropies(architecture, 2), await shapesOf(architecture)];
      const growth = expected.reduce(
        (total, entropy, i) =>
          i > 0 && shapes[i] === shapes[i - 1] ? total + entropy - (expected[i - 1] ?? 0) : total,
        0,
      );
      const score = await scorer.score(architecture, metricOf("expressivity-growth(batch=2)"));
      expect(Math.abs(Number(score) - growth)).toBeLessThan(1e-4 * Math.max(1, Math.abs(growth)));
    }
  });

  test("is 0 where maps are zero: what is left is the stem's", async () => {
    const [stem = Number.NaN] = await entropies(disconnected, 4);
    expect(Number(await scorer.score(disconnected, metricOf("az-expressivity(batch=4)"))) / stem).toBeCloseTo(1, 4);
    expect(Number(await scorer.score(disconnected, metricOf("az-progressivity(batch=4)"))) / -stem).toBeCloseTo(1, 4);
  });
});
