import fc from "fast-check";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { chain, graphOf } from "../architecture/architecture.js";
import { modelNamed } from "../models/registry.js";
import { normalValues } from "../runtime/weights.js";
import { metricOf } from "./registry.js";
import { spectralCapacityOf } from "./spectral-capacity.js";
import { scoreStatic } from "./static-score.js";
import { weightMatricesOf } from "./weight-matrices.js";

/** The paper's integral, over x = (1 + r) - 2 sqrt(r) cos t, which has no corner at its ends. */
function byIntegral(m: number, n: number): number {
  const [small, large] = [Math.min(m, n), Math.max(m, n)];
  const ratio = small / large;
  const gain = (2 * large) / (m + n);
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const t = (Math.PI * (i + 0.5)) / steps;
    const x = 1 + ratio - 2 * Math.sqrt(ratio) * Math.cos(t);
    sum += (Math.log(1 + gain * x) * (2 * Math.sqrt(ratio) * Math.sin(t)) ** 2) / (2 * Math.PI * ratio * x);
  }
  return (small * sum * Math.PI) / steps;
}

const sizes = fc.integer({ min: 1, max: 2000 });

describe("the spectral capacity of a matrix", () => {
  test("is the integral over the Marchenko-Pastur law", () => {
    fc.assert(
      fc.property(sizes, sizes, (m, n) => {
        expect(spectralCapacityOf(m, n) / byIntegral(m, n)).toBeCloseTo(1, 5);
      }),
      { numRuns: 30 },
    );
  });

  test("does not depend on which side is which, and grows with both", () => {
    fc.assert(
      fc.property(sizes, sizes, (m, n) => {
        expect(spectralCapacityOf(m, n)).toBeCloseTo(spectralCapacityOf(n, m), 8);
        expect(spectralCapacityOf(m + 1, n)).toBeGreaterThan(spectralCapacityOf(m, n));
      }),
    );
  });

  test.each([
    [48, 96],
    [64, 64],
    [100, 20],
  ])("is what a random matrix of %d x %d has, in the mean", (m, n) => {
    const draws = 20;
    let mean = 0;
    for (let seed = 0; seed < draws; seed++) {
      const values = normalValues(seed, "matrix", [m, n]);
      const rows = Array.from({ length: m }, (_, i) => Array.from(values.subarray(i * n, (i + 1) * n)));
      const matrix = new Matrix(rows).mul(Math.sqrt(2 / (m + n)));
      const { diagonal } = new SingularValueDecomposition(matrix, { autoTranspose: true });
      mean += diagonal.reduce((sum, value) => sum + Math.log1p(value ** 2), 0) / draws;
    }
    expect(mean / spectralCapacityOf(m, n)).toBeCloseTo(1, 2);
  });
});

describe("the matrices of a network's weights", () => {
  const ibn = { kind: "ibn", kernel: 5, expansion: 4 } as const;
  const network = chain(
    "network",
    [1, 3, 32, 32],
    [
      { name: "stem", spec: { kind: "downsample", stride: 4, width: 16 } },
      { name: "stages.0.blocks.0", spec: ibn },
      { name: "stages.0.blocks.1", spec: { kind: "transformer", qkvDim: 24, heads: 3, ffn: ibn } },
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );

  test("have a row a channel where a convolution is depthwise, and one matrix a head in attention", () => {
    const matrices = weightMatricesOf(graphOf(network)).map(({ rows, columns, count }) => [rows, columns, count]);
    const mixing = [
      [64, 16, 1],
      [1, 25, 64],
      [16, 64, 1],
    ];
    expect(matrices).toEqual([[16, 48, 1], ...mixing, [8, 16, 9], [16, 24, 1], ...mixing, [10, 16, 1]]);
  });

  test.each(["mobilenetv2_100", "edgenext_xx_small", "mobilevit_xxs", "deit_tiny", "shufflenet_v2_x1_0", "resnet18"])(
    "are all of the weights of %s",
    (name) => {
      const graph = graphOf(modelNamed(name).build());
      const weights = [...graph.parameters.values()].filter(
        ({ shape, trainable }) => trainable && shape.filter((n) => n > 1).length >= 2,
      );
      const isCode = ({ name: parameter }: { readonly name: string }) =>
        /(position|token)[a-z_.]*$/.test(parameter) && !parameter.endsWith(".weight");
      const expected = weights.filter((parameter) => !isCode(parameter));
      const counted = weightMatricesOf(graph).reduce(
        (sum, { rows, columns, count }) => sum + rows * columns * count,
        0,
      );
      expect(counted).toBe(expected.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0));
    },
  );

  test.each([
    ["deit_tiny", 3, 12],
    ["edgenext_xx_small", 4, 3],
  ])("%s has query, key and value by head", (name, heads, layers) => {
    const qkv = weightMatricesOf(graphOf(modelNamed(name).build())).filter(({ node }) => node.includes("qkv"));
    expect(qkv).toHaveLength(layers);
    for (const { count } of qkv) expect(count % 3).toBe(0);
    if (name === "deit_tiny") for (const { count } of qkv) expect(count).toBe(3 * heads);
  });

  test("give the metric, whose score is their sum", () => {
    const metric = metricOf("spectral-capacity");
    if ("observe" in metric) throw new Error("it runs nothing");
    const sum = weightMatricesOf(graphOf(network)).reduce(
      (total, { rows, columns, count }) => total + count * spectralCapacityOf(rows, columns),
      0,
    );
    expect(scoreStatic(network, metric)).toBeCloseTo(sum, 6);
  });
});
