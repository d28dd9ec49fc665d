import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { disconnected, metricNetworks } from "../../../../test/reference/metric-networks.js";
import { channelsOf, noise, rawRun } from "../../../../test/reference/raw-activations.js";
import { type Architecture, fromGraph } from "../architecture/architecture.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import type { TensorData } from "../runtime/session.js";
import { normalValues } from "../runtime/weights.js";
import { Scorer } from "../scoring/scorer.js";
import { metricOf } from "./registry.js";

const scorer = new Scorer(onnxRuntime(ort), { seed: 3 });
afterAll(() => scorer.release());

const entering = (operator: string) => (graph: Graph) =>
  graph.nodes.flatMap((node) => (node.operator === operator ? (node.inputs[0] ?? []) : []));

function variance(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
}

/** Mean over channels of the variance over samples and positions. */
function meanVarianceOfChannels(x: TensorData): number {
  const [batch = 1, count = 1] = x.shape;
  const samples = Array.from({ length: batch }, (_, sample) => channelsOf(x, sample));
  let total = 0;
  for (let c = 0; c < count; c++) total += variance(samples.flatMap((channels) => channels[c] ?? []));
  return total / count;
}

/** Mean over rows of the variance over the last axis. */
function meanVarianceOfRows({ data, shape }: TensorData): number {
  const length = shape.at(-1) ?? 1;
  let total = 0;
  for (let from = 0; from < data.length; from += length) total += variance([...data.subarray(from, from + length)]);
  return (total * length) / data.length;
}

async function reference(architecture: Architecture, batch: number, alpha: number, running: boolean): Promise<number> {
  const settings = { seed: 3, batch };
  const images = noise(architecture, "3.0", batch);
  const other = normalValues("3.0", "perturbation", images.shape);
  const changed = { shape: images.shape, data: images.data.map((value, i) => value + alpha * (other[i] ?? 0)) };
  const before = await rawRun(architecture, settings, entering("GlobalAveragePool"));
  const after = await rawRun(architecture, { ...settings, input: changed }, entering("GlobalAveragePool"));
  const [x, y] = [before.tensors.at(-1), after.tensors.at(-1)];
  const change = (x?.data ?? new Float32Array()).reduce(
    (sum, value, i) => sum + Math.abs(value - (y?.data[i] ?? 0)),
    0,
  );
  const variancesOf = async (input: TensorData) => {
    const batchNorms = await rawRun(architecture, { ...settings, input }, entering("BatchNormalization"));
    const layerNorms = await rawRun(architecture, { ...settings, input }, entering("LayerNormalization"));
    return [
      ...batchNorms.tensors.map((map) => meanVarianceOfChannels(map) + 1e-5),
      ...layerNorms.tensors.map((map) => meanVarianceOfRows(map) + 1e-6),
    ];
  };
  const own = await variancesOf(images);
  const moved = await variancesOf(changed);
  const scales = running ? own.map((value, i) => 0.81 + 0.09 * value + 0.1 * (moved[i] ?? 0)) : own;
  return Math.log(change / batch) + scales.reduce((total, value) => total + Math.log(value) / 2, 0);
}

describe("zen-score", () => {
  test.each([
    ["zen-score(weights=initialisation)", 2, 0.01, false],
    ["zen-score(weights=initialisation,batch=5,alpha=0.1)", 5, 0.1, false],
    ["zen-score(weights=initialisation,variance=running,alpha=0.5)", 2, 0.5, true],
  ] as const)("%s is what plain loops over two runs give", async (id, batch, alpha, running) => {
    for (const architecture of metricNetworks) {
      const score = Number(await scorer.score(architecture, metricOf(id)));
      expect(Math.abs(score - (await reference(architecture, batch, alpha, running)))).toBeLessThan(1e-3);
    }
  });

  test("grows with weights of deviation 1 by the logarithm of what was divided out, where every one is normalised", async () => {
    const b = new GraphBuilder("normalised");
    const x = b.input("input", [1, 3, 16, 16]);
    const weight = b.parameter("weight", [8, 3, 3, 3], { kind: "normal", std: 0.05 });
    const y = b.node("Conv", "conv", [x, weight], { kernel_shape: [3, 3] });
    const one = (name: string, kind: "ones" | "zeros") => b.parameter(name, [8], { kind });
    const normal = b.node(
      "BatchNormalization",
      "norm",
      [y, one("scale", "ones"), one("bias", "zeros"), one("mean", "zeros"), one("variance", "ones")],
      { epsilon: 1e-12 },
    );
    const network = fromGraph(b.build([b.node("GlobalAveragePool", "pool", [normal])]));
    const unit = Number(await scorer.score(network, metricOf("zen-score")));
    const initial = Number(await scorer.score(network, metricOf("zen-score(weights=initialisation)")));
    expect(unit - initial).toBeCloseTo(-Math.log(0.05), 3);
  });

  test("has a reason where the change of the input does not come through, and without global pooling", async () => {
    expect(await scorer.score(disconnected, metricOf("zen-score"))).toEqual({
      value: null,
      reason: "a change of the input does not reach global pooling",
    });
    const b = new GraphBuilder("without-pooling");
    const network = fromGraph(b.build([b.node("Relu", "act", [b.input("input", [1, 3, 8, 8])])]));
    expect(await scorer.score(network, metricOf("zen-score"))).toEqual({
      value: null,
      reason: "the network has no global average pooling",
    });
  });
});
