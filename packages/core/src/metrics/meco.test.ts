import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { disconnected, metricNetworks } from "../../../../test/reference/metric-networks.js";
import { channelsOf, preActivations, rawRun } from "../../../../test/reference/raw-activations.js";
import { type Architecture, fromGraph } from "../architecture/architecture.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { Scorer } from "../scoring/scorer.js";
import { metricOf } from "./registry.js";

const scorer = new Scorer(onnxRuntime(ort), { seed: 3 });
afterAll(() => scorer.release());

/** Pearson's correlation, or 0 where a channel is constant. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const about = (values: readonly number[]) => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [u, v] = [about(x), about(y)];
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0);
  const scale = Math.sqrt(dot(u, u) * dot(v, v));
  return scale === 0 ? 0 : dot(u, v) / scale;
}

async function reference(
  architecture: Architecture,
  batch: number,
  maps: (graph: Graph) => readonly string[],
  looked = Number.POSITIVE_INFINITY,
): Promise<number> {
  const { tensors } = await rawRun(architecture, { seed: 3, batch }, maps);
  let total = 0;
  for (const tensor of tensors.filter(({ shape }) => shape.length === 4)) {
    for (let sample = 0; sample < batch; sample++) {
      const channels = channelsOf(tensor, sample);
      const some = channels.slice(0, looked);
      const matrix = new Matrix(some.map((x) => some.map((y) => correlation(x, y))));
      const { realEigenvalues } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
      total += (Math.min(...realEigenvalues) * channels.length) / some.length / batch;
    }
  }
  return total;
}

const gives =
  (...operators: string[]) =>
  ({ nodes }: Graph) =>
    nodes.flatMap(({ operator, outputs }) => (operators.includes(operator) ? outputs : []));

describe("meco", () => {
  test.each([
    ["meco(batch=1)", 1, preActivations, Number.POSITIVE_INFINITY],
    ["meco(batch=3)", 3, preActivations, Number.POSITIVE_INFINITY],
    ["meco(site=post)", 1, gives("Relu", "Clip", "Gelu"), Number.POSITIVE_INFINITY],
    ["meco(site=convolution)", 1, gives("Conv"), Number.POSITIVE_INFINITY],
    ["meco(channels=5)", 1, preActivations, 5],
  ] as const)("%s is the sum that plain loops and a general decomposition give", async (id, batch, maps, looked) => {
    for (const architecture of metricNetworks) {
      const score = Number(await scorer.score(architecture, metricOf(id)));
      const expected = await reference(architecture, batch, maps, looked);
      expect(Math.abs(score - expected)).toBeLessThan(6e-5 * Math.max(1, expected));
    }
  });

  test("counts nothing where maps are zero, and where a map has as many channels as positions", async () => {
    expect(await scorer.score(disconnected, metricOf("meco"))).toBe(0);
    const b = new GraphBuilder("wide");
    const wide = fromGraph(b.build([b.node("Relu", "act", [b.input("input", [1, 16, 4, 4])])]));
    expect(await scorer.score(wide, metricOf("meco"))).toBe(0);
  });

  test("is about (1 - sqrt(C / P))^2 for noise of C channels and P positions, as Marchenko and Pastur have it", async () => {
    const b = new GraphBuilder("noise");
    const noise = fromGraph(b.build([b.node("Relu", "act", [b.input("input", [1, 64, 64, 64])])]));
    const score = Number(await scorer.score(noise, metricOf("meco(repeats=4)")));
    expect(score / (1 - Math.sqrt(64 / 4096)) ** 2).toBeCloseTo(1, 1);
  });

  test("has a reason where activations overflow", async () => {
    const b = new GraphBuilder("overflow");
    const x = b.input("input", [1, 2, 8, 8]);
    const large = b.node("Mul", "large", [x, b.constant("factor", "float32", [1e30], [])]);
    const network = fromGraph(b.build([b.node("Relu", "act", [large])]));
    expect(await scorer.score(network, metricOf("meco"))).toEqual({ value: null, reason: "the activations overflow" });
  });
});
