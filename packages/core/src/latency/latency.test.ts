import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Architecture, architectureCosts, blockGraph } from "../architecture/architecture.js";
import { resized } from "../architecture/input-size.js";
import { InputError, UnscorableError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { elements } from "../graph/graph.js";
import { modelNamed, models } from "../models/registry.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { sample } from "../spaces/variation.js";
import { fitLatency, type MeasuredNetwork } from "./calibration.js";
import { agreementOf, checkedLatency } from "./check.js";
import { latencyPredictor } from "./predictor.js";
import { checksumOf, type LatencyProfile, readLatencyProfile } from "./profile.js";
import { workOf } from "./work.js";

const space = hybridSpace();

function randomNetworks(n: number, seed: number): Architecture[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) =>
    resized(space.build(sample(space, random)), { resolution: i % 2 === 0 ? [256, 256] : [160, 160] }),
  );
}

/** Milliseconds of a unit of work on a machine that there is not. */
const PER_UNIT: Readonly<Record<string, number>> = {
  block: 0.02,
  weights: 1.5e-7,
  "image convolution macs": 3e-8,
  "convolution macs": 2e-8,
  "pointwise macs": 1.8e-8,
  "pointwise elements": 2e-7,
  "depthwise macs": 3e-8,
  "depthwise rows": 5e-8,
  "MatMul macs": 2.5e-8,
  "Softmax elements": 4e-7,
  "Gelu elements": 4e-7,
  "LayerNormalization elements": 3e-7,
  "Gemm macs": 5e-8,
};

const MACHINE = { group: 16, fixed: 0.3, factor: 1.05 } as const;

/** What that machine takes, up to a relative error of each block. */
function measure(architecture: Architecture, noise: (i: number) => number = () => 0): MeasuredNetwork {
  const blockMilliseconds = architecture.blocks.map((block, i) => {
    const work = Object.entries(workOf(blockGraph(block), MACHINE.group));
    return (1 + noise(i)) * work.reduce((sum, [name, amount]) => sum + amount * (PER_UNIT[name] ?? 0), 0);
  });
  const sum = blockMilliseconds.reduce((a, b) => a + b, 0);
  return { architecture, blockMilliseconds, milliseconds: MACHINE.fixed + MACHINE.factor * sum };
}

function profileOf(fit: ReturnType<typeof fitLatency>): LatencyProfile {
  return {
    format: "esnas-latency-profile",
    version: 1,
    machine: { cpu: "none", cores: 1, system: "none", runtime: "none" },
    threads: 1,
    batch: 1,
    measured: { networks: 1, runs: 1, seed: 0 },
    ...fit,
    check: { networks: 0, spearman: 0, medianError: 0 },
  };
}

describe("the work of a block", () => {
  test.each([
    ...models.map(({ name }) => [name, modelNamed(name).build()] as const),
    ...randomNetworks(5, 1).map((architecture, i) => [`random ${i}`, architecture] as const),
  ])("has all multiply-accumulates and all weights of %s", (_, architecture) => {
    const total = { macs: 0, weights: 0 };
    let parameters = 0;
    for (const block of architecture.blocks) {
      for (const [name, amount] of Object.entries(workOf(blockGraph(block), 1))) {
        if (name.endsWith(" macs")) total.macs += amount;
        if (name === "weights") total.weights += amount;
      }
      for (const { shape } of blockGraph(block).parameters.values()) parameters += elements(shape);
    }
    expect(total).toEqual({ macs: architectureCosts(architecture).macs, weights: parameters });
  });

  test("grows with the group that channels are laid out in, and only where they do not fill it", () => {
    for (const { blocks } of randomNetworks(5, 2)) {
      for (const block of blocks) {
        const [one, eight, sixteen] = [1, 8, 16].map((group) => workOf(blockGraph(block), group));
        // Every width of the space is a multiple of 8; an image has three channels.
        if (block.name !== "stem") expect(eight).toEqual(one);
        for (const [name, amount] of Object.entries(one ?? {})) {
          expect(sixteen?.[name]).toBeGreaterThanOrEqual(amount);
        }
      }
    }
  });
});

