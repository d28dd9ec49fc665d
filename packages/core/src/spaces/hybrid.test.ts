import { describe, expect, test } from "vitest";
import { architectureCosts, chain } from "../architecture/architecture.js";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import type { BlockSpec } from "../blocks/registry.js";
import { type HybridOptions, hybridSpace } from "./hybrid.js";
import { sample } from "./variation.js";

const stage: HybridOptions["stages"][number] = {
  depth: [1, 2],
  width: [8, 16],
  expansion: [2],
  kernel: [3, 5],
  qkvDim: [8],
  kinds: ["ibn", "transformer"],
  ffns: ["ibn", "convnext"],
};

describe("a network of the hybrid space", () => {
  test.each(["stage", "block"] as const)("is the chain of its blocks, with one kernel a %s", (kernelPer) => {
    const space = hybridSpace({ kernelPer });
    const random = seededRandom(1);
    for (let i = 0; i < 200; i++) {
      const network = space.build(sample(space, random));
      const { derived, ...chained } = network;
      expect(derived).toBeDefined();
      const again = chain("hybrid", network.input, network.blocks as readonly { name: string; spec: BlockSpec }[]);
      expect(chained).toEqual(again);
      expect(architectureCosts(network)).toEqual(architectureCosts(again));
    }
  });
});

describe("options of the hybrid space", () => {
  test("say which genes there are, of which role and with which values", () => {
    const { genes } = hybridSpace({ stages: [stage] });
    expect(genes.map(({ name, role }) => `${role} ${name}`)).toEqual([
      "size stages.0.depth",
      "size stages.0.width",
      "size stages.0.expansion",
      "size stages.0.kernel",
      "size stages.0.qkvDim",
      "topology stages.0.blocks.0.kind",
      "topology stages.0.blocks.0.ffn",
      "topology stages.0.blocks.1.kind",
      "topology stages.0.blocks.1.ffn",
    ]);
    expect(genes[1]?.values).toEqual([8, 16]);
  });

  test("give each block a kernel of its own, where that is asked for", () => {
    const { genes, isExpressed } = hybridSpace({ stages: [stage], kernelPer: "block" });
    expect(genes.map(({ name, role }) => `${role} ${name}`)).toEqual([
      "size stages.0.depth",
      "size stages.0.width",
      "size stages.0.expansion",
      "size stages.0.qkvDim",
      "topology stages.0.blocks.0.kind",
      "topology stages.0.blocks.0.ffn",
      "size stages.0.blocks.0.kernel",
      "topology stages.0.blocks.1.kind",
      "topology stages.0.blocks.1.ffn",
      "size stages.0.blocks.1.kernel",
    ]);
    const shallow = [1, 8, 2, 8, "ibn", "ibn", 3, "ibn", "ibn", 5];
    expect([6, 9].map((kernel) => isExpressed(shallow, kernel))).toEqual([true, false]);
    expect(isExpressed(shallow.with(0, 2), 9)).toBe(true);
  });

  test.each<[string, Partial<Record<keyof typeof stage, unknown>>, RegExp]>([
    ["a width stands twice", { width: [8, 8] }, /"stages.0.width" was given .*: values have to ascend/],
    ["depths descend", { depth: [2, 1] }, /"stages.0.depth" .* values have to ascend/],
    ["a kernel is even", { kernel: [3, 4] }, /"stages.0.kernel" .* kernels are odd/],
    ["a kind stands twice", { kinds: ["ibn", "ibn"] }, /"stages.0.kinds" .* a kind stands there twice/],
    ["a kind is unknown", { kinds: ["mamba"] }, /"stages.0.kinds.0" .* it takes "ibn", "convnext", "transformer"/],
    ["there is no width", { width: [] }, /"stages.0.width" has a length or value out of range/],
    ["a width is no whole number", { width: [8.5] }, /"stages.0.width.0"/],
    ["Transformers have no QKV dimension", { qkvDim: [] }, /stages.0 has Transformers and no QKV dimension/],
    ["heads do not divide the QKV dimension", { qkvDim: [6] }, /QKV dimension 6 of stages.0 is no multiple of 4 heads/],
  ])("are refused where %s", (_, change, message) => {
    const build = () => hybridSpace({ stages: [{ ...stage, ...change } as typeof stage] });
    expect(build).toThrow(InputError);
    expect(build).toThrow(message);
  });
});
