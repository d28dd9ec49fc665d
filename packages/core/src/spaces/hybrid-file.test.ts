import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { spaceConformance } from "../testing/space-conformance.js";
import { type HybridOptions, hybridSpace } from "./hybrid.js";
import { hybridFileSchema, hybridFileText, hybridOptionsIn } from "./hybrid-file.js";
import { keyOf } from "./identity.js";
import { sample } from "./variation.js";

const ascending = (values: readonly number[]) => [...new Set(values)].toSorted((a, b) => a - b);
const numbers = (arbitrary: fc.Arbitrary<number>) =>
  fc.oneof(
    fc.array(arbitrary, { minLength: 1, maxLength: 5 }).map(ascending),
    fc.tuple(arbitrary, fc.nat(6)).map(([from, n]) => Array.from({ length: n + 1 }, (_, i) => from + 2 * i)),
  );
const kinds = fc.subarray(["ibn", "convnext", "transformer"] as const, { minLength: 1 });
const ffns = fc.subarray(["ibn", "convnext"] as const, { minLength: 1 });

const stage = fc
  .record({
    depth: numbers(fc.integer({ min: 1, max: 6 })),
    width: numbers(fc.integer({ min: 4, max: 200 })),
    expansion: numbers(fc.integer({ min: 1, max: 4 })),
    kernel: numbers(fc.integer({ min: 0, max: 5 }).map((n) => 2 * n + 1)),
    qkvDim: fc
      .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 })
      .map((dims) => ascending(dims.map((n) => 12 * n))),
    kinds,
    ffns,
    stride: fc.integer({ min: 1, max: 3 }),
    limits: fc.option(fc.dictionary(fc.constantFrom("ibn", "transformer"), fc.integer({ min: 1, max: 3 })), {
      nil: undefined,
    }),
  })
  .map(({ limits, ...others }) => ({ ...others, ...(limits && { limits }) }));

const options: fc.Arbitrary<Partial<HybridOptions>> = fc.record(
  {
    input: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 64, max: 96 }), fc.integer({ min: 64, max: 96 })),
    classes: fc.integer({ min: 1, max: 1000 }),
    stem: fc.integer({ min: 1, max: 4 }),
    heads: fc.constantFrom(1, 2, 4),
    kernelPer: fc.constantFrom("stage" as const, "block" as const),
    stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: [] },
);

describe("the file of the hybrid space", () => {
  test("that is printed is read back as the same space", () => {
    fc.assert(
      fc.property(options, fc.nat(), (given, seed) => {
        const space = hybridSpace(given);
        const read = hybridSpace(hybridOptionsIn(parse(hybridFileText(given))));
        expect(read.genes).toEqual(space.genes);
        const random = seededRandom(seed);
        const genotype = space.genes.map(({ values }) => random.pick(values));
        expect(read.isValid?.(genotype)).toBe(space.isValid?.(genotype));
        expect(keyOf(read, genotype)).toBe(keyOf(space, genotype));
        const blueprint = (of: typeof space) => of.build(genotype).blocks.map(({ name, key }) => [name, key]);
        expect(blueprint(read)).toEqual(blueprint(space));
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("leaves out what most stages have", () => {
    const read = hybridOptionsIn({ space: "hybrid", stages: [{ depth: [1, 2], width: { from: 8, to: 24, step: 8 } }] });
    expect(read.stages).toMatchObject([{ width: [8, 16, 24], kernel: [3, 5, 7, 9], kinds: ["ibn", "convnext"] }]);
    expect(read).not.toHaveProperty("stem");
  });

  const with_ = (change: object) => ({ space: "hybrid", stages: [{ depth: [1], width: [8], ...change }] });
  test.each([
    ["nothing", null, /it was given null/],
    ["no space", {}, /"space" is missing/],
    ["another space", { space: "nats-size" }, /"space" was given "nats-size"; it takes "hybrid"/],
    ["an unknown key", { space: "hybrid", stagse: [] }, /it has "stagse", which is not known/],
    ["a text for a range", with_({ width: "8-24" }), /"stages.0.width" was given "8-24": expected a list such as/],
    ["values that descend", with_({ width: [16, 8] }), /"stages.0.width" was given a list of 2: values have to ascend/],
    ["an even kernel", with_({ kernel: [4] }), /"stages.0.kernel" .*kernels are odd/],
    ["an unknown kind", with_({ kinds: ["mamba"] }), /"stages.0.kinds.0" was given "mamba": it takes "ibn"/],
    ["a block that nobody has defined", with_({ kinds: ["acme/ghost"] }), /unknown block "acme\/ghost"/],
    ["Transformers without QKV", with_({ kinds: ["transformer"] }), /stages.0 has Transformers and no QKV dimension/],
    ["no stage", { space: "hybrid", stages: [] }, /"stages" has a length or value out of range/],
  ])("of %s is refused with path and value", (_, content, message) => {
    expect(() => hybridOptionsIn(content)).toThrow(InputError);
    expect(() => hybridOptionsIn(content)).toThrow(message);
  });

  test("has the schema that docs/space.schema.json holds", () => {
    const file = new URL("../../../../docs/space.schema.json", import.meta.url);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(hybridFileSchema());
  });
});

describe("a hybrid space with limits and strides", () => {
  const sizes = {
    depth: [1, 2, 3, 4],
    width: [8, 16],
    expansion: [2],
    kernel: [3, 5],
    ffns: ["ibn", "convnext"] as ("ibn" | "convnext")[],
  };
  const space = hybridSpace({
    input: [3, 32, 32],
    classes: 10,
    stem: 2,
    stages: [
      { ...sizes, qkvDim: [], kinds: ["ibn", "convnext"] },
      { ...sizes, qkvDim: [8], kinds: ["ibn", "transformer"], stride: 4, limits: { transformer: 1 } },
    ],
  });
  for (const { name, run } of spaceConformance(space, 20)) test(name, run);

  test("has no stage with more blocks of a kind than its limit, and strides as they were given", () => {
    const random = seededRandom(3);
    for (let i = 0; i < 100; i++) {
      const { blocks } = space.build(sample(space, random));
      expect(blocks.filter(({ spec }) => spec.kind === "transformer").length).toBeLessThanOrEqual(1);
      expect(blocks.at(-1)?.input.slice(2)).toEqual([4, 4]);
    }
  });
});
