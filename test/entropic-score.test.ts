/** @file Every form of the Entropic Score against its definition, in plain loops over activations that are known. */

import {
  type Architecture,
  fromGraph,
  GraphBuilder,
  graphOf,
  metricOf,
  natsTopologySpace,
  normalValues,
  onnxRuntime,
  Scorer,
  sample,
  seededRandom,
  type Tensor,
} from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";

const SEED = 3;
const scorer = new Scorer(onnxRuntime(ort), { seed: SEED });
afterAll(() => scorer.release());

interface Form {
  readonly site: "pre" | "post";
  readonly of: "magnitude" | "square" | "softmax" | "l2";
  readonly over: "all" | "channels" | "positions";
  readonly normalized: boolean;
}

/** A network of one ReLU: the noise that is fed in is what enters the nonlinearity. */
function oneReLU(channels: number, side: number) {
  const b = new GraphBuilder("one-relu");
  return fromGraph(b.build([b.node("Relu", "act", [b.input("input", [1, channels, side, side])])]));
}

function entropy(shares: readonly number[]): number {
  return -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
}

/** The score of one sample, element by element. */
function entropyOf(activations: readonly number[], channels: number, { of, over, normalized }: Form): number {
  const positions = activations.length / channels;
  const size = (a: number) => (of === "square" ? a * a : of === "softmax" ? Math.exp(a) : Math.abs(a));
  const groups = new Map<number, number>();
  activations.forEach((a, i) => {
    const whole = over === "all" || of === "softmax";
    const group = whole ? i : over === "channels" ? Math.floor(i / positions) : i % positions;
    groups.set(group, (groups.get(group) ?? 0) + size(a));
  });
  const masses = [...groups.values()];
  const norm = of === "l2" ? Math.hypot(...masses) : masses.reduce((sum, mass) => sum + mass, 0);
  const value = norm === 0 ? 0 : entropy(masses.map((mass) => mass / norm));
  return normalized ? value / Math.log(masses.length) : value;
}

