import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { groupsOf, parseDefinition } from "./definition.js";

const groupsIn = (text: string) => groupsOf(parseDefinition(text));

describe("the searches of a definition", () => {
  const lists = fc.record(
    {
      preset: fc.uniqueArray(fc.constantFrom("s0", "s1", "s2"), { minLength: 1 }),
      algorithm: fc.uniqueArray(fc.constantFrom("cyclic", "joint", "random"), { minLength: 1 }),
      "max-evaluations": fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 4 }),
      seeds: fc.uniqueArray(fc.nat(1e6), { minLength: 1, maxLength: 5 }),
    },
    { requiredKeys: [] },
  );

  test("are all combinations, each once, in groups that differ in more than their seeds", () => {
    fc.assert(
      fc.property(lists, (definition) => {
        const { seeds = [0], ...others } = definition;
        const groups = groupsIn(stringify(definition));
        const expected = Object.values(others).reduce((product, { length }) => product * length, 1);
        expect(new Set(groups.map(({ settings }) => JSON.stringify({ ...settings, seed: 0 }))).size).toBe(expected);
        expect(new Set(groups.map(({ name }) => name)).size).toBe(expected);
        for (const group of groups) expect(group.seeds).toEqual(seeds);
      }),
      { numRuns: 30 },
    );
  });

  test("are the same in JSON as in YAML, and one where it is no list", () => {
    fc.assert(
      fc.property(lists, (definition) => {
        expect(groupsIn(JSON.stringify(definition))).toEqual(groupsIn(stringify(definition)));
        const single = Object.fromEntries(Object.entries(definition).map(([name, [value]]) => [name, value]));
        if (!("seeds" in single)) expect(groupsIn(stringify(single))).toHaveLength(1);
      }),
      { numRuns: 20 },
    );
  });

  test("have no settings by the names of what every object has", () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      for (const value of ["1", "{ preset: s0 }", "[1]"]) {
        expect(() => groupsIn(`preset: s0\n${name}: ${value}`)).toThrow(`unknown setting "${name}"`);
        expect(() => groupsIn(`{ "preset": "s0", "${name}": ${JSON.stringify(value)} }`)).toThrow(
          `unknown setting "${name}"`,
        );
        expect(() => groupsIn(`runs:\n  - preset: s0\n    ${name}: ${value}`)).toThrow(`unknown setting "${name}"`);
      }
    }
  });

  test("have so many seeds from one on, those that are listed, or the one", () => {
    const seedsIn = (text: string) => groupsIn(text).map(({ seeds }) => seeds);
    expect(seedsIn("{ seeds: 3 }")).toEqual([[0, 1, 2]]);
    expect(seedsIn("{ seeds: 2, seed: 100 }")).toEqual([[100, 101]]);
    expect(seedsIn("{ seeds: [7, 5] }")).toEqual([[7, 5]]);
    expect(seedsIn("{ seed: 9 }")).toEqual([[9]]);
    expect(seedsIn("{ preset: s0 }")).toEqual([[0]]);
  });

  test("of runs have what is shared too, where they have none of their own", () => {
    const groups = groupsIn(`
      max-evaluations: 100
      seeds: 2
      runs:
        - { preset: s0, seeds: [5] }
        - { max-params: 800k, max-macs: 150M, max-evaluations: 50 }
        - { preset: s0, seed: 6 }`);
    expect(groups.map(({ seeds }) => seeds)).toEqual([
      [5, 6],
      [0, 1],
    ]);
    expect(groups.map(({ settings }) => settings.maxEvaluations)).toEqual([100, 50]);
    expect(groups[1]?.settings.constraints).toEqual({ parameters: { max: 8e5 }, macs: { max: 150e6 } });
  });

  test("have names and titles of what they differ in, defaults too", () => {
    const groups = groupsIn("topology-metric: [entropic-score, 'rank(naswot,meco)']\nalgorithm: [cyclic, random]");
    expect(groups.map(({ name }) => name)).toEqual([
      "1-cyclic-entropic-score",
      "2-random-entropic-score",
      "3-cyclic-rank-naswot-meco",
      "4-random-rank-naswot-meco",
    ]);
    expect(groups[3]?.varied).toEqual({ algorithm: "random", "topology-metric": "rank(naswot,meco)" });
    const [one, other] = groupsIn("runs: [{ preset: s0 }, { preset: s0, cycles: 5 }]");
    expect([one?.varied, other?.varied]).toEqual([{ cycles: "3" }, { cycles: "5" }]);
    expect(groupsIn("seeds: 2").map(({ name, varied }) => ({ name, varied }))).toEqual([{ name: "s0", varied: {} }]);
  });
});

