import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isValue, type Score, type Scores } from "../metrics/metric.js";
import { metricNames, metricOf } from "../metrics/registry.js";
import { aggregateOf, aggregationNames, objectiveOf, objectiveOfMetric, objectivesOf } from "./objective.js";

/** Few values, so that ties are frequent; some of them are none. */
const score: fc.Arbitrary<Score> = fc.oneof(
  { arbitrary: fc.integer({ min: -3, max: 3 }), weight: 5 },
  { arbitrary: fc.constant({ value: null, reason: "a test" } as const), weight: 1 },
);

const candidates = fc.array(
  fc.record({ naswot: score, logsynflow: score, parameters: score }) as fc.Arbitrary<Scores>,
  { maxLength: 20 },
);

const numberOf = (scores: Scores | undefined, id: string) => {
  const value = scores?.[id];
  return value !== undefined && isValue(value) ? value : undefined;
};

/** The rank of a candidate by its definition: candidates below, and half of its equals. */
function rankOf(all: readonly Scores[], at: number, id: string): number {
  const own = numberOf(all[at], id) ?? -1000;
  const others = all.map((scores) => numberOf(scores, id) ?? -1000);
  return others.filter((other) => other < own).length + (others.filter((other) => other === own).length + 1) / 2;
}

describe("one metric as an objective", () => {
  test("has its scores as merits, and none where there is no score", () => {
    const scores: Scores[] = [{ naswot: 2 }, { naswot: { value: null, reason: "singular" } }, {}, { naswot: -1 }];
    expect(objectiveOf("naswot").merits(scores)).toEqual([2, undefined, undefined, -1]);
    expect(objectiveOf("-naswot").merits(scores)).toEqual([-2, undefined, undefined, 1]);
  });

  test("of a cost says that more is better, since budgets bound it", () => {
    const scores: Scores[] = [{ parameters: 10 }, { parameters: 20 }];
    expect(objectiveOf("parameters").merits(scores)).toEqual([10, 20]);
    expect(objectiveOf("-parameters").merits(scores)).toEqual([-10, -20]);
  });

  test.each(metricNames)(
    "%s orders alone as it does in each aggregate, and the other way round with a minus",
    (name) => {
      const other = name === "naswot" ? "logsynflow" : "naswot";
      const [low, high]: Scores[] = [1, 2].map((value) => ({ [name]: value, [other]: 5 }));
      /** Positive where the high score is better. */
      const preference = (text: string) => {
        const [ofLow = Number.NaN, ofHigh = Number.NaN] = objectiveOf(text).merits([low ?? {}, high ?? {}]);
        return Math.sign(ofHigh - ofLow);
      };
      expect(Math.abs(preference(name))).toBe(1);
      for (const form of [name, ...aggregationNames.map((aggregate) => `${aggregate}(${name},${other})`)]) {
        expect(preference(form)).toBe(preference(name));
        expect(preference(form.replace(name, `-${name}`))).toBe(-preference(name));
        expect(objectiveOf(form).directions[name]).toBe(preference(name) > 0 ? "maximize" : "minimize");
      }
    },
  );
});

