import { Matrix, SingularValueDecomposition } from "ml-matrix";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { disconnected, metricNetworks, natsNetwork } from "../../../../test/reference/metric-networks.js";
import { blockOutputs, channelsOf, rawRun } from "../../../../test/reference/raw-activations.js";
import { type Architecture, blockGraph, chain, type PlacedBlock, parameterName } from "../architecture/architecture.js";
import { encode } from "../onnx/encode.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import type { TensorData } from "../runtime/session.js";
import { normalValues, parameterValues } from "../runtime/weights.js";
import { Scorer } from "../scoring/scorer.js";
import { metricOf } from "./registry.js";

const SEED = "3.0";
const runtime = onnxRuntime(ort);
const scorer = new Scorer(runtime, { seed: 3 });
afterAll(() => scorer.release());

const scoreOf = (norm: number) => 2 - norm - 1 / norm;

/** A block by itself, with its weights in the network stored in it. */
async function blockRunner(block: PlacedBlock) {
  const graph = blockGraph(block);
  const values = (parameter: Parameters<typeof parameterValues>[1]) =>
    parameterValues(SEED, parameter, parameterName(block, parameter.name));
  const session = await runtime.createSession(encode(graph, { opset: 20, training: true, values }));
  return async (x: TensorData): Promise<TensorData> => {
    const y = (await session.run({ [graph.input]: x }))[graph.outputs[0] ?? ""];
    if (y === undefined) throw new Error(`${block.name} gave nothing`);
    return y;
  };
}

/** Spectral norm of the mean over positions of v (x) J v, in plain loops; J v is a central difference. */
async function normOfJacobian(block: PlacedBlock, x: TensorData): Promise<number> {
  const run = await blockRunner(block);
  const signs = normalValues(SEED, parameterName(block, "direction"), x.shape).map(Math.sign);
  const step = 2e-3 * (x.data.reduce((total, value) => total + Math.abs(value), 0) / x.data.length);
  const moved = (by: number) => run({ shape: x.shape, data: x.data.map((value, i) => value + by * (signs[i] ?? 0)) });
  const [before, after] = [await moved(-step / 2), await moved(step / 2)];
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const [, outChannels = 1, outHeight = 1, outWidth = 1] = before.shape;
  const stride = height / outHeight;
  const mean = Matrix.zeros(channels * stride * stride, outChannels);
  const at = (c: number, i: number, j: number, [, d, h, w]: readonly number[], n: number) =>
    ((n * (d ?? 1) + c) * (h ?? 1) + i) * (w ?? 1) + j;
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) {
          const row = (c * stride + (i % stride)) * stride + (j % stride);
          const v = signs[at(c, i, j, x.shape, n)] ?? 0;
          for (let o = 0; o < outChannels; o++) {
            const place = at(o, Math.floor(i / stride), Math.floor(j / stride), before.shape, n);
            const derivative = ((after.data[place] ?? 0) - (before.data[place] ?? 0)) / step;
            mean.set(row, o, mean.get(row, o) + (v * derivative) / (batch * outHeight * outWidth));
          }
        }
  return new SingularValueDecomposition(mean, { autoTranspose: true }).norm2;
}

async function reference(architecture: Architecture, batch: number): Promise<number> {
  const { tensors } = await rawRun(architecture, { seed: 3, batch }, () => blockOutputs(architecture));
  const scores: number[] = [];
  for (const [i, block] of architecture.blocks.slice(1, -1).entries()) {
    const x = tensors[i];
    if (x !== undefined) scores.push(scoreOf((await normOfJacobian(block, x)) + 1e-6));
  }
  return scores.reduce((total, score) => total + score, 0) / scores.length;
}

describe("az-trainability", () => {
  test.each([1, 3])("is what plain loops over blocks that run by themselves give, of %i images", async (batch) => {
    for (const architecture of metricNetworks) {
      const score = Number(await scorer.score(architecture, metricOf(`az-trainability(batch=${batch})`)));
      expect(Math.abs(score - (await reference(architecture, batch)))).toBeLessThan(2e-3);
    }
  });

  test("finds the spectral norm of a strided convolution's weights, over what is normalised by", async () => {
    const architecture = chain(
      "strided",
      [1, 3, 32, 32],
      [
        { name: "stem", spec: { kind: "nats-stem", width: 4 } },
        { name: "reduce", spec: { kind: "downsample", stride: 2, width: 6 } },
        { name: "head", spec: { kind: "head", classes: 10 } },
      ],
    );
    const batch = 64;
    const weights = [...blockGraph(architecture.blocks[1] ?? missingBlock()).parameters.values()].find(
      ({ shape }) => shape.length === 4,
    );
    const rows = weights === undefined ? [] : parameterValues(SEED, weights, `reduce.${weights.name}`);
    const { tensors } = await rawRun(architecture, { seed: 3, batch }, ({ nodes }) =>
      nodes
        .filter(({ operator, block }) => operator === "Conv" && block === "reduce")
        .flatMap(({ outputs }) => outputs),
    );
    const jacobian = new Matrix(
      Array.from({ length: 6 }, (_, out) => {
        const values = Array.from(
          { length: batch },
          (_sample, n) => channelsOf(tensors[0] ?? none, n)[out] ?? [],
        ).flat();
        const average = values.reduce((total, value) => total + value, 0) / values.length;
        const variance = values.reduce((total, value) => total + (value - average) ** 2, 0) / values.length;
        return [...rows.slice(out * 16, (out + 1) * 16)].map((weight) => weight / Math.sqrt(variance + 1e-5));
      }),
    );
    const { norm2 } = new SingularValueDecomposition(jacobian, { autoTranspose: true });
    const score = Number(await scorer.score(architecture, metricOf(`az-trainability(batch=${batch})`)));
    expect(Math.abs(score / scoreOf(norm2) - 1)).toBeLessThan(0.05);
  });

  test("draws the same directions alone and among metrics that share its runs", async () => {
    const metrics = ["az-expressivity", "az-progressivity", "az-trainability"].map((name) => metricOf(name));
    for (const architecture of metricNetworks) {
      const scores = await scorer.scores(architecture, metrics);
      for (const metric of metrics) expect(scores[metric.id]).toBe(await scorer.score(architecture, metric));
    }
  });

  test("is far below all others where a block passes no gradient", async () => {
    expect(Number(await scorer.score(disconnected, metricOf("az-trainability")))).toBeLessThan(-1e5);
  });

  test("has a reason where a block gives what it is given", async () => {
    for (const first of ["none", "skip_connect"] as const) {
      const identity = natsNetwork([first, "none", "none", "skip_connect", "none", "none"]);
      const score = await scorer.score(identity, metricOf("az-trainability"));
      expect(score).toEqual({ value: null, reason: "a block gives what it is given" });
    }
  });
});

const none: TensorData = { shape: [1, 0, 0, 0], data: new Float32Array() };

function missingBlock(): never {
  throw new Error("there is no such block");
}
