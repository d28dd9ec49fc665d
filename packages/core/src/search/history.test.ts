import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { keyOf } from "../spaces/identity.js";
import { spaceNames, spaceOf } from "../spaces/registry.js";
import { sample } from "../spaces/variation.js";
import { History, scoreMemo } from "./history.js";

const score = fc.oneof(
  { weight: 5, arbitrary: fc.double({ noNaN: true }) },
  { weight: 1, arbitrary: fc.string().map((reason) => ({ value: null, reason })) },
);
const scores = fc.oneof(
  { weight: 5, arbitrary: fc.record({ a: score, b: score }) },
  { weight: 1, arbitrary: fc.record({ b: score, a: score }) },
  { weight: 1, arbitrary: fc.record({ a: score }) },
);
/** Bytes for the most part, as keys of genotypes are; hexadecimal ones; any. */
const key = fc.oneof(
  fc.array(fc.nat(3), { maxLength: 4 }).map((codes) => String.fromCharCode(...codes)),
  fc.string({ unit: fc.constantFrom("a", "\u00fe", "\u00ff", "\u0100", "\ud800", "\uffff"), maxLength: 3 }),
);

describe("a memo of scores", () => {
  test("is a map from keys to scores, whatever both are", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, scores), { maxLength: 60 }), fc.array(key), (entries, others) => {
        const [memo, map] = [scoreMemo(), new Map<string, unknown>()];
        for (const [name, value] of entries) {
          memo.set(name, value);
          map.set(name, value);
        }
        for (const name of [...map.keys(), ...others]) expect(memo.get(name)).toEqual(map.get(name));
        // What is recorded of a candidate has its metrics in their order.
        for (const [name, value] of map) expect(JSON.stringify(memo.get(name))).toBe(JSON.stringify(value));
      }),
    );
  });

  test("keeps more than its first room holds", () => {
    const memo = scoreMemo();
    for (let i = 0; i < 20_000; i++) memo.set(`key ${i}`, { a: i });
    for (let i = 0; i < 20_000; i += 7) expect(memo.get(`key ${i}`)).toEqual({ a: i });
    expect(memo.get("key 20000")).toBeUndefined();
  });
});

describe.each(spaceNames)("a history of %s", (name) => {
  test("gives back what took part, in its order, and finds each by its key", () => {
    const space = spaceOf(name);
    const random = seededRandom(4);
    const history = new History(space, (genotype) => ({ genotype, phase: "test", cycle: 2, metrics: [] }));
    const genotypes = new Map(
      Array.from({ length: 300 }, () => sample(space, random)).map((genotype) => [keyOf(space, genotype), genotype]),
    );
    const keys = [...genotypes.keys()];
    for (const [place, key] of keys.entries()) {
      expect(history.find(key)).toBe(-1);
      expect(history.add(key, genotypes.get(key) ?? [], { a: place / 3 })).toBe(place);
    }
    expect(history.length).toBe(keys.length);
    for (const [place, key] of keys.entries()) {
      expect(history.find(key)).toBe(place);
      const { candidate, scores } = history.at(place);
      expect(candidate).toEqual({ genotype: genotypes.get(key), phase: "test", cycle: 2, metrics: [] });
      expect(scores).toEqual({ a: place / 3 });
    }
    expect([...history.scoresFrom(keys.length - 2)]).toEqual([
      { a: (keys.length - 2) / 3 },
      { a: (keys.length - 1) / 3 },
    ]);
  });
});