describe("the Entropic Score", () => {
  test("of every form is the entropy that its options name, averaged over samples", async () => {
    const form = fc.record<Form>({
      site: fc.constantFrom("pre", "post"),
      of: fc.constantFrom("magnitude", "square", "softmax", "l2"),
      over: fc.constantFrom("all", "channels", "positions"),
      normalized: fc.boolean(),
    });
    const channelCount = fc.integer({ min: 2, max: 6 });
    const sideLength = fc.integer({ min: 2, max: 5 });
    const batchSize = fc.integer({ min: 1, max: 4 });
    const property = fc.asyncProperty(
      form,
      channelCount,
      sideLength,
      batchSize,
      async (given, channels, side, batch) => {
        const options = Object.entries({ ...given, batch }).map(([key, value]) => `${key}=${value}`);
        const score = await scorer.score(oneReLU(channels, side), metricOf(`entropic-score(${options})`));
        const noise = [...normalValues(`${SEED}.0`, "input", [batch, channels, side, side])];
        const seen = given.site === "pre" ? noise : noise.map((a) => Math.max(0, a));
        const n = channels * side * side;
        const entropies = Array.from({ length: batch }, (_, i) =>
          entropyOf(seen.slice(i * n, (i + 1) * n), channels, given),
        );
        const expected = entropies.reduce((sum, value) => sum + value, 0) / batch;
        expect(Math.abs(Number(score) - expected)).toBeLessThan(2e-5);
      },
    );
    await fc.assert(property, { seed: 1, numRuns: 150 });
  });

  test("of bins is the entropy of a histogram of 64 bins, at nonlinearities as at the outputs of blocks", async () => {
    const property = fc.asyncProperty(
      fc.constantFrom("pre", "post", "block"),
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (site, side, batch) => {
        const metric = metricOf(`entropic-score(of=bins,site=${site},batch=${batch})`);
        const score = await scorer.score(oneReLU(2, side), metric);
        const noise = [...normalValues(`${SEED}.0`, "input", [batch, 2, side, side])];
        const seen = site === "pre" ? noise : noise.map((a) => Math.max(0, a));
        const n = 2 * side * side;
        let total = 0;
        for (let sample = 0; sample < batch; sample++) {
          const values = seen.slice(sample * n, (sample + 1) * n);
          const [least, most] = [Math.min(...values), Math.max(...values)];
          const bins = values.map((value) => Math.min(63, Math.floor((value - least) / ((most - least) / 64))));
          total += entropy([...new Set(bins)].map((bin) => bins.filter((other) => other === bin).length / n));
        }
        expect(Number(score)).toBeCloseTo(total / batch, 4);
      },
    );
    await fc.assert(property, { seed: 2, numRuns: 60 });
  });

  test("of blocks looks at what leaves each block of a chain", async () => {
    const space = natsTopologySpace();
    const architecture = space.build(sample(space, seededRandom(2)));
    const sum = Number(await scorer.score(architecture, metricOf("entropic-score(site=block,aggregation=sum)")));
    const mean = Number(await scorer.score(architecture, metricOf("entropic-score(site=block)")));
    expect(sum / mean).toBeCloseTo(architecture.blocks.length, 3);
  });

  test("of activations that are all zero is zero", async () => {
    const b = new GraphBuilder("zeros");
    const x = b.input("input", [1, 2, 4, 4]);
    const zeros = b.node("Mul", "zero", [x, b.constant("zero/factor", "float32", [0], [])]);
    const architecture = fromGraph(b.build([b.node("Relu", "act", [zeros])]));
    for (const form of [
      "",
      "(of=square)",
      "(of=l2)",
      "(of=bins)",
      "(over=channels)",
      "(over=positions,normalized=true)",
    ]) {
      expect(await scorer.score(architecture, metricOf(`entropic-score${form}`))).toBe(0);
    }
  });

  test("of several layers is their mean, their sum, or the smallest change from one to the next", async () => {
    const b = new GraphBuilder("three-layers");
    const pooled = (x: Tensor, name: string) =>
      b.node("AveragePool", name, [x], { kernel_shape: [2, 2], strides: [2, 2] });
    const first = b.node("Relu", "act0", [b.input("input", [1, 4, 16, 16])]);
    const second = b.node("Relu", "act1", [pooled(first, "pool0")]);
    const third = b.node("Relu", "act2", [pooled(second, "pool1")]);
    const network = fromGraph(b.build([third]));
    const of = async (architecture: Architecture, aggregation: string) =>
      Number(await scorer.score(architecture, metricOf(`entropic-score(aggregation=${aggregation})`)));
    const layers = [4 * 256, 4 * 64, 4 * 16];
    const total = await of(network, "sum");
    expect(await of(network, "mean")).toBeCloseTo(total / 3, 4);
    const progressivity = await of(network, "progressivity");
    // Each pooling leaves a quarter of the elements, and ln 4 less entropy, or a little more or less for what it smooths.
    expect(progressivity).toBeLessThan(-0.8);
    expect(progressivity).toBeGreaterThan(-Math.log(4) - 0.4);
    expect(total).toBeLessThan(layers.reduce((sum, n) => sum + Math.log(n), 0));
    expect(await scorer.score(oneReLU(3, 4), metricOf("entropic-score(aggregation=progressivity)"))).toEqual({
      value: null,
      reason: "the network has one layer alone",
    });
  });

  test("of convolutions looks at what they give", async () => {
    const b = new GraphBuilder("one-convolution");
    const x = b.input("input", [1, 3, 5, 5]);
    const weight = b.parameter("conv.weight", [4, 3, 1, 1], { kind: "normal", std: 0.5 });
    const y = b.node("Conv", "conv", [x, weight], { kernel_shape: [1, 1] });
    const convolution = fromGraph(b.build([y]));
    const followed = new GraphBuilder("relu-after", graphOf(convolution));
    const whole = fromGraph(followed.build([followed.node("Relu", "act", [followed.tensor(y.name)])]));
    expect(await scorer.score(convolution, metricOf("entropic-score(site=convolution)"))).toBe(
      await scorer.score(whole, metricOf("entropic-score")),
    );
    expect(await scorer.score(convolution, metricOf("entropic-score"))).toMatchObject({ value: null });
  });
});
