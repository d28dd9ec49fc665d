import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  architectureCosts,
  decode,
  encode,
  fromGraph,
  type Graph,
  graphOf,
  hybridSpace,
  InputError,
  metricsOf,
  onnxRuntime,
  parameterValues,
  Scorer,
  sample,
  seededRandom,
} from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { hasPythonModule, PYTHON } from "./reference/python.js";

const space = hybridSpace();
const runtime = onnxRuntime(ort);
const CHECKER = fileURLToPath(new URL("../scripts/check-onnx.py", import.meta.url));

function randomGraph(seed: number): Graph {
  return graphOf(space.build(sample(space, seededRandom(seed))));
}

function model(graph: Graph, seed = 0): Uint8Array {
  return encode(graph, { values: (parameter) => parameterValues(seed, parameter) });
}

describe("an exported model", () => {
  test("comes back from its file with the same costs and, its weights drawn anew, the same scores", async () => {
    const scorer = new Scorer(runtime, { seed: 5 });
    const metrics = metricsOf(
      "parameters,macs,activations,activation-layers,peak-memory,entropic-score(resolution=256)",
    );
    for (const seed of [1, 2, 3]) {
      const graph = randomGraph(seed);
      const { graph: decoded, opset } = decode(model(graph));
      expect(opset).toBe(17);
      expect(architectureCosts(fromGraph(decoded))).toEqual(architectureCosts(fromGraph(graph)));
      for (const metric of metrics) {
        expect(await scorer.score(fromGraph(decoded), metric)).toBe(await scorer.score(fromGraph(graph), metric));
      }
    }
    await scorer.release();
  });

  test("runs in ONNX Runtime at 256 x 256, batch 1 and 8, with equal results at every optimisation level", async () => {
    const bytes = model(randomGraph(4));
    const image = Float32Array.from({ length: 8 * 3 * 256 * 256 }, (_, i) => Math.sin(i));
    const outputs: number[][] = [];
    for (const optimisation of ["disabled", "basic", "extended", "all"] as const) {
      const session = await runtime.createSession(bytes, { optimisation });
      for (const batch of [1, 8]) {
        const data = image.slice(0, batch * 3 * 256 * 256);
        const [logits] = Object.values(await session.run({ input: { data, shape: [batch, 3, 256, 256] } }));
        expect(logits?.shape).toEqual([batch, 1000]);
        outputs.push([...(logits?.data.slice(0, 1000) ?? [])]);
      }
      await session.release();
    }
    const scale = Math.max(...(outputs[0] ?? []).map(Math.abs));
    for (const output of outputs) {
      const difference = Math.max(...output.map((value, i) => Math.abs(value - (outputs[0]?.[i] ?? 0))));
      expect(difference / scale).toBeLessThan(1e-4);
    }
  });

  test("names nodes and parameters by stage and block", () => {
    const { graph } = decode(model(randomGraph(4)));
    for (const { name } of graph.nodes) expect(name).toMatch(/^(stem|head|stages\.\d\.(downsample|blocks\.\d))\//);
    for (const name of graph.parameters.keys())
      expect(name).toMatch(/^(stem|head|stages\.\d\.(downsample|blocks\.\d))\./);
  });

  test("depends on the seed alone", () => {
    const [first, again, other] = [1, 1, 2].map((seed) => Buffer.from(model(randomGraph(4), seed)));
    expect(first?.equals(again ?? Buffer.of())).toBe(true);
    expect(first?.equals(other ?? Buffer.of())).toBe(false);
  });

  const judge = hasPythonModule("onnx");
  test.skipIf(!judge)(
    "passes the full checker and the strict shape inference of ONNX (skipped without python3-onnx)",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "esnas-onnx-"));
      try {
        const files = [1, 2, 3, 4].map((seed) => {
          const file = join(folder, `${seed}.onnx`);
          writeFileSync(file, model(randomGraph(seed)));
          return file;
        });
        const printed = execFileSync(PYTHON, [CHECKER, ...files], { encoding: "utf8" });
        expect(printed.match(/: valid, opset 17/g)).toHaveLength(4);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe("the decoder", () => {
  const small = graphOf(hybridSpace({ input: [1, 32, 32], classes: 3 }).build(sample(hybridSpace(), seededRandom(1))));
  const good = model(small);

  test("answers cut files with an InputError", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), (length) => {
        expect(() => decode(good.slice(0, length))).toThrow(InputError);
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test("names an operator that it does not know", () => {
    const text = Buffer.from(good).toString("latin1").replaceAll("Flatten", "Flattem");
    expect(() => decode(Buffer.from(text, "latin1"))).toThrow(/unknown operator "Flattem".*Did you mean "Flatten"/);
  });
});
