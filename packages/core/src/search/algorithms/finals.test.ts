import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { genotypeMetric, likeness, smallSpace, watched } from "../../../../../test/fakes/search.js";
import { architectureCosts } from "../../architecture/architecture.js";
import { seededRandom } from "../../base/random-numbers.js";
import { metricOf, withRepeats } from "../../metrics/registry.js";
import { objectiveOf, objectiveOfMetric } from "../../objective/objective.js";
import { averageRanks } from "../../objective/ranks.js";
import { keyOf } from "../../spaces/identity.js";
import type { Genotype } from "../../spaces/space.js";
import { sample } from "../../spaces/variation.js";
import type { SearchProblem } from "../algorithm.js";
import { FINALISTS } from "./finals.js";
import { type AlgorithmName, algorithms, defaultAlgorithmOptions } from "./registry.js";

const space = smallSpace;
const truth = likeness(space, "topology", sample(space, seededRandom(99)));
/** The truth, by luck a little more or less. */
const lucky = genotypeMetric(
  "lucky",
  (genotype) => Number(truth.of(genotype)) + 0.3e-6 * seededRandom(hash(keyOf(space, genotype))).below(1e6),
);
const wealth = genotypeMetric("wealth", (genotype) => architectureCosts(space.build(genotype)).parameters);

function hash(text: string): number {
  return [...text].reduce((sum, character) => (31 * sum + (character.codePointAt(0) ?? 0)) % 1_000_003, 7);
}

const problem: SearchProblem = {
  space,
  constraints: { parameters: { max: 6000 } },
  seed: 1,
  maxEvaluations: 90,
  topologyObjective: objectiveOfMetric(lucky.metric),
  sizeObjective: objectiveOfMetric(lucky.metric),
};
const finals = { topologyObjective: objectiveOfMetric(truth.metric), sizeObjective: objectiveOfMetric(truth.metric) };

const run = (name: AlgorithmName, of: Partial<SearchProblem>) =>
  watched(space, algorithms[name]({ ...problem, ...of }, defaultAlgorithmOptions), lucky, truth, wealth);

const names = fc.constantFrom(...(Object.keys(algorithms) as AlgorithmName[]));
const seeds = fc.nat(1000);
const isFinal = ({ candidate }: { candidate: { phase: string } }) => candidate.phase.endsWith("-finals");
const value = (of: { of: (genotype: Genotype) => unknown }, genotype: Genotype) => Number(of.of(genotype));

describe("finals", () => {
  test("score again the best of what a search has seen, and of these the truly best wins", () => {
    const others = names.filter((name) => name !== "cyclic");
    const property = fc.property(others, seeds, (name, seed) => {
      const { history, outcome } = run(name, { seed, finals });
      const seen = history.filter((evaluation) => !isFinal(evaluation)).map(({ candidate }) => candidate.genotype);
      const finalists = history.filter(isFinal).map(({ candidate }) => candidate.genotype);
      expect(finalists).toHaveLength(FINALISTS);
      const worst = Math.min(...finalists.map((genotype) => value(lucky, genotype)));
      expect(seen.filter((genotype) => value(lucky, genotype) > worst).length).toBeLessThan(FINALISTS);
      expect(value(truth, outcome.best)).toBe(Math.max(...finalists.map((genotype) => value(truth, genotype))));
    });
    fc.assert(property, { seed: 1, numRuns: 12 });
  });

  test("by an aggregate rank the finalists among all that were scored, not among themselves", () => {
    const others = fc.constantFrom<AlgorithmName>("joint", "random", "regularized-evolution");
    const both = { sizeObjective: objectiveOfMetric(wealth.metric) };
    const property = fc.property(others, seeds, (name, seed) => {
      const { history, outcome } = run(name, { ...both, seed, finals: { ...finals, ...both } });
      const finalists = history.filter(isFinal).map(({ candidate }) => candidate.genotype);
      const keys = new Set(finalists.map((genotype) => keyOf(space, genotype)));
      const rest = history.map(({ candidate }) => candidate.genotype).filter((one) => !keys.has(keyOf(space, one)));
      const ranks = (values: readonly number[]) => averageRanks(values).slice(0, finalists.length);
      const luck = ranks([...finalists.map((one) => value(truth, one)), ...rest.map((one) => value(lucky, one))]);
      const size = ranks([...finalists, ...rest].map((one) => value(wealth, one)));
      const sums = finalists.map((_, i) => (luck[i] ?? 0) + (size[i] ?? 0));
      const found = finalists.findIndex((one) => keyOf(space, one) === keyOf(space, outcome.best));
      expect(sums[found]).toBe(Math.max(...sums));
    });
    fc.assert(property, { seed: 4, numRuns: 12 });
  });

  test("come after each phase of the cycle, ask for nothing twice, and are counted apart", () => {
    const property = fc.property(seeds, (seed) => {
      const of = { seed, sizeObjective: objectiveOfMetric(wealth.metric) };
      const { history, asked, outcome } = run("cyclic", {
        ...of,
        finals: { ...finals, sizeObjective: of.sizeObjective },
      });
      expect([...asked].filter(([, times]) => times > 1)).toEqual([]);
      expect(history.filter((evaluation) => !isFinal(evaluation)).length).toBeLessThanOrEqual(problem.maxEvaluations);
      const phases = [...new Set(history.map(({ candidate }) => candidate.phase))];
      expect(phases.slice(0, 3)).toEqual(["topology", "topology-finals", "size"]);
      expect(phases).not.toContain("size-finals");
      expect(outcome.phases.reduce((total, { evaluations }) => total + evaluations, 0)).toBe(history.length);
    });
    fc.assert(property, { seed: 2, numRuns: 5 });
  });

  test("are none where they would score by the same", () => {
    const property = fc.property(names, seeds, (name, seed) => {
      const { history, outcome } = run(name, { seed, finals: problem });
      expect({ history, outcome }).toEqual({
        history: run(name, { seed }).history,
        outcome: run(name, { seed }).outcome,
      });
    });
    fc.assert(property, { seed: 3, numRuns: 6 });
  });
});

describe("a metric with more random weights", () => {
  test.each([
    ["entropic-score", "entropic-score(repeats=8)"],
    ["entropic-score(site=post,repeats=2)", "entropic-score(site=post,repeats=8)"],
    ["naswot(batch=4)", "naswot(batch=4,repeats=8)"],
    ["logsynflow", "logsynflow"],
  ])("is the same but for them: %s", (id, expected) => {
    expect(withRepeats(metricOf(id), 8).id).toBe(expected);
  });

  test("is each of an objective's, unless it says how many itself", () => {
    const repeated = (text: string) => objectiveOf(text, (term) => metricOf(term, { repeats: "4" })).id;
    expect(repeated("rank(entropic-score,scaled(naswot(repeats=2),logsynflow))")).toBe(
      "rank(entropic-score(repeats=4),scaled(naswot(repeats=2),logsynflow))",
    );
    expect(repeated("-macs")).toBe("-macs");
  });
});
