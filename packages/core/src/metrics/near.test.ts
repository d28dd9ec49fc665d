import fc from "fast-check";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { normalValues } from "../runtime/weights.js";
import { effectiveRank } from "./near.js";
import { principalDimension } from "./w-pca.js";

function productOfRows(rows: readonly (readonly number[])[]) {
  const matrix = new Matrix(rows.map((row) => [...row]));
  const product = matrix.mmul(matrix.transpose());
  return { data: Float32Array.from(product.to1DArray()), shape: [rows.length, rows.length] };
}

const identity = (n: number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));

describe("the effective rank", () => {
  test("of a multiple of an identity is its order, of a single direction 1, and of zeros 0", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0.1, max: 10, noNaN: true }), (n, scale) => {
        const rows = identity(n).map((row) => row.map((value) => value * scale));
        expect(effectiveRank(productOfRows(rows))).toBeCloseTo(n, 4);
        expect(effectiveRank(productOfRows(rows.map(() => [scale])))).toBeCloseTo(1, 2);
        expect(effectiveRank(productOfRows(rows.map(() => [0])))).toBe(0);
      }),
    );
  });

  test("is the exponential of the entropy of the shares of singular values", () => {
    const values = normalValues(0, "matrix", [12, 12]);
    const rows = Array.from({ length: 12 }, (_, i) => Array.from(values.subarray(i * 12, (i + 1) * 12)));
    const { diagonal } = new SingularValueDecomposition(new Matrix(rows));
    const sum = diagonal.reduce((total, value) => total + value, 0);
    const entropy = diagonal.reduce((total, value) => total - (value / sum) * Math.log(value / sum), 0);
    expect(effectiveRank(productOfRows(rows))).toBeCloseTo(Math.exp(entropy), 3);
  });
});

describe("the principal dimension", () => {
  test("is how many components hold a share of the variance", () => {
    const variances = [50, 30, 15, 4, 1];
    const rows = variances.map((variance, i) => variances.map((_, j) => (i === j ? Math.sqrt(variance) : 0)));
    const covariance = productOfRows(rows);
    expect([0.5, 0.79, 0.81, 0.95, 0.97, 1].map((share) => principalDimension(covariance, share))).toEqual([
      1, 2, 3, 3, 4, 5,
    ]);
    expect(principalDimension(productOfRows([[0], [0]]), 0.99)).toBe(0);
  });
});
