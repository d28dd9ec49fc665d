import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Architecture, chain, flowOfBlock } from "../architecture/architecture.js";
import { seededRandom } from "../base/random-numbers.js";
import type { BlockSpec } from "../blocks/registry.js";
import { spaceNames, spaceOf } from "../spaces/registry.js";
import { sample } from "../spaces/variation.js";
import { fieldsThrough, flowThrough } from "./flow.js";
import type { NormalisationFlow, Tally } from "./flow-rule.js";

/** All that a tally is told, with the last bit of each number. */
function recorded(run: (tally: Tally) => void): unknown[] {
  const told: unknown[] = [];
  run({
    add: (magnitude, count, log, rows, columns) => told.push([magnitude, count, log, rows.slice(), columns.slice()]),
    addUnreached: (weights) => told.push(weights),
  });
  return told;
}

function programsOf({ blocks }: Architecture, normalisation: NormalisationFlow = "identity") {
  return blocks.flatMap((block) => flowOfBlock(block, normalisation));
}

function expectSame(architecture: Architecture, normalisation?: NormalisationFlow): void {
  const programs = programsOf(architecture, normalisation);
  const byFields = recorded((tally) => fieldsThrough(programs, 4, tally));
  expect(recorded((tally) => flowThrough(programs, 4, tally))).toEqual(byFields);
}

const size = fc.integer({ min: 1, max: 5 });
const convolutional = fc.record({
  kind: fc.constantFrom("ibn" as const, "convnext" as const),
  kernel: fc.constantFrom(1, 3, 5, 7, 9, 31),
  expansion: size,
});
const block: fc.Arbitrary<BlockSpec> = fc.oneof(
  convolutional,
  fc.record({
    kind: fc.constant("transformer" as const),
    qkvDim: size.map((n) => 4 * n),
    heads: fc.constantFrom(1, 2),
    ffn: convolutional,
  }),
  fc.record({
    kind: fc.constant("downsample" as const),
    stride: fc.constantFrom(1, 2, 3),
    width: size.map((n) => 8 * n),
  }),
);

describe("a flow on square maps", () => {
  test.each(spaceNames)("tallies what that of fields does, to the last bit, in the space %s", (name) => {
    const space = spaceOf(name);
    const random = seededRandom(1);
    for (let i = 0; i < 25; i++) {
      const architecture = space.build(sample(space, random));
      expectSame(architecture);
      expectSame(architecture, "divide");
    }
  });

  test("does so for blocks of any order, kernels as large as the map, and maps of odd sides", () => {
    const side = fc.integer({ min: 6, max: 40 });
    fc.assert(
      fc.property(side, fc.array(block, { minLength: 1, maxLength: 5 }), fc.boolean(), (length, specs, hasHead) => {
        const all: BlockSpec[] = hasHead ? [...specs, { kind: "head", classes: 3 }] : specs;
        let architecture: Architecture;
        try {
          architecture = chain(
            "any",
            [1, 8, length, length],
            all.map((spec, i) => ({ name: `${i}`, spec })),
          );
        } catch {
          fc.pre(false);
          return;
        }
        expect(programsOf(architecture).every((program) => program.square() !== undefined)).toBe(true);
        expectSame(architecture);
      }),
      { numRuns: 200 },
    );
  });

  test("is that of fields where rows are not as columns", () => {
    const architecture = chain("wide", [1, 3, 8, 12], [{ name: "a", spec: { kind: "ibn", kernel: 3, expansion: 2 } }]);
    expect(programsOf(architecture).map((program) => program.square())).toEqual([undefined]);
    expectSame(architecture);
  });
});
