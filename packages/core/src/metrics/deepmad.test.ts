import { describe, expect, test } from "vitest";
import { type Architecture, chain } from "../architecture/architecture.js";
import { mapLayersOf } from "./deepmad.js";
import { metricOf } from "./registry.js";
import { scoreStatic } from "./static-score.js";

function scored(architecture: Architecture, id: string) {
  const metric = metricOf(id);
  if ("observe" in metric) throw new Error("it runs nothing");
  return scoreStatic(architecture, metric);
}

/** A stem of 8 x 8 maps, IBNs on them, and IBNs on 4 x 4 maps. */
function network(depth: number, width: number): Architecture {
  const ibn = { kind: "ibn", kernel: 3, expansion: 2 } as const;
  return chain(
    "network",
    [1, 3, 32, 32],
    [
      { name: "stem", spec: { kind: "downsample", stride: 4, width } },
      ...Array.from({ length: depth }, (_, i) => ({ name: `stages.0.blocks.${i}`, spec: ibn })),
      { name: "stages.1.downsample", spec: { kind: "downsample", stride: 2, width: 2 * width } },
      { name: "stages.1.blocks.0", spec: ibn },
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
}

describe("the layers that DeepMAD counts", () => {
  test("give maps, and take a channel's taps where they are depthwise", () => {
    const layers = mapLayersOf(network(1, 16)).map(({ positions, channels, fanIn }) => [positions, channels, fanIn]);
    expect(layers).toEqual([
      [64, 16, 48],
      [64, 32, 16],
      [64, 32, 9],
      [64, 16, 32],
      [16, 32, 64],
      [16, 64, 32],
      [16, 64, 9],
      [16, 32, 64],
    ]);
  });
});

describe("DeepMAD", () => {
  test("sums the entropies of what stages give, the last eight times", () => {
    const first = Math.log(48 * 16 * 9 * 32) / 2;
    const second = first + Math.log(64 * 32 * 9 * 64) / 2;
    const expected = Math.log(64 * 16) * first + 8 * Math.log(16 * 32) * second;
    expect(scored(network(1, 16), "deepmad-entropy(resolution=32)")).toBeCloseTo(expected, 8);
  });

  test("weighs depth against width", () => {
    const fanIns = [48, 16, 9, 32, 64, 32, 9, 64];
    const mean = fanIns.reduce((product, n) => product * n, 1) ** (1 / 8);
    expect(scored(network(1, 16), "deepmad-effectiveness")).toBeCloseTo(8 / mean, 10);
    expect(scored(network(4, 16), "deepmad-effectiveness")).toBeGreaterThan(8 / mean);
    expect(scored(network(1, 64), "deepmad-effectiveness")).toBeLessThan(8 / mean);
  });
});

test("ZiCo-BC's correction is against depth, and for width", () => {
  const sum = [
    [64, 16],
    [64, 32],
    [64, 32],
    [64, 16],
    [16, 32],
    [16, 64],
    [16, 64],
    [16, 32],
  ].reduce((total, [positions = 1, channels = 1]) => total + Math.log(positions / Math.sqrt(channels)), 0);
  expect(scored(network(1, 16), "depth-width-correction")).toBeCloseTo(-sum, 10);
  expect(scored(network(2, 16), "depth-width-correction")).toBeLessThan(-sum);
  expect(scored(network(1, 32), "depth-width-correction")).toBeGreaterThan(-sum);
});

test("a network that gives no map has a reason", () => {
  const flat = chain("flat", [1, 3, 4, 4], [{ name: "stem", spec: { kind: "downsample", stride: 4, width: 8 } }]);
  for (const id of ["deepmad-entropy(resolution=4)", "deepmad-effectiveness", "depth-width-correction"]) {
    expect(scored(flat, id)).toMatchObject({ value: null });
  }
});