describe("a profile that is fitted", () => {
  const seen = randomNetworks(60, 3);
  const unseen = randomNetworks(20, 4);
  const fit = fitLatency(seen.map((architecture) => measure(architecture)));

  test("finds the machine's group of channels, and predicts networks that it has not seen exactly", () => {
    expect(fit.channelGroup).toBe(MACHINE.group);
    const predictor = latencyPredictor(fit);
    for (const architecture of unseen) {
      const { milliseconds } = measure(architecture);
      expect(predictor.ofArchitecture(architecture) / milliseconds).toBeCloseTo(1, 3);
    }
  });

  test("keeps the order of networks where every measurement is off by some 10 %", () => {
    const random = seededRandom(5);
    const noise = () => random.below(2001) / 1e4 - 0.1;
    const predictor = latencyPredictor(fitLatency(seen.map((architecture) => measure(architecture, noise))));
    const { spearman, medianError } = agreementOf(
      unseen.map((architecture) => predictor.ofArchitecture(architecture)),
      unseen.map((architecture) => measure(architecture).milliseconds),
    );
    expect(spearman).toBeGreaterThan(0.99);
    expect(medianError).toBeLessThan(0.03);
  });

  test("predicts a network as the fixed time and the sum of its blocks", () => {
    const predictor = latencyPredictor(fit);
    for (const architecture of unseen) {
      const sum = architecture.blocks.reduce((ms, block) => ms + predictor.ofBlock(block), fit.network.fixed);
      expect(predictor.ofArchitecture(architecture)).toBeCloseTo(sum, 9);
    }
  });

  test("never predicts less for more of a width", () => {
    const predictor = latencyPredictor(fit);
    const width = space.genes.findIndex(({ name }) => name === "stages.2.width");
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        const genotype = sample(space, seededRandom(seed));
        const times = space.genes[width]?.values.map((value) =>
          predictor.ofArchitecture(space.build(genotype.with(width, value))),
        );
        expect(times).toEqual(times?.toSorted((a, b) => a - b));
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  test("looks up blocks of kinds that are too few to be fitted", () => {
    const model = modelNamed("resnet18").build();
    const measured = measure(model);
    const predictor = latencyPredictor(fitLatency([...seen.map((network) => measure(network)), measured]));
    expect(predictor.ofArchitecture(model) / measured.milliseconds).toBeCloseTo(1, 3);
  });

  test("says of a kind that it has not measured that it has not", () => {
    const model = modelNamed("resnet18").build();
    expect(() => latencyPredictor(fit).ofArchitecture(model)).toThrow(UnscorableError);
    expect(() => latencyPredictor(fit).ofArchitecture(model)).toThrow(/has not measured.*it knows .*ibn/);
  });

  test("is checked on networks that each fit has not seen", () => {
    const { networks, spearman, medianError } = checkedLatency(seen.map((architecture) => measure(architecture)));
    expect(networks).toBe(60);
    expect(spearman).toBeCloseTo(1, 6);
    expect(medianError).toBeLessThan(0.001);
  });

  test("is refused where a block was not measured", () => {
    const [architecture] = seen;
    if (architecture === undefined) throw new Error("there are networks");
    expect(() => fitLatency([{ ...measure(architecture), blockMilliseconds: [] }])).toThrow(InputError);
    expect(() => fitLatency([])).toThrow(InputError);
  });

  test("comes back from JSON with equal predictions and an equal checksum, whatever the order of its keys", () => {
    const profile = profileOf(fit);
    const reversed = JSON.parse(JSON.stringify(profile), (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toReversed())
        : value,
    );
    const read = readLatencyProfile(reversed);
    expect(checksumOf(read)).toBe(checksumOf(profile));
    expect(checksumOf({ ...profile, threads: 2 })).not.toBe(checksumOf(profile));
    const [before, after] = [profile, read].map(latencyPredictor);
    for (const architecture of unseen) {
      expect(after?.ofArchitecture(architecture)).toBeCloseTo(before?.ofArchitecture(architecture) ?? 0, 12);
    }
  });

  test.for([[null], [[]], [{}], ["profile"], [{ format: "esnas-latency-profile", version: 2 }]])(
    "is not read from %j, with a word on what is wrong",
    ([json]) => {
      expect(() => readLatencyProfile(json)).toThrow(InputError);
      expect(() => readLatencyProfile(json)).toThrow(/not a latency profile/);
    },
  );
});
