import { describe, expect, test } from "vitest";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { spaceConformance } from "../testing/space-conformance.js";
import { hybridSpace } from "./hybrid.js";
import { keyOf } from "./identity.js";
import { fromJson } from "./json.js";
import { natsSizeSpace } from "./nats.js";
import { spaceNames, spaceOf } from "./registry.js";
import type { Space } from "./space.js";
import { crossover, mutate, sample, transplant } from "./variation.js";

describe.each(spaceNames)("%s", (name) => {
  for (const { name: check, run } of spaceConformance(spaceOf(name))) test(check, run);
});

describe.each([
  ["another input and stem", hybridSpace({ input: [1, 32, 32], classes: 10, stem: 2 })],
  ["a kernel for each block", hybridSpace({ input: [3, 64, 64], classes: 10, kernelPer: "block" })],
])("hybrid with %s", (_, space) => {
  for (const { name: check, run } of spaceConformance(space, 10)) test(check, run);
});

/** Of five numbers, the first two have to be equal. */
const twins: Space = { ...natsSizeSpace(), isValid: ([a, b]) => a === b };

describe("a space in which not every combination of values is valid", () => {
  for (const { name: check, run } of spaceConformance(twins)) test(check, run);

  test("refuses JSON of values that do not go together", () => {
    const channels = [8, 16, 24, 32, 40];
    const json = { space: "nats-size", version: 1, channels };
    expect(fromJson(natsSizeSpace(), json)).toEqual(channels);
    expect(() => fromJson(twins, json)).toThrow(InputError);
    expect(() => fromJson(twins, json)).toThrow(/values do not go together: 8 16 24 32 40/);
  });

  test("gives the parent where a child is not found, and says so where there is none", () => {
    const none: Space = { ...twins, isValid: () => false };
    const random = seededRandom(1);
    const [a, b] = [sample(twins, random), sample(twins, random)];
    expect(mutate(none, a, random)).toEqual(a);
    expect(crossover(none, a, b, random)).toEqual(a);
    expect(transplant(none, "size", b, a)).toEqual(a);
    expect(sample(none, random, "size", a)).toEqual(a);
    expect(() => sample(none, random)).toThrow(/none of 1000 draws from the space "nats-size" was valid/);
  });

  test("mutates into another network where genotypes differ that are the same", () => {
    const sorted: Space = { ...natsSizeSpace(), identity: (genotype) => [...genotype].sort().join(" ") };
    const random = seededRandom(2);
    for (let i = 0; i < 200; i++) {
      const parent = sample(sorted, random);
      expect(keyOf(sorted, mutate(sorted, parent, random, "size", 2))).not.toBe(keyOf(sorted, parent));
    }
  });
});