describe("what is refused, and where it stands", () => {
  test.for<[text: string, message: RegExp]>([
    ["preset: s9", /^preset: unknown preset "s9"\. Did you mean "s0"\? Known: s0, s1, s2, cifar, mcu\.$/],
    ["preset: [s0, s9]", /^preset\[1\]: unknown preset "s9"/],
    ["presets: s0", /^unknown setting "presets"\. Did you mean "preset"\?/],
    ["runs: [{ preset: s0 }, { preset: s1, out: x }]", /^runs\[1\]: unknown setting "out"/],
    ["runs: [{ runs: [] }]", /^runs\[0\]: unknown setting "runs"/],
    ["runs: 3", /^runs: takes a list of parts/],
    ["runs: []", /^runs: is an empty list/],
    ["preset: []", /^preset: is an empty list/],
    ["preset:", /^preset: takes a text or a number, was given nothing/],
    ["max-evaluations: { a: 1 }", /^max-evaluations: takes a text or a number, was given {"a":1}/],
    ["max-evaluations: [10, 1.5]", /^max-evaluations\[1\]: .*whole number from 1 to 1000000000, was given "1\.5"/],
    ["max-params: lots", /^max-params: "lots" is no amount/],
    ["topology-metric: naswott", /^topology-metric: unknown metric "naswott"\. Did you mean "naswot"/],
    ["{ topology-metric: parameters, repeats: 4 }", /is scored with random weights: give no repeats and no rescore/],
    ["seeds: 0", /^seeds: .*from 1 to 10000, was given "0"/],
    ["seeds: []", /^seeds: is an empty list/],
    ["seeds: [1, x]", /^seeds\[1\]: .*whole number from 0/],
    ["seeds: [3, 3]", /^seeds: has 3 twice/],
    ["{ seeds: [3], seed: 1 }", /beside a list of seeds there is no seed, was given 1/],
    ["runs: [{ preset: s0 }, { preset: [s1, s0] }]", /^runs\[1\]: asks for preset s0, seed 0 once more/],
    ["resolution: [64, 64]", /^asks for resolution 64, seed 0 once more/],
    ["{ seeds: 6000, preset: [s0, s1] }", /asks for 12,000 searches; a sweep has at most 10000/],
    ["", /takes settings by their names, as in preset: s0/],
    ["[s0]", /takes settings by their names/],
    ["preset: [s0", /^not YAML or JSON: .* at line 1, column 12$/],
    ["preset: s0\npreset: s1", /^not YAML or JSON: Map keys must be unique at line 2/],
    ["preset: !!js/function x", /^not YAML or JSON: Unresolved tag/],
  ])("%s", ([text, message]) => {
    expect(() => groupsIn(text)).toThrow(message);
  });

  test("a list whose product no memory holds, before it is made", () => {
    const many = JSON.stringify(Array.from({ length: 999 }, (_, i) => i + 1));
    expect(() => groupsIn(`{ max-evaluations: ${many}, cycles: ${many}, resolution: [64, 96, 128] }`)).toThrow(
      /asks for 2,994,003 searches/,
    );
  });

  test("aliases that multiply", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join()}]`);
    expect(() => groupsIn(`a0: &a0 [x]\n${levels.join("\n")}`)).toThrow(/^not YAML or JSON: Excessive alias count/);
  });
});
