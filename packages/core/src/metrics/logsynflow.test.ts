import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Architecture, chain, fromGraph, graphOf } from "../architecture/architecture.js";
import { seededRandom } from "../base/random-numbers.js";
import { expectedMagnitude } from "../graph/flow-rule.js";
import type { Parameter } from "../graph/graph.js";
import { elements } from "../graph/graph.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { sample } from "../spaces/variation.js";
import { logSynflowByBlock } from "./logsynflow.js";
import { metricOf } from "./registry.js";
import { scoreStatic } from "./static-score.js";

function scoreBy(id: string, architecture: Architecture): number {
  const metric = metricOf(id);
  if ("observe" in metric) throw new Error(`${id} runs nothing`);
  return Number(scoreStatic(architecture, metric));
}

function deep(blocks: number): Architecture {
  return chain(
    "deep",
    [1, 3, 32, 32],
    [
      { name: "stem", spec: { kind: "downsample", stride: 2, width: 64 } },
      ...Array.from({ length: blocks }, (_, i) => ({
        name: `stages.0.blocks.${i}`,
        spec: { kind: "ibn", kernel: 9, expansion: 6 } as const,
      })),
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
}

/** The network with weights as a file would bring them: the same magnitude everywhere, with alternating signs. */
function withValues(architecture: Architecture, magnitude: (parameter: Parameter) => number): Architecture {
  const graph = graphOf(architecture);
  const parameters = new Map(
    [...graph.parameters].map(([name, parameter]) => {
      const values = new Float32Array(elements(parameter.shape)).map((_, i) => (i % 2 ? 1 : -1) * magnitude(parameter));
      return [name, { ...parameter, values }];
    }),
  );
  return fromGraph({ ...graph, parameters });
}

describe("flow metrics", () => {
  test("stay finite where the signal itself leaves the range of a float64", () => {
    const synflow = scoreBy("synflow", deep(400));
    expect(synflow).toBeGreaterThan(Math.log(Number.MAX_VALUE));
    expect(Number.isFinite(synflow)).toBe(true);
    expect(Number.isFinite(scoreBy("logsynflow", deep(400)))).toBe(true);
    expect(Number.isFinite(scoreBy("logsynflow(normalisation=divide)", deep(400)))).toBe(true);
  });

  test("grow with depth in proportion where every gradient is large: the limit that the docs tell of", () => {
    const [one, two] = [scoreBy("synflow", deep(100)), scoreBy("synflow", deep(200))];
    expect(two / one).toBeGreaterThan(1.8);
  });

  test("take the mean magnitude of weights from a file in place of the expectation", () => {
    const network = deep(2);
    const same = withValues(network, expectedMagnitude);
    expect(scoreBy("logsynflow", same) / scoreBy("logsynflow", network)).toBeCloseTo(1, 6);
    const doubled = withValues(network, (parameter) => 2 * expectedMagnitude(parameter));
    expect(scoreBy("logsynflow", doubled)).toBeGreaterThan(2 * scoreBy("logsynflow", network));
  });
});

describe("the LogSynflow of blocks", () => {
  test("adds up to that of the network", () => {
    const space = hybridSpace();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const architecture = space.build(sample(space, seededRandom(seed)));
        const parts = logSynflowByBlock(architecture);
        expect(parts).toHaveLength(architecture.blocks.length);
        expect(parts.every((part) => part > 0)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0) / scoreBy("logsynflow", architecture)).toBeCloseTo(1, 9);
      }),
      { numRuns: 20 },
    );
  });
});
