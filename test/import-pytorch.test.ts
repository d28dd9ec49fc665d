/** @file Networks as PyTorch's exporter writes them: of any opset they are the same network. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importOnnx, metricsOf, onnxRuntime, Scorer, type Scores } from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPythonModule, PYTHON } from "./reference/python.js";

const SCRIPT = fileURLToPath(new URL("../scripts/import-opsets.py", import.meta.url));
const isThere = hasPythonModule("torch");
const folder = mkdtempSync(join(tmpdir(), "esnas-opsets-"));
afterAll(() => rmSync(folder, { recursive: true }));

const runtime = onnxRuntime(ort);

async function scoresOf(file: string): Promise<Scores> {
  const { architecture } = await importOnnx(readFileSync(join(folder, file)), { runtime, weights: "file" });
  const scorer = new Scorer(runtime, { seed: 0, sessions: 1 });
  try {
    const metrics = "parameters,macs,activation-layers,entropic-score,naswot(batch=4),meco,logsynflow";
    return await scorer.scores(architecture, metricsOf(metrics));
  } finally {
    await scorer.release();
  }
}

/** By hand: 3 x 3 x 3 x 16 and 3 x 3 x 16 at 32 x 32, 16 x 10; and 192 x 32 and 4 linear layers at 64 tokens, 2 products of 4 heads. */
const MOBILE = 27 * 16 * 1024 + 9 * 16 * 1024 + 160;
const ENCODER = 64 * (192 * 32 + 32 * 96 + 32 * 32 + 2 * 32 * 128) + 2 * 64 * 64 * 32 + 320;

/** 192 x 32 and 32 x 32 at 64 tokens, 32 x 10. */
const NORMS = 64 * (192 * 32 + 32 * 32) + 320;

describe.skipIf(!isThere)("a network that PyTorch exported at opsets 7 to 17 (skipped without python3-torch)", () => {
  beforeAll(() => {
    const { status, stderr } = spawnSync(PYTHON, [SCRIPT, folder], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
  }, 300_000);

  test.each([
    ["relu6", 2, MOBILE],
    ["hardswish", 2, MOBILE],
    ["silu", 2, MOBILE],
    ["mish", 2, MOBILE],
    ["gelu-tanh", 2, MOBILE],
    ["gelu", 2, MOBILE],
    ["gated", 3, MOBILE + 2 * 64],
    ["gated-by-view", 3, MOBILE + 2 * 64],
    ["norms", 3, NORMS],
    ["encoder", 1, ENCODER],
  ] as const)("has the same scores at each: %s", async (name, nonlinearities, macs) => {
    const files = readdirSync(folder).filter((file) => new RegExp(`^${name}-\\d+\\.onnx$`).test(file));
    expect(files.length).toBeGreaterThanOrEqual(5);
    const [first, ...others] = await Promise.all(files.map(scoresOf));
    expect(first).toMatchObject({ macs, "activation-layers": nonlinearities });
    for (const metric of ["entropic-score", "naswot(batch=4)"]) expect(first?.[metric]).toEqual(expect.any(Number));
    expect(first?.logsynflow).toEqual(expect.any(Number));
    for (const other of others) {
      for (const [metric, score] of Object.entries(first ?? {})) {
        if (typeof score === "number") expect(Number(other[metric]) / score, metric).toBeCloseTo(1, 4);
        else expect(other[metric]).toEqual(score);
      }
    }
  });
});
