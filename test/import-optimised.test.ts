/**
 * @file Files that ONNX Runtime saved after it optimised them, at each of its levels: they have the costs and scores of the file before.
 * At the level `all` convolutions work on blocks of channels, as many as suit the machine that runs this test.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  architectureCosts,
  encode,
  graphOf,
  importOnnx,
  metricsOf,
  onnxRuntime,
  parameterValues,
  Scorer,
} from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { floats } from "./reference/onnx-file.js";
import { type NodeSpec, specifiedFile, trained } from "./reference/onnx-specs.js";

const folder = mkdtempSync(join(tmpdir(), "esnas-optimised-"));
afterAll(() => rmSync(folder, { recursive: true }));

const runtime = onnxRuntime(ort);
const scorer = new Scorer(runtime, { seed: 2, sessions: 2 });
afterAll(() => scorer.release());

const metrics = metricsOf("parameters,macs,activation-layers,entropic-score,naswot(batch=4),logsynflow,synflow");

type Level = "basic" | "extended" | "all";

/** What ONNX Runtime saves of a file, after it optimised it. */
async function optimised(bytes: Uint8Array, graphOptimizationLevel: Level): Promise<Uint8Array> {
  const path = join(folder, `${graphOptimizationLevel}.onnx`);
  const source = join(folder, "source.onnx");
  writeFileSync(source, bytes);
  const options = { graphOptimizationLevel, optimizedModelFilePath: path, logSeverityLevel: 3 } as const;
  await (await ort.InferenceSession.create(source, options)).release();
  return readFileSync(path);
}

const tensors: ReturnType<typeof floats>[] = [];
const conv = (x: string, y: string, shape: readonly number[], attributes = {}): NodeSpec => {
  const [outputs = 1, , size = 1] = shape;
  const pad = (size - 1) / 2;
  tensors.push(floats(`${y}w`, shape, trained(0.3)), floats(`${y}b`, [outputs], trained(0.2)));
  return ["Conv", [x, `${y}w`, `${y}b`], [y], { pads: [pad, pad, pad, pad], ...attributes }];
};
const relu = (x: string, y: string): NodeSpec => ["Relu", [x], [y]];

/** Channels that fill no blocks, and some that do; sums, pools and a gate between. */
const nodes: readonly NodeSpec[] = [
  conv("x", "a", [12, 3, 3, 3], { strides: [2, 2] }),
  relu("a", "a1"),
  conv("a1", "b", [20, 12, 3, 3]),
  relu("b", "b1"),
  ["MaxPool", ["b1"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }],
  conv("p", "c", [24, 20, 1, 1]),
  relu("c", "c1"),
  conv("c1", "d", [24, 1, 3, 3], { group: 24 }),
  relu("d", "d1"),
  conv("d1", "e", [32, 24, 1, 1]),
  relu("e", "e1"),
  conv("e1", "f", [32, 32, 3, 3]),
  ["Add", ["f", "e1"], ["f1"]],
  relu("f1", "f2"),
  conv("f2", "g", [28, 32, 1, 1]),
  ["AveragePool", ["g"], ["g1"], { kernel_shape: [2, 2], strides: [2, 2] }],
  conv("g1", "h", [48, 28, 3, 3]),
  relu("h", "h1"),
  ["GlobalAveragePool", ["h1"], ["q"]],
  ["Flatten", ["q"], ["y"]],
];
const plain = specifiedFile({ nodes, tensors, input: [1, 3, 32, 32], output: "y", opset: 13 });

describe("a file that ONNX Runtime optimised", () => {
  test.each<Level>(["basic", "extended", "all"])("has the costs and scores that it had before: %s", async (level) => {
    const before = await importOnnx(plain, { runtime });
    const after = await importOnnx(await optimised(plain, level), { runtime });
    expect(architectureCosts(after.architecture)).toMatchObject({
      parameters: architectureCosts(before.architecture).parameters,
      macs: architectureCosts(before.architecture).macs,
    });
    const scores = await scorer.scores(before.architecture, metrics);
    const others = await scorer.scores(after.architecture, metrics);
    for (const [id, score] of Object.entries(scores)) expect(Number(others[id]) / Number(score), id).toBeCloseTo(1, 5);
  });

  test.each<Level>(["extended", "all"])("computes what it computed, with its own weights: %s", async (level) => {
    const model = await importOnnx(await optimised(plain, level), { runtime, weights: "file" });
    const data = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i));
    const again = encode(graphOf(model.architecture), { values: (parameter) => parameterValues(0, parameter) });
    const results: number[][] = [];
    for (const bytes of [plain, again]) {
      const session = await runtime.createSession(bytes);
      results.push([...((await session.run({ x: { data, shape: [1, 3, 32, 32] } })).y?.data ?? [])]);
      await session.release();
    }
    const [before = [], after = []] = results;
    expect(after).toHaveLength(before.length);
    const largest = Math.max(...before.map(Math.abs));
    for (const [i, value] of before.entries()) expect(Math.abs(value - (after[i] ?? 0))).toBeLessThan(1e-5 * largest);
  });

  test("has no channels of zeros: a file of another machine with blocks of 16", async () => {
    const path = fileURLToPath(new URL("fixtures/parameters/ortopt-shared-conv-all.onnx", import.meta.url));
    const { architecture } = await importOnnx(readFileSync(path), { runtime });
    expect(architectureCosts(architecture)).toMatchObject({ parameters: 792, macs: 350_208 });
  });
});
