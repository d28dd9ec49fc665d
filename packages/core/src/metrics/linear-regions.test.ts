import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { disconnected, metricNetworks } from "../../../../test/reference/metric-networks.js";
import { noise, preActivations, rawRun, sampleOf } from "../../../../test/reference/raw-activations.js";
import { type Architecture, fromGraph } from "../architecture/architecture.js";
import { GraphBuilder } from "../graph/builder.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import type { TensorData } from "../runtime/session.js";
import { Scorer } from "../scoring/scorer.js";
import { metricOf } from "./registry.js";

const scorer = new Scorer(onnxRuntime(ort), { seed: 3 });
afterAll(() => scorer.release());

/** Points at equal angles through two images. */
function circle(architecture: Architecture, batch: number): TensorData {
  const { shape, ...images } = noise(architecture, "3.0", batch);
  const [x, y] = [0, 1].map((sample) => sampleOf({ shape, ...images }, sample));
  const data = Array.from({ length: batch }, (_, point) => {
    const angle = (2 * Math.PI * point) / batch;
    return [...(x ?? [])].map((value, i) => value * Math.cos(angle) + (y?.[i] ?? 0) * Math.sin(angle));
  });
  return { shape, data: Float32Array.from(data.flat()) };
}

/** Sign changes around the circle of every unit, by comparing raw activations of neighbours. */
async function crossings(architecture: Architecture, batch: number): Promise<number> {
  const settings = { seed: 3, batch, input: circle(architecture, batch) };
  const { tensors } = await rawRun(architecture, settings, (graph) => [...new Set(preActivations(graph))]);
  let total = 0;
  for (const tensor of tensors) {
    for (let point = 0; point < batch; point++) {
      const next = sampleOf(tensor, (point + 1) % batch);
      sampleOf(tensor, point).forEach((value, unit) => {
        if (value > 0 !== (next[unit] ?? 0) > 0) total++;
      });
    }
  }
  return total;
}

describe("linear-regions", () => {
  test.each([3, 8, 16, 24])(
    "counts the changes of sign between %i neighbours as raw activations have them",
    async (batch) => {
      for (const architecture of metricNetworks) {
        const score = Number(await scorer.score(architecture, metricOf(`linear-regions(batch=${batch})`)));
        expect(score / (await crossings(architecture, batch))).toBeCloseTo(1, 3);
      }
    },
  );

  test("is two for every linear unit without a bias: a circle crosses its boundary twice", async () => {
    const b = new GraphBuilder("linear");
    const x = b.input("input", [1, 3, 8, 8]);
    const weight = b.parameter("weight", [5, 3, 3, 3], { kind: "normal", std: 1 });
    const y = b.node("Conv", "conv", [x, weight], { kernel_shape: [3, 3] });
    const network = fromGraph(
      b.build([b.node("Add", "both", [b.node("Relu", "act", [y]), b.node("Relu", "again", [y])])]),
    );
    expect(await scorer.score(network, metricOf("linear-regions"))).toBe(2 * 5 * 6 * 6);
  });

  test("is one where cells give zeros", async () => {
    expect(await scorer.score(disconnected, metricOf("linear-regions"))).toBe(1);
  });
});
