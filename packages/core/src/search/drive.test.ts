import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GenotypeMetric, genotypeMetric, likeness, scoresOf, smallSpace } from "../../../../test/fakes/search.js";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import type { Scores } from "../metrics/metric.js";
import { objectiveOfMetric } from "../objective/objective.js";
import { toJson } from "../spaces/json.js";
import { sample } from "../spaces/variation.js";
import type { Asking, Candidate, Evaluation } from "./algorithm.js";
import { cyclicSearch } from "./algorithms/cyclic.js";
import { freerea } from "./algorithms/freerea.js";
import { jointEvolution } from "./algorithms/joint.js";
import { randomSearch } from "./algorithms/random-search.js";
import { regularizedEvolution } from "./algorithms/regularized-evolution.js";
import { type DriveOptions, drive, type Evaluator, type RecordedEvaluation } from "./drive.js";
import { frontSearch } from "./front/front.js";

const space = smallSpace;
const wanted = sample(space, seededRandom(99));
const metrics: readonly GenotypeMetric[] = [likeness(space, "topology", wanted), likeness(space, "size", wanted)];
const [topology, size] = metrics.map(({ metric }) => metric);

const EVALUATIONS = 60;

function problemOf(seed: number) {
  if (topology === undefined || size === undefined) throw new Error("there are two metrics");
  return {
    space,
    constraints: { parameters: { max: 6000 } },
    seed,
    topologyObjective: objectiveOfMetric(topology),
    sizeObjective: objectiveOfMetric(size),
    maxEvaluations: EVALUATIONS,
  };
}

const algorithms: Readonly<Record<string, (seed: number) => Asking<unknown>>> = {
  cyclic: (seed) => cyclicSearch(problemOf(seed), { topologyBudget: "slack", cycles: 2 }),
  joint: (seed) => jointEvolution(problemOf(seed)),
  random: (seed) => randomSearch(problemOf(seed)),
  freerea: (seed) => freerea(problemOf(seed)),
  "regularized evolution": (seed) => regularizedEvolution(problemOf(seed)),
  "cyclic, with finals": (seed) => {
    const problem = problemOf(seed);
    const finals = { topologyObjective: problem.sizeObjective, sizeObjective: problem.topologyObjective };
    return cyclicSearch({ ...problem, finals }, { topologyBudget: "slack", cycles: 2 });
  },
  front: (seed) =>
    frontSearch(problemOf(seed), { cost: "parameters", budgets: [4000, 6000] }, (problem) =>
      cyclicSearch(problem, { topologyBudget: "slack", cycles: 2 }),
    ),
};

const atOnce: Evaluator = { evaluate: (candidate) => scoresOf(candidate, metrics) };

/** Runs a search and keeps what it was told, as a study would record it. */
async function run(algorithm: Asking<unknown>, options: Partial<DriveOptions> = {}) {
  const records: RecordedEvaluation[] = [];
  const onEvaluation = ({ candidate: { genotype, phase, cycle }, scores }: Evaluation, order: number) => {
    expect(order).toBe(records.length);
    records.push({ genotype: JSON.stringify(toJson(space, genotype)), phase, cycle, scores });
  };
  const outcome = await drive(algorithm, { space, evaluator: atOnce, onEvaluation, ...options });
  return { outcome, records };
}

/** Answers when it is told to: each wait lets one of the candidates under way be answered, in an order of its own. */
function slowly(seed: number): Evaluator {
  const random = seededRandom(seed);
  const waiting: (() => void)[] = [];
  return {
    evaluate(candidate) {
      const scores = new Promise<Scores>((resolve) => {
        waiting.push(() => resolve(scoresOf(candidate, metrics)));
      });
      setImmediate(() => waiting.splice(random.below(waiting.length), 1)[0]?.());
      return scores;
    },
  };
}

const seeds = fc.nat(1000);

