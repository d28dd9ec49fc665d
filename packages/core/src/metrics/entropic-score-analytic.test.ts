import { describe, expect, test } from "vitest";
import { chain } from "../architecture/architecture.js";
import { normalValues } from "../runtime/weights.js";
import { entropyOf, identityMoments, type Moments, momentsAfter } from "./entropic-score-analytic.js";
import { metricOf } from "./registry.js";
import { scoreStatic } from "./static-score.js";

const STEP = 1e-4;
const REACH = 12;

/** A grid over the real line with the standard normal density and its integral up to each point. */
const grid = (() => {
  const points: { x: number; density: number; below: number }[] = [];
  let below = 0;
  for (let x = -REACH + STEP / 2; x < REACH; x += STEP) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    points.push({ x, density, below: below + (density * STEP) / 2 });
    below += density * STEP;
  }
  return points;
})();

/** E|f|, E[|f| ln |f|] and E f^2, by the midpoint rule. */
function momentsOf(f: (x: number, below: number) => number): Moments {
  let [mean, weighted, square] = [0, 0, 0];
  for (const { x, density, below } of grid) {
    const magnitude = Math.abs(f(x, below));
    mean += magnitude * density * STEP;
    if (magnitude > 0) weighted += magnitude * Math.log(magnitude) * density * STEP;
    square += magnitude ** 2 * density * STEP;
  }
  return { mean, weighted, square };
}

describe("the moments behind the analytic Entropic Score", () => {
  test.each([
    ["identity", identityMoments, (x: number) => x],
    ["Relu", momentsAfter.Relu, (x: number) => Math.max(0, x)],
    ["Clip", momentsAfter.Clip, (x: number) => Math.min(6, Math.max(0, x))],
    ["Gelu", momentsAfter.Gelu, (x: number, below: number) => x * below],
    ["Swish", momentsAfter.Swish, (x: number) => x / (1 + Math.exp(-x))],
    ["HardSwish", momentsAfter.HardSwish, (x: number) => x * Math.min(1, Math.max(0, x / 6 + 0.5))],
  ] as const)("of %s are the integrals that they stand for", (_, given, f) => {
    const moments = momentsOf(f);
    expect(given?.mean).toBeCloseTo(moments.mean, 6);
    expect(given?.weighted).toBeCloseTo(moments.weighted, 6);
    expect(given?.square).toBeCloseTo(moments.square, 6);
  });
});

describe("the analytic Entropic Score", () => {
  const ibn = chain(
    "one-ibn",
    [1, 3, 8, 8],
    [
      { name: "stem", spec: { kind: "downsample", stride: 2, width: 4 } },
      { name: "block", spec: { kind: "ibn", kernel: 3, expansion: 2 } },
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
  const score = (id: string) => {
    const metric = metricOf(id);
    if ("observe" in metric) throw new Error("it runs nothing");
    return scoreStatic(ibn, metric);
  };

  test("is ln n minus the constant over the nonlinearities", () => {
    // Two ReLU6 see 8 channels of 4 x 4.
    const entropy = Math.log(8 * 16) - 0.2837571104739336;
    expect(score("entropic-score-analytic")).toBeCloseTo(entropy, 10);
    expect(score("entropic-score-analytic(aggregation=sum)")).toBeCloseTo(2 * entropy, 10);
    expect(score("entropic-score-analytic(aggregation=progressivity)")).toBe(0);
    expect(score("entropic-score-analytic(normalized=true)")).toBeCloseTo(entropy / Math.log(8 * 16), 10);
    expect(score("entropic-score-analytic(site=post)")).toBeCloseTo(Math.log(8 * 16) - 0.9769042903444793, 10);
  });

  test("of the L2 norm is the sum of -z ln z over many Gaussian elements", () => {
    const values = normalValues(1, "activations", [2 ** 18]);
    for (const [f, moments] of [
      [(x: number) => x, identityMoments],
      [(x: number) => Math.max(0, x), momentsAfter.Relu],
    ] as const) {
      const activations = values.map(f);
      const norm = Math.sqrt(activations.reduce((sum, a) => sum + a * a, 0));
      const entropy = activations.reduce((sum, a) => {
        const z = Math.abs(a) / norm;
        return sum - (z > 0 ? z * Math.log(z) : 0);
      }, 0);
      if (moments === undefined) throw new Error("ReLU has moments");
      expect(entropy / entropyOf(activations.length, moments, "l2")).toBeCloseTo(1, 2);
    }
  });
});
