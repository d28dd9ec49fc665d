/**
 * @file Networks of published kinds from PyTorch, whose LogSynflow and Synflow are those that PyTorch's autograd gives of the
 * linearised network in float64 (`scripts/import-flow.py` wrote both): squeeze-and-excite with its gates as they are, tokens that are
 * stretched, shifted windows, merged patches, transposed convolutions, interpolation, shuffled channels, Einsum, weights on the left.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importOnnx, metricsOf, onnxRuntime, Scorer } from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";

const FOLDER = fileURLToPath(new URL("fixtures/flow/", import.meta.url));
const runtime = onnxRuntime(ort);

const expected = JSON.parse(readFileSync(`${FOLDER}expected.json`, "utf8")) as Readonly<
  Record<string, { readonly logsynflow: number; readonly synflow: number }>
>;

/** Sums of fields that bend differently are not separable; of most of these networks the difference is rounding. */
const TOLERANCE = 3e-6;

test("every file has scores to compare with", () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".onnx"));
  expect(files.map((name) => name.replace(".onnx", "")).toSorted()).toEqual(Object.keys(expected).toSorted());
});

test.each(Object.entries(expected))(
  "%s has the scores of PyTorch's autograd",
  async (name, { logsynflow, synflow }) => {
    const { architecture } = await importOnnx(readFileSync(`${FOLDER}${name}.onnx`), { runtime });
    const scorer = new Scorer(runtime, { seed: 0, sessions: 1 });
    try {
      const scores = await scorer.scores(architecture, metricsOf("logsynflow,synflow"));
      expect(Math.abs(Number(scores.logsynflow) / logsynflow - 1)).toBeLessThan(TOLERANCE);
      // A logarithm: its difference is the relative one of what it is of.
      expect(Math.abs(Number(scores.synflow) - synflow)).toBeLessThan(10 * TOLERANCE);
    } finally {
      await scorer.release();
    }
  },
);
