/** @file Descriptions against the specs and the costs that they summarise. */

import { describe, expect, test } from "vitest";
import type { BlockSpec } from "../blocks/registry.js";
import { type Architecture, architectureCosts, chain, fromGraph, graphOf } from "./architecture.js";
import { describeStages } from "./describe.js";

const ibn = (kernel: number, expansion = 4) => ({ kind: "ibn", kernel, expansion }) as const;
const convnext = (kernel: number, expansion = 4) => ({ kind: "convnext", kernel, expansion }) as const;

const hybrid: Architecture = chain("hybrid", [1, 3, 64, 96], [
  { name: "stem", spec: { kind: "downsample", stride: 4, width: 16 } },
  { name: "stages.0.blocks.0", spec: ibn(3, 2) },
  { name: "stages.1.downsample", spec: { kind: "downsample", stride: 2, width: 32 } },
  { name: "stages.1.blocks.0", spec: ibn(5) },
  { name: "stages.1.blocks.1", spec: { kind: "transformer", qkvDim: 24, heads: 4, ffn: convnext(7, 3) } },
  { name: "stages.1.blocks.2", spec: ibn(5) },
  { name: "head", spec: { kind: "head", classes: 10 } },
] satisfies { name: string; spec: BlockSpec }[]);

describe("describeStages", () => {
  const stages = describeStages(hybrid);

  test("has one entry a stage, in order", () => {
    expect(stages.map((stage) => stage.name)).toEqual(["stem", "stages.0", "stages.1", "head"]);
  });

  test("summarises a stage's blocks, its downsample not counted", () => {
    expect(stages[2]).toMatchObject({
      kinds: { ibn: 2, transformer: 1 },
      depth: 3,
      width: 32,
      resolution: [8, 12],
      kernels: [5, 7],
      expansions: [4, 3],
      qkvDims: [24],
      ffns: ["convnext"],
    });
  });

  test("describes a Transformer by its own sizes and its feed-forward network's", () => {
    expect(stages[2]?.blocks[2]).toMatchObject({
      name: "stages.1.blocks.1",
      kind: "transformer",
      title: "Transformer",
      kernel: 7,
      expansion: 3,
      qkvDim: 24,
      heads: 4,
      ffn: "convnext",
      output: [1, 32, 8, 12],
    });
  });

  test("leaves out the sizes that a block lacks", () => {
    expect(Object.keys(stages[3]?.blocks[0] ?? {})).toEqual(["name", "kind", "title", "output", "parameters", "macs"]);
    expect(stages[1]?.blocks[0]).not.toHaveProperty("qkvDim");
  });

  test("gives the head a width and no resolution", () => {
    expect(stages[3]).toMatchObject({ depth: 1, width: 10, kinds: { head: 1 } });
    expect(stages[3]).not.toHaveProperty("resolution");
  });

  test("shares out the costs of the whole network among stages, and of stages among blocks", () => {
    const { parameters, macs } = architectureCosts(hybrid);
    for (const parts of [stages, stages.flatMap((stage) => stage.blocks)]) {
      expect(parts.reduce((sum, part) => sum + part.parameters, 0)).toBe(parameters);
      expect(parts.reduce((sum, part) => sum + part.macs, 0)).toBe(macs);
    }
    expect(stages[0]?.macs).toBe(16 * 24 * 16 * 3 * 4 * 4);
  });

  test("is plain data", () => {
    expect(JSON.parse(JSON.stringify(stages))).toEqual(stages);
  });

  test("describes a network that is given as a graph as one stage", () => {
    const { parameters, macs } = architectureCosts(hybrid);
    const [stage, ...others] = describeStages(fromGraph(graphOf(hybrid)));
    expect(others).toEqual([]);
    expect(stage).toMatchObject({ name: "graph", kinds: { graph: 1 }, depth: 1, width: 10, parameters, macs });
  });
});
