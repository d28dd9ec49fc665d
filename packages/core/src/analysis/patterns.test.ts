import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { metricOf } from "../metrics/registry.js";
import { scoreStatic } from "../metrics/static-score.js";
import { hybridSpace } from "../spaces/hybrid.js";
import type { GeneValue } from "../spaces/space.js";
import { sample } from "../spaces/variation.js";
import { patterns, verdictOf, verdictOfAll } from "./patterns.js";
import { stagesOf, traitsOf } from "./traits.js";

const space = hybridSpace();

/** A random network whose genes have the values of the first rule that matches their names. */
function networkOf(...rules: readonly (readonly [RegExp, GeneValue])[]) {
  const drawn = sample(space, seededRandom(7));
  const genotype = space.genes.map(({ name }, i) => {
    return rules.find(([path]) => path.test(name))?.[1] ?? drawn[i] ?? 0;
  });
  return stagesOf(space.build(genotype));
}

/** As the supplement has it. */
const esformer = networkOf(
  [/stages\.[01]\..*kind/, "ibn"],
  [/stages\.2\.blocks\.[0-4]\.kind/, "ibn"],
  [/stages\.2\..*kind/, "transformer"],
  [/stages\.2\..*ffn/, "ibn"],
  [/stages\.3\.blocks\.0\.kind/, "transformer"],
  [/stages\.3\..*kind/, "convnext"],
  [/stages\.3\..*ffn/, "convnext"],
  [/stages\.[01]\.depth/, 2],
  [/stages\.2\.depth/, 6],
  [/stages\.3\.depth/, 3],
  [/stages\.0\.kernel/, 3],
  [/stages\.1\.kernel/, 5],
  [/stages\.2\.kernel/, 7],
  [/stages\.3\.kernel/, 9],
  [/qkvDim/, 32],
  [/width/, 64],
);

/** The other way round. */
const opposite = networkOf(
  [/stages\.[01]\..*kind/, "convnext"],
  [/stages\.2\..*kind/, "transformer"],
  [/stages\.2\..*ffn/, "convnext"],
  [/stages\.3\.blocks\.0\.kind/, "transformer"],
  [/stages\.3\..*kind/, "ibn"],
  [/stages\.3\..*ffn/, "ibn"],
  [/depth/, 3],
  [/stages\.0\.kernel/, 9],
  [/stages\.1\.kernel/, 7],
  [/stages\.2\.kernel/, 5],
  [/stages\.3\.kernel/, 3],
  [/qkvDim/, 128],
  [/width/, 64],
);

function sidesOf(stages: typeof esformer) {
  return patterns(false).flatMap(({ name, statements }) =>
    statements.map((statement) => {
      const value = statement.of(stages);
      const interval = value === undefined ? undefined : { low: value, high: value };
      return [name, statement.text, verdictOf(statement, interval)];
    }),
  );
}

describe("the patterns of the supplement", () => {
  test("hold of a network that is as they say", () => {
    for (const [name, text, verdict] of sidesOf(esformer)) expect([name, text, verdict]).toEqual([name, text, "holds"]);
  });

  test("do not hold of one that is the other way round", () => {
    for (const [name, text, verdict] of sidesOf(opposite)) {
      expect([name, text, verdict]).toEqual([name, text, "does not hold"]);
    }
  });

  test("have the exception of S2's stage 3 turned round", () => {
    const [inStage3] = patterns(true).find(({ name }) => name === "e")?.statements ?? [];
    expect([inStage3?.of(esformer), inStage3?.side]).toEqual([1, "below"]);
  });

  test("say nothing of encoders where there are none", () => {
    const convolutional = networkOf([/kind/, "ibn"]);
    const c = patterns(false).find(({ name }) => name === "c");
    expect(c?.statements.map(({ of }) => of(convolutional))).toEqual([undefined, undefined]);
  });
});

describe("a verdict", () => {
  const [, , statement] = patterns(false)[0]?.statements ?? [];
  test.each([
    [{ low: 0.1, high: 0.3 }, "holds"],
    [{ low: -0.1, high: 0.3 }, "undecided"],
    [{ low: 0, high: 0.3 }, "undecided"],
    [{ low: -0.2, high: -0.1 }, "does not hold"],
    [undefined, "undecided"],
  ] as const)("of the interval %j is: %s", (interval, verdict) => {
    expect(statement && verdictOf(statement, interval)).toBe(verdict);
  });

  test("of a pattern needs all of its statements, and falls with one", () => {
    expect(verdictOfAll(["holds", "holds"])).toBe("holds");
    expect(verdictOfAll(["holds", "undecided"])).toBe("undecided");
    expect(verdictOfAll(["holds", "undecided", "does not hold"])).toBe("does not hold");
  });
});

describe("traits", () => {
  test("say of which stages one nonlinearity more would raise the mean ln n, as the closed form of the score has it", () => {
    const analytic = metricOf("entropic-score-analytic");
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat({ max: 3 }), (seed, stage) => {
        const drawn = sample(space, seededRandom(seed));
        const kind = space.genes.findIndex(({ name }) => name === `stages.${stage}.blocks.0.kind`);
        const scoreWith = (value: string) =>
          "score" in analytic ? scoreStatic(space.build(drawn.with(kind, value)), analytic) : Number.NaN;
        const more = Number(scoreWith("ibn")) - Number(scoreWith("convnext"));
        const over = traitsOf(4).find(({ name }) => name === `stages.${stage}.map`);
        const margin = over?.of(stagesOf(space.build(drawn.with(kind, "convnext")))) ?? 0;
        if (Math.abs(margin) > 1e-3) expect(Math.sign(more)).toBe(Math.sign(margin));
      }),
      { numRuns: 40 },
    );
  });

  test("are what the genes say", () => {
    const traits = Object.fromEntries(traitsOf(4).map(({ name, of }) => [name, of(esformer)]));
    expect(traits).toMatchObject({
      "stages.0.kind.ibn": 1,
      "stages.0.ffn.ibn": undefined,
      "stages.0.qkv": undefined,
      "stages.2.kind.ibn": 5 / 6,
      "stages.2.kind.transformer": 1 / 6,
      "stages.2.ffn.ibn": 1,
      "stages.2.qkv": 0.5,
      "stages.2.depth": 6,
      "stages.3.ffn.convnext": 1,
      "stages.3.kernel": 9,
      "stages.3.width": 64,
    });
  });
});
