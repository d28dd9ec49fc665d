/**
 * @file The same function has the same costs and scores however a file writes it: random networks, rewritten by forms of exporters and
 * by compositions of them. That a rewrite computes the same is seen in ONNX Runtime.
 */

import {
  importOnnx,
  metricsOf,
  onnxRuntime,
  Scorer,
  type Scores,
  type WeightSource,
  weightSources,
} from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { type OnnxGraph, type OnnxNetwork, onnxGraphOf, onnxNetworks } from "./reference/onnx-networks.js";
import { rewrite, rewrites, withMovedOutput, withOtherConstants } from "./reference/onnx-rewrites.js";

const runtime = onnxRuntime(ort);
const scorer = new Scorer(runtime, { seed: 2, sessions: 2 });
afterAll(() => scorer.release());

const sources = fc.constantFrom(...weightSources);
const metrics = metricsOf("parameters,macs,activation-layers,entropic-score,logsynflow,synflow");

async function scoresOf(bytes: Uint8Array, weights: WeightSource): Promise<Scores> {
  const { architecture } = await importOnnx(bytes, { runtime, weights });
  return scorer.scores(architecture, metrics);
}

async function resultOf(g: OnnxGraph, bytes: Uint8Array): Promise<readonly number[]> {
  const shape = g.shape(g.input);
  const data = Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => 2 * Math.sin(1.7 * i + 1));
  const session = await runtime.createSession(bytes);
  try {
    return [...((await session.run({ [g.input]: { data, shape } }))[g.output]?.data ?? [])];
  } finally {
    await session.release();
  }
}

function expectNear(score: unknown, other: unknown, what: string): void {
  if (typeof score !== "number") expect(other, what).toMatchObject({ value: null });
  else expect(Math.abs(Number(other) - score), what).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(score)));
}

/** Whether the rewritten network computes what the network does, and has its scores. */
async function expectSame(
  network: OnnxNetwork,
  weights: WeightSource,
  change: (g: OnnxGraph) => void,
  isMoved = false,
): Promise<void> {
  const before = onnxGraphOf(network);
  const after = onnxGraphOf(network);
  change(after);
  const [own, other] = [before.bytes(), after.bytes()];
  const [values, others] = [await resultOf(before, own), await resultOf(after, other)];
  expect(others).toHaveLength(values.length);
  const sorted = (of: readonly number[]) => (isMoved ? of.toSorted((a, b) => a - b) : of);
  const [expected, given] = [sorted(values), sorted(others)];
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - (given[i] ?? Number.NaN))));
  expect(difference, "what it computes").toBeLessThan(1e-4);
  const [scores, rewritten] = [await scoresOf(own, weights), await scoresOf(other, weights)];
  for (const [metric, score] of Object.entries(scores)) expectNear(score, rewritten[metric], metric);
}

/** Networks that have a place for a rewrite. */
function networksFor(name: string): fc.Arbitrary<OnnxNetwork> {
  return onnxNetworks.filter((network) => rewrite(onnxGraphOf(network), name, 0));
}

test.each(Object.keys(rewrites))("a network is the same in another form: %s", async (name) => {
  const property = fc.asyncProperty(networksFor(name), sources, fc.nat(40), (network, weights, place) =>
    expectSame(network, weights, (g) => rewrite(g, name, place)),
  );
  await fc.assert(property, { seed: 1, numRuns: 6 });
});

test.each(
  ["Identity", "Flatten", "Unsqueeze", "Transpose and Reshape", "Expand"].map((name, i) => [name, i + 1] as const),
)("an output is the same behind %s", async (_, way) => {
  const property = fc.asyncProperty(onnxNetworks, sources, (network, weights) =>
    expectSame(network, weights, (g) => withMovedOutput(g, way), true),
  );
  await fc.assert(property, { seed: 2, numRuns: 10 });
});

test("a network is the same after many rewrites, one on what others wrote", async () => {
  const step = fc.tuple(fc.constantFrom(...Object.keys(rewrites)), fc.nat(40));
  const steps = fc.array(step, { minLength: 3, maxLength: 12 });
  const ways = fc.tuple(fc.nat(5), fc.nat(2));
  const property = fc.asyncProperty(onnxNetworks, sources, steps, ways, (network, weights, list, [output, constants]) =>
    expectSame(
      network,
      weights,
      (g) => {
        for (const [name, place] of list) rewrite(g, name, place);
        withMovedOutput(g, output);
        withOtherConstants(g, constants);
      },
      true,
    ),
  );
  await fc.assert(property, { seed: 3, numRuns: 80 });
});