describe.each(Object.entries(algorithms))("a %s search", (_, make) => {
  test("goes on from any place of its recorded history, asks only for the rest, and ends alike", async () => {
    const property = fc.asyncProperty(seeds, fc.integer({ min: 0, max: EVALUATIONS }), async (seed, cut) => {
      const whole = await run(make(seed));
      const asked: Candidate[] = [];
      const evaluator: Evaluator = {
        evaluate(candidate) {
          asked.push(candidate);
          return scoresOf(candidate, metrics);
        },
      };
      const resumed = await run(make(seed), { evaluator, recorded: whole.records.slice(0, cut) });
      expect(resumed).toEqual(whole);
      expect(asked).toHaveLength(whole.records.length - Math.min(cut, whole.records.length));
    });
    await fc.assert(property, { seed: 1, numRuns: 8 });
  });

  test("has the same history whenever and in whatever order candidates are answered", async () => {
    const property = fc.asyncProperty(seeds, seeds, async (seed, order) => {
      expect(await run(make(seed), { evaluator: slowly(order) })).toEqual(await run(make(seed)));
    });
    await fc.assert(property, { seed: 2, numRuns: 5 });
  });

  test("stops before a candidate, and goes on from what it was told", async () => {
    const property = fc.asyncProperty(seeds, fc.integer({ min: 0, max: EVALUATIONS - 1 }), async (seed, stopAt) => {
      const whole = await run(make(seed));
      let asked = 0;
      const stopped = await run(make(seed), { shouldStop: () => asked++ >= stopAt });
      expect(stopped.outcome).toBeUndefined();
      expect(stopped.records).toEqual(whole.records.slice(0, stopped.records.length));
      expect(stopped.records.length).toBeLessThanOrEqual(stopAt);
      expect(await run(make(seed), { recorded: stopped.records })).toEqual(whole);
    });
    await fc.assert(property, { seed: 3, numRuns: 5 });
  });

  test("refuses a recorded history in which anything was changed", async () => {
    const { records } = await run(make(4));
    const other = JSON.stringify(toJson(space, sample(space, seededRandom(1234))));
    const changes: readonly ((record: RecordedEvaluation) => RecordedEvaluation)[] = [
      (record) => ({ ...record, genotype: other }),
      (record) => ({ ...record, phase: "another" }),
      (record) => ({ ...record, cycle: record.cycle + 1 }),
      (record) => ({ ...record, scores: { another: 1 } }),
    ];
    for (const change of changes) {
      for (const at of [0, 17, records.length - 1]) {
        const recorded = records.map((record, i) => (i === at ? change(record) : record));
        const message = new RegExp(`its evaluation ${at + 1} is not the one that this program makes`);
        await expect(run(make(4), { recorded })).rejects.toThrow(message);
        await expect(run(make(4), { recorded })).rejects.toThrow(InputError);
      }
    }
  });

  test("refuses a recorded history that is longer than it is", async () => {
    const { records } = await run(make(4));
    const recorded = [...records, ...records.slice(-1)];
    await expect(run(make(4), { recorded })).rejects.toThrow(/goes on after evaluation \d+, where the search ends/);
  });

  test("refuses the recorded history of another seed", async () => {
    const { records } = await run(make(4));
    await expect(run(make(5), { recorded: records })).rejects.toThrow(InputError);
  });
});

describe("an evaluator that fails", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on("unhandledRejection", note);
  });
  afterEach(() => {
    process.off("unhandledRejection", note);
  });

  /** Fails at a candidate that is not the oldest, long before the oldest is answered. */
  const failing = (at: number): Evaluator => {
    let asked = 0;
    return {
      async evaluate(candidate) {
        const order = asked++;
        if (order === at) throw new Error("the runtime broke");
        await new Promise((resolve) => setTimeout(resolve, 20));
        return scoresOf(candidate, metrics);
      },
    };
  };

  test("ends the search with its error once its turn comes, and leaves no rejection that nobody awaits", async () => {
    for (const at of [0, 3, 7]) {
      const { records } = await run(randomSearch(problemOf(1)));
      const told: Evaluation[] = [];
      const ended = drive(randomSearch(problemOf(1)), {
        space,
        evaluator: failing(at),
        onEvaluation: (evaluation) => {
          told.push(evaluation);
        },
      });
      await expect(ended).rejects.toThrow("the runtime broke");
      expect(told.map(({ scores }) => scores)).toEqual(records.slice(0, at).map(({ scores }) => scores));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(unhandled).toEqual([]);
    }
  });

  test("at once ends the search as well", async () => {
    const broken: Evaluator = {
      evaluate() {
        throw new Error("the runtime broke");
      },
    };
    await expect(run(randomSearch(problemOf(1)), { evaluator: broken })).rejects.toThrow("the runtime broke");
  });
});

test("what happens at an evaluation is awaited before the search goes on", async () => {
  const events: string[] = [];
  const none = genotypeMetric("none", () => ({ value: null, reason: "a test" }));
  const problem = {
    ...problemOf(1),
    topologyObjective: objectiveOfMetric(none.metric),
    sizeObjective: objectiveOfMetric(none.metric),
    maxEvaluations: 3,
  };
  await drive(randomSearch(problem), {
    space,
    evaluator: { evaluate: (candidate) => scoresOf(candidate, [none]) },
    onEvaluation: async (_, order) => {
      events.push(`begin ${order}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(`end ${order}`);
    },
  });
  expect(events).toEqual([0, 1, 2].flatMap((order) => [`begin ${order}`, `end ${order}`]));
});