describe("aggregates", () => {
  test("rank(...) is the sum of ranks, those without a score sharing the last", () => {
    const property = fc.property(candidates, (all) => {
      const merits = objectiveOf("rank(naswot,logsynflow,parameters)").merits(all);
      all.forEach((scores, i) => {
        const ids = ["naswot", "logsynflow", "parameters"];
        const isScored = ids.some((id) => numberOf(scores, id) !== undefined);
        const sum = ids.reduce((total, id) => total + rankOf(all, i, id), 0);
        expect(merits[i]).toBe(isScored ? sum : undefined);
      });
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });

  test("log-rank(...) is the sum of ln(rank / n), 0 for who is best by each", () => {
    const property = fc.property(candidates, (all) => {
      const best: Scores = { naswot: 9, logsynflow: 9 };
      const merits = objectiveOf("log-rank(naswot,logsynflow)").merits([...all, best]);
      [...all, best].forEach((scores, i, given) => {
        const ids = ["naswot", "logsynflow"];
        if (ids.every((id) => numberOf(scores, id) === undefined)) return;
        const sum = ids.reduce((total, id) => total + Math.log(rankOf(given, i, id) / given.length), 0);
        expect(merits[i]).toBeCloseTo(sum, 12);
      });
      expect(merits.at(-1)).toBe(0);
    });
    fc.assert(property, { seed: 2, numRuns: 300 });
  });

  test("scaled(...) divides each score by the largest magnitude among those compared", () => {
    const all: Scores[] = [
      { naswot: -200, logsynflow: 3 },
      { naswot: 100, logsynflow: 6 },
      { naswot: { value: null, reason: "singular" }, logsynflow: 9 },
    ];
    const merits = objectiveOf("scaled(naswot,logsynflow)").merits(all);
    expect(merits[0]).toBeCloseTo(-1 + 3 / 9, 8);
    expect(merits[1]).toBeCloseTo(0.5 + 6 / 9, 8);
    expect(merits[2]).toBeUndefined();
  });

  test("scaled(...) of scores that are all 0 is 0", () => {
    expect(objectiveOf("scaled(naswot,logsynflow)").merits([{ naswot: 0, logsynflow: 0 }])).toEqual([0]);
  });

  test.each(["rank", "log-rank"])("%s(...) sees of each metric only its order", (name) => {
    const property = fc.property(candidates, (all) => {
      const bent = all.map((scores): Scores => {
        const value = numberOf(scores, "naswot");
        return value === undefined ? scores : { ...scores, naswot: Math.exp(value) };
      });
      const objective = objectiveOf(`${name}(naswot,logsynflow)`);
      expect(objective.merits(bent)).toEqual(objective.merits(all));
    });
    fc.assert(property, { seed: 3 });
  });

  test.each(["rank", "log-rank", "scaled"])("%s(...) gives who is better by each metric more", (name) => {
    const property = fc.property(candidates, (all) => {
      const merits = objectiveOf(`${name}(naswot,logsynflow)`).merits(all);
      const isAbove = (a: Scores | undefined, b: Scores | undefined, id: string) =>
        (numberOf(a, id) ?? Number.NaN) > (numberOf(b, id) ?? Number.NaN);
      for (const i of all.keys()) {
        for (const j of all.keys()) {
          if (["naswot", "logsynflow"].every((id) => isAbove(all[i], all[j], id)))
            expect(merits[i]).toBeGreaterThan(merits[j] ?? Number.NaN);
        }
      }
    });
    fc.assert(property, { seed: 4 });
  });

  test("take of a cost that more is better, and of -cost that less is", () => {
    const all: Scores[] = [
      { naswot: 1, parameters: 10 },
      { naswot: 1, parameters: 20 },
    ];
    expect(objectiveOf("rank(naswot,parameters)").merits(all)).toEqual([2.5, 3.5]);
    expect(objectiveOf("rank(naswot,-parameters)").merits(all)).toEqual([3.5, 2.5]);
  });

  test("of aggregates order by the merits of those, and ask for each metric once", () => {
    const all: Scores[] = [
      { naswot: 1, logsynflow: 1, parameters: 9 },
      { naswot: 2, logsynflow: 3, parameters: 2 },
      { naswot: 3, logsynflow: 2, parameters: 1 },
    ];
    const { merits, metrics } = objectiveOf("rank(rank(naswot,logsynflow),log-rank(naswot,parameters))");
    expect(merits(all)).toEqual([1 + 1.5, 2.5 + 3, 2.5 + 1.5]);
    expect(metrics.map(({ id }) => id)).toEqual(["naswot", "logsynflow", "parameters"]);
  });

  test("of no candidate are none", () => {
    expect(objectiveOf("log-rank(naswot,logsynflow)").merits([])).toEqual([]);
  });

  test("are made of metrics that are in no registry as well", () => {
    const metric = { ...metricOf("naswot"), id: "own" };
    const { id, metrics } = aggregateOf("scaled", [objectiveOfMetric(metric), objectiveOf("logsynflow")]);
    expect(id).toBe("scaled(own,logsynflow)");
    expect(metrics[0]).toBe(metric);
  });
});

describe("names of objectives", () => {
  test("hold the options that differ from their defaults, and are read back as themselves", () => {
    const { id, metrics } = objectiveOf(" rank( entropic-score( site=post , batch=1),- macs ) ");
    expect(id).toBe("rank(entropic-score(site=post),-macs)");
    expect(metrics.map((metric) => metric.id)).toEqual(["entropic-score(site=post)", "macs"]);
    expect(objectiveOf(id).id).toBe(id);
  });

  test("are separated by the commas outside of parentheses", () => {
    const objectives = objectivesOf("rank(naswot,entropic-score(batch=2,site=post)), logsynflow,log-rank(naswot,macs)");
    expect(objectives.map(({ id }) => id)).toEqual([
      "rank(naswot,entropic-score(site=post,batch=2))",
      "logsynflow",
      "log-rank(naswot,macs)",
    ]);
  });

  test("all stands for each metric", () => {
    expect(objectivesOf("all").map(({ id }) => id)).toEqual(metricNames);
  });

  test.each([
    ["rank", /aggregates nothing: write at least two metrics, as in rank\(naswot,logsynflow\)/],
    ["rank(naswot)", /at least two/],
    ["rank(naswot,naswot(batch=16))", /"naswot" is named twice/],
    ["rank(naswot,)", /unknown metric ""/],
    ["rank(naswot,rank(macs))", /"rank\(macs\)" aggregates nothing/],
    ["rank(naswot,logsynflow", /is not of the form rank\(naswot,logsynflow\)/],
    ["-rank(naswot,macs)", /"-rank\(naswot,macs\)" is not of the form rank/],
    ["rank(naswot),macs)", /parentheses of "rank\(naswot\),macs\)" do not match/],
    ["rnak(naswot,logsynflow)", /unknown metric "rnak".*Did you mean "rank"/],
    ["rank(naswot,entropic-score(size=3))", /size.*Known: site/],
    ["--naswot", /unknown metric "-naswot"/],
    ["", /unknown metric ""/],
  ])("%s is refused with a clear word", (text, message) => {
    expect(() => objectiveOf(text)).toThrow(message);
  });

  test.each([
    ["naswot,naswot", /"naswot" is named twice/],
    ["naswot,rank(naswot,macs", /parentheses/],
    ["naswot,,macs", /unknown metric ""/],
  ])("%s is refused as a list", (text, message) => {
    expect(() => objectivesOf(text)).toThrow(message);
  });
});
