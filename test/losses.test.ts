/** @file Losses as graphs, and their gradients, against their formulas in float64. */

import { crossEntropy, differentiate, type Graph, meanSquaredError, shapeOf } from "@esnas/core/internal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../packages/core/src/graph/builder.js";
import { evaluate } from "./reference/float64.js";

/** A graph that gives its input. */
function outputs(batch: number, classes: number): Graph {
  const b = new GraphBuilder("logits");
  return b.build([b.input("logits", [batch, classes])]);
}

const batches = fc.record({ batch: fc.integer({ min: 1, max: 4 }), classes: fc.integer({ min: 2, max: 6 }) });
const sets = batches.chain(({ batch, classes }) => {
  const size = { minLength: batch * classes, maxLength: batch * classes };
  const values = (max: number) => fc.array(fc.double({ min: -max, max, noNaN: true }), size);
  return fc.record({ batch: fc.constant(batch), classes: fc.constant(classes), x: values(30), t: values(2) });
});

function lossAndGradient(
  { graph, loss, targets }: ReturnType<typeof crossEntropy>,
  x: readonly number[],
  t: readonly number[],
) {
  const { graph: both, gradients } = differentiate(graph, { of: loss, withRespectTo: [graph.input] });
  const values = evaluate(
    both,
    new Map([
      [graph.input, Float64Array.from(x)],
      [targets, Float64Array.from(t)],
    ]),
  );
  expect(shapeOf(both, loss)).toEqual([]);
  return {
    loss: values.get(loss)?.[0] ?? Number.NaN,
    gradient: [...(values.get(gradients.get(graph.input) ?? "") ?? [])],
  };
}

function expectNear(found: readonly number[], expected: readonly number[]) {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 9);
  });
}

describe("cross-entropy", () => {
  test("is the mean of what its targets cost in nats; its gradient is what is predicted less what is aimed at", () => {
    const property = fc.property(
      sets,
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      ({ batch, classes, x, t }, smoothing) => {
        const rows = (of: readonly number[]) =>
          Array.from({ length: batch }, (_, i) => of.slice(i * classes, (i + 1) * classes));
        const aims = rows(t.map(Math.abs)).map((row) => {
          const sum = row.reduce((a, b) => a + b, 0);
          return row.map((value) => (sum === 0 ? 1 / classes : value / sum));
        });
        const smoothed = aims.map((row) => row.map((value) => (1 - smoothing) * value + smoothing / classes));
        const shares = rows(x).map((row) => {
          const sizes = row.map((value) => Math.exp(value - Math.max(...row)));
          return sizes.map((value) => value / sizes.reduce((a, b) => a + b, 0));
        });
        const costs = smoothed.flatMap((row, i) => row.map((aim, j) => -aim * Math.log(shares[i]?.[j] ?? 0)));
        const expected = costs.reduce((a, b) => a + b, 0) / batch;
        const { loss, gradient } = lossAndGradient(
          crossEntropy(outputs(batch, classes), { labelSmoothing: smoothing }),
          x,
          aims.flat(),
        );
        expect(loss).toBeCloseTo(expected, 8);
        expectNear(
          gradient,
          shares.flatMap((row, i) => row.map((share, j) => (share - (smoothed[i]?.[j] ?? 0)) / batch)),
        );
      },
    );
    fc.assert(property, { seed: 1, numRuns: 50 });
  });

  test("refuses a smoothing that is no share", () => {
    expect(() => crossEntropy(outputs(1, 2), { labelSmoothing: 1 })).toThrow(/label smoothing is a share/);
  });
});

test("the mean squared error and its gradient are those of the formula", () => {
  const property = fc.property(sets, ({ batch, classes, x, t }) => {
    const n = batch * classes;
    const { loss, gradient } = lossAndGradient(meanSquaredError(outputs(batch, classes)), x, t);
    expect(loss).toBeCloseTo(x.reduce((sum, value, i) => sum + (value - (t[i] ?? 0)) ** 2, 0) / n, 8);
    expectNear(
      gradient,
      x.map((value, i) => (2 * (value - (t[i] ?? 0))) / n),
    );
  });
  fc.assert(property, { seed: 1, numRuns: 50 });
});
