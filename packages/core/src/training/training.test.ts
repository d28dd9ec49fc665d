import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Parameter } from "../graph/graph.js";
import { adamWStep, clippedToNorm, decaysOf, globalNorm, movingAverage, sgdStep, type Tensors } from "./optimizer.js";
import { cosineWithWarmUp, oneCycle } from "./schedule.js";

const f = (...values: number[]) => Float32Array.from(values);
const numbers = (tensors: Tensors) => tensors.flatMap((tensor) => [...tensor]);

function expectNear(found: Tensors, expected: readonly number[]) {
  expect(numbers(found)).toHaveLength(expected.length);
  numbers(found).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
  });
}

describe("a step of stochastic gradient descent", () => {
  test("goes against the gradient", () => {
    expectNear(sgdStep([f(1, 2), f(3)], [f(10, -10), f(1)], undefined, { rate: 0.1 }).weights, [0, 3, 2.9]);
  });

  test("keeps a share of its velocity, and decays weights", () => {
    const options = { rate: 0.5, momentum: 0.9, weightDecay: 0.1 };
    const first = sgdStep([f(1)], [f(1)], undefined, options);
    expectNear(first.velocities, [1.1]);
    expectNear(first.weights, [0.45]);
    const second = sgdStep(first.weights, [f(1)], first.velocities, options);
    expectNear(second.velocities, [0.9 * 1.1 + 1 + 0.045]);
    expectNear(second.weights, [0.45 - 0.5 * (0.99 + 1.045)]);
  });
});

describe("a step of AdamW", () => {
  test("is one rate long at first, whatever the gradient's size", () => {
    const { weights } = adamWStep([f(1, 1, 1)], [f(1e3, -2, 1e-3)], undefined, { rate: 0.01, weightDecays: [0] });
    weights[0]?.forEach((weight, i) => {
      expect(weight).toBeCloseTo(i === 1 ? 1.01 : 0.99, 4);
    });
  });

  test("decays the tensors that are to decay, by the rate", () => {
    const { weights } = adamWStep([f(2), f(2)], [f(0), f(0)], undefined, { rate: 0.1, weightDecays: [0.5, 0] });
    expectNear(weights, [1.9, 2]);
  });

  test("weighs what came before by its betas", () => {
    const options = { rate: 0.1, betas: [0.5, 0.75] as const, weightDecays: [0] };
    const first = adamWStep([f(0)], [f(1)], undefined, options);
    const second = adamWStep(first.weights, [f(3)], first.state, options);
    const mean = (0.5 * 0.5 + 0.5 * 3) / (1 - 0.25);
    const square = (0.75 * 0.25 + 0.25 * 9) / (1 - 0.5625);
    expectNear(second.weights, [-0.1 - (0.1 * mean) / Math.sqrt(square)]);
    expect(second.state.steps).toBe(2);
  });

  test("finds the least of a bowl", () => {
    let weights: Tensors = [f(3, -2)];
    let state: ReturnType<typeof adamWStep>["state"] | undefined;
    for (let step = 0; step < 400; step++) {
      const gradients = weights.map((tensor) => tensor.map((w, i) => 2 * (w - i)));
      const rate = cosineWithWarmUp(step, { steps: 400, maximum: 0.1, warmUp: 10 });
      ({ weights, state } = adamWStep(weights, gradients, state, { rate, weightDecays: [0] }));
    }
    numbers(weights).forEach((w, i) => {
      expect(Math.abs(w - i)).toBeLessThan(1e-3);
    });
  });
});

test("weights of convolutions and linear layers decay; biases, normalisations and layer scales do not", () => {
  const shapes = [[8, 3, 3, 3], [8, 1, 3, 3], [10, 8], [10], [8, 1, 1]];
  const parameters = shapes.map(
    (shape): Parameter => ({ name: `${shape}`, shape, initialisation: { kind: "ones" }, trainable: true }),
  );
  expect(decaysOf(parameters, 0.05)).toEqual([0.05, 0.05, 0.05, 0, 0]);
});

test("gradients are clipped together: their norm is the maximum, or what it was, and their direction stays", () => {
  const values = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(values, { minLength: 1, maxLength: 4 }),
      fc.float({ min: Math.fround(0.1), max: 50, noNaN: true }),
      (lists, maximum) => {
        const gradients = lists.map((list) => Float32Array.from(list));
        const norm = globalNorm(gradients);
        const clipped = clippedToNorm(gradients, maximum);
        expect(globalNorm(clipped) / Math.min(norm, maximum) || 1).toBeCloseTo(1, 4);
        const inner = numbers(clipped).reduce((sum, value, i) => sum + value * (numbers(gradients)[i] ?? 0), 0);
        expect(inner / (norm * globalNorm(clipped)) || 1).toBeCloseTo(1, 4);
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

test("a moving average keeps a share of itself", () => {
  expectNear(movingAverage([f(1, 0)], [f(0, 1)], 0.9), [0.9, 0.1]);
});

describe("a schedule", () => {
  test("of one cycle rises from a 25th to its maximum at the 30th part, and falls to nearly nothing at its last step", () => {
    const at = (step: number) => oneCycle(step, { steps: 101, maximum: 1 });
    expect(at(0)).toBeCloseTo(1 / 25, 9);
    expect(at(100)).toBeCloseTo(1 / 25e4, 9);
    const rates = Array.from({ length: 101 }, (_, step) => at(step));
    const top = rates.indexOf(Math.max(...rates));
    expect([29, 30]).toContain(top);
    for (let step = 1; step <= 100; step++) {
      const rise = (rates[step] ?? 0) - (rates[step - 1] ?? 0);
      if (step <= top) expect(rise).toBeGreaterThan(0);
      else expect(rise).toBeLessThan(0);
    }
  });

  test("of a cosine rises in a line for its warm-up, is at its maximum behind it, halfway down in the middle, and least at the end", () => {
    const at = (step: number) => cosineWithWarmUp(step, { steps: 110, maximum: 2, warmUp: 10, minimum: 1 });
    expect([0, 4, 9].map(at)).toEqual([0.2, 1, 2]);
    expect(at(10)).toBe(2);
    expect(at(60)).toBeCloseTo(1.5, 9);
    expect(at(110)).toBeCloseTo(1, 9);
  });
});
