/** @file Exported ONNX models at any size and batch, with given weights, as they are and as ONNX Runtime simplifies them. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Architecture,
  checkAnySize,
  type EncodeOptions,
  encode,
  graphOf,
  hybridSpace,
  InputError,
  modelNamed,
  resized,
  sample,
  scatteredValues,
  seededRandom,
  spaceOf,
} from "@esnas/core/internal";

import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { hasPythonModule, PYTHON } from "./reference/python.js";

const space = hybridSpace({ input: [3, 64, 96], classes: 10 });
const CHECKER = fileURLToPath(new URL("../scripts/check-onnx.py", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "esnas-export-"));
afterAll(() => rmSync(folder, { recursive: true }));

const architectureOf = (seed: number) => space.build(sample(space, seededRandom(seed)));
const seeds = fc.nat(10_000);

function model(architecture: Architecture, options: Omit<EncodeOptions, "values"> = {}): Uint8Array {
  return encode(graphOf(architecture), { ...options, values: scatteredValues(1) });
}

type Level = "disabled" | "basic" | "extended" | "all";

async function logitsOf(bytes: Uint8Array, shape: readonly number[], level: Level = "disabled"): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: level, intraOpNumThreads: 1 });
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.7));
  const { data: logits } = Object.values(await session.run({ input: new ort.Tensor("float32", data, shape) }))[0] ?? {};
  await session.release();
  return logits as Float32Array;
}

/** Largest difference, beside the largest of the expected values. */
function differenceOf(given: Float32Array, expected: Float32Array): number {
  expect(given).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - (given[i] ?? Number.NaN)))) / largest;
}

describe("a model for images of any size", () => {
  test("gives at each size what the model for that size alone gives", async () => {
    const side = fc.integer({ min: 32, max: 130 });
    await fc.assert(
      fc.asyncProperty(seeds, side, side, fc.integer({ min: 1, max: 3 }), async (seed, height, width, batch) => {
        const architecture = architectureOf(seed);
        const shape = [batch, 3, height, width];
        const fixed = resized(architecture, { resolution: [height, width] });
        const expected = await logitsOf(model(fixed, { batch }), shape);
        expect(expected).toHaveLength(batch * 10);
        expect(differenceOf(await logitsOf(model(architecture, { anySize: true }), shape), expected)).toBeLessThan(
          1e-5,
        );
      }),
      { seed: 1, numRuns: 15 },
    );
  });

  test("is what every network of our spaces can be", () => {
    for (const name of ["hybrid", "nats-topology", "nats-size", "nasbench101"]) {
      const other = spaceOf(name);
      for (let seed = 0; seed < 5; seed++) checkAnySize(other.build(sample(other, seededRandom(seed))));
    }
  });

  test("is refused of a network with one code for each position, which is named", () => {
    expect(() => checkAnySize(modelNamed("deit_tiny").build())).toThrow(InputError);
    expect(() => checkAnySize(modelNamed("deit_tiny").build())).toThrow(/cannot take images of any size: "[^"]+"/);
  });

  test("is refused of a size that is too small for the network, as a fixed size is", () => {
    expect(() => resized(architectureOf(1), { resolution: [16, 64] })).toThrow(/cannot take images of \[16, 64\]/);
  });
});

describe("an exported model", () => {
  const variants = { fixed: {}, "of any size": { anySize: true }, "of batch 2": { batch: 2 } } as const;

  test.each(Object.entries(variants))(
    "%s has equal results at every optimisation level, and after simplification",
    async (name, options) => {
      const shape = [2, 3, 64, 96];
      for (const seed of [1, 2, 3]) {
        const bytes = model(architectureOf(seed), options);
        const expected = await logitsOf(bytes, shape);
        for (const level of ["basic", "extended", "all"] as const) {
          expect(differenceOf(await logitsOf(bytes, shape, level), expected)).toBeLessThan(1e-5);
        }
        const simple = await simplified(bytes, `${name} ${seed}`);
        expect(differenceOf(await logitsOf(simple, shape), expected)).toBeLessThan(1e-5);
      }
    },
  );

  /** As ONNX Runtime writes it: constants folded, needless nodes gone, no operators but ONNX's own. */
  async function simplified(bytes: Uint8Array, name: string): Promise<Uint8Array> {
    const path = join(folder, `${name}.onnx`);
    const session = await ort.InferenceSession.create(bytes, {
      graphOptimizationLevel: "basic",
      optimizedModelFilePath: path,
    });
    await session.release();
    return readFileSync(path);
  }

  const judge = hasPythonModule("onnx");
  test.skipIf(!judge)(
    "passes the full checker and strict shape inference, as it is and simplified (skipped without python3-onnx)",
    async () => {
      const files: string[] = [];
      for (const [name, options] of Object.entries(variants)) {
        const bytes = model(architectureOf(4), options);
        const file = join(folder, `judged ${name}.onnx`);
        writeFileSync(file, bytes);
        await simplified(bytes, `judged ${name} simplified`);
        files.push(file, join(folder, `judged ${name} simplified.onnx`));
      }
      const printed = execFileSync(PYTHON, [CHECKER, ...files], { encoding: "utf8" });
      expect(printed.match(/: valid, opset 17/g)).toHaveLength(6);
    },
  );
});

describe("another number of classes", () => {
  test("changes the classifier and nothing else", () => {
    const parameters = (architecture: Architecture) => [...graphOf(architecture).parameters.values()];
    const [own, other] = [architectureOf(1), resized(architectureOf(1), { classes: 7 })].map(parameters);
    const differing = (own ?? []).filter(({ shape }, i) => `${shape}` !== `${other?.[i]?.shape}`);
    expect(differing.map(({ name }) => name)).toEqual(["head.classifier.weight", "head.classifier.bias"]);
    expect(other?.at(-1)?.shape).toEqual([7]);
  });
});
