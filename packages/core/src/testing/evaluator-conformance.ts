/** @file What every evaluator has to hold, wherever it has candidates scored: its scores are those of a scorer in this thread. */

import { seededRandom } from "../base/random-numbers.js";
import type { ForwardMetric, Metric, Scores } from "../metrics/metric.js";
import { metricOf } from "../metrics/registry.js";
import { objectiveOf } from "../objective/objective.js";
import type { Runtime } from "../runtime/session.js";
import { Scorer } from "../scoring/scorer.js";
import type { Candidate, Evaluation } from "../search/algorithm.js";
import { type AlgorithmName, algorithms, defaultAlgorithmOptions } from "../search/algorithms/registry.js";
import { drive, type Evaluator } from "../search/drive.js";
import { localEvaluator } from "../search/local-evaluator.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { toJson } from "../spaces/json.js";
import type { Space } from "../spaces/space.js";
import { sample } from "../spaces/variation.js";
import { assert, type Check } from "./check.js";

const sizes = { depth: [1, 2], width: [8, 12, 16], expansion: [1, 2], kernel: [3, 5] };
const ffns: ("ibn" | "convnext")[] = ["ibn", "convnext"];

/** Small enough that a candidate takes a millisecond. */
const space = hybridSpace({
  input: [1, 16, 16],
  classes: 4,
  stem: 2,
  heads: 2,
  stages: [
    { ...sizes, qkvDim: [], kinds: ["ibn", "convnext"], ffns },
    { ...sizes, qkvDim: [4, 8], kinds: ["ibn", "convnext", "transformer"], ffns },
  ],
});

const SEED = 3;
const CANDIDATES = 12;
/** Of one search. */
const EVALUATIONS = 40;

const forward = metricOf("entropic-score");
const fixed = metricOf("logsynflow");

/** A metric that no registry has, and that fails. */
const broken: ForwardMetric = {
  id: "broken",
  contract: { ...forward.contract, name: "broken" },
  input: { batch: 1, resolution: 16, repeats: 1 },
  observe() {
    throw new Error("the metric is broken");
  },
  reduce: () => 0,
};

function candidatesBy(metrics: readonly Metric[]): Candidate[] {
  const random = seededRandom(1);
  return Array.from({ length: CANDIDATES }, () => ({
    genotype: sample(space, random),
    phase: "test",
    cycle: 1,
    metrics,
  }));
}

/**
 * The checks of one kind of evaluator.
 * @param evaluatorOf - An evaluator of candidates of a space, with weights and input of a seed. The suite does not release it.
 */
export function evaluatorConformance(
  name: string,
  evaluatorOf: (space: Space, seed: number) => Evaluator,
  runtime: Runtime,
): Check[] {
  async function withLocal<T>(use: (local: Evaluator) => Promise<T>): Promise<T> {
    const scorer = new Scorer(runtime, { seed: SEED });
    try {
      return await use(localEvaluator(space, scorer));
    } finally {
      await scorer.release();
    }
  }

  const scoresInTurn = async (evaluator: Evaluator, candidates: readonly Candidate[]): Promise<Scores[]> => {
    const scores: Scores[] = [];
    for (const candidate of candidates) scores.push(await evaluator.evaluate(candidate));
    return scores;
  };
  const scoresAtOnce = (evaluator: Evaluator, candidates: readonly Candidate[]): Promise<Scores[]> =>
    Promise.all(candidates.map(async (candidate) => evaluator.evaluate(candidate)));

  async function assertAsLocal(metrics: readonly Metric[]): Promise<void> {
    const candidates = candidatesBy(metrics);
    const expected = await withLocal((local) => scoresInTurn(local, candidates));
    assertSame(await scoresInTurn(evaluatorOf(space, SEED), candidates), expected);
  }

  return [
    {
      name: `${name} gives the scores of a forward run that a scorer of the same seed gives`,
      run: () => assertAsLocal([forward]),
    },
    {
      name: `${name} gives scores that take no run`,
      run: () => assertAsLocal([fixed, metricOf("parameters")]),
    },
    {
      name: `${name} gives scores of both kinds in the order of the metrics`,
      run: () => assertAsLocal([metricOf("parameters"), forward, fixed, metricOf("naswot")]),
    },
    {
      name: `${name} gives the reason where a metric excludes a network`,
      run: () => assertAsLocal([metricOf("entropic-score(resolution=1)"), fixed]),
    },
    {
      name: `${name} gives each of several candidates under way its own scores`,
      async run() {
        const candidates = candidatesBy([forward]);
        const evaluator = evaluatorOf(space, SEED);
        const inTurn = await scoresInTurn(evaluator, candidates);
        assertSame(await scoresAtOnce(evaluator, candidates), inTurn);
        assertSame((await scoresAtOnce(evaluator, candidates.toReversed())).toReversed(), inTurn);
        assert(
          new Set(inTurn.map((scores) => JSON.stringify(scores))).size > CANDIDATES / 2,
          "all have the same scores",
        );
      },
    },
    {
      name: `${name} has scores that follow from the seed`,
      async run() {
        const candidates = candidatesBy([forward]);
        const scores = await scoresInTurn(evaluatorOf(space, SEED), candidates);
        const others = await scoresInTurn(evaluatorOf(space, SEED + 1), candidates);
        assert(JSON.stringify(scores) !== JSON.stringify(others), "two seeds gave the same scores");
        assertSame(await scoresInTurn(evaluatorOf(space, SEED), candidates), scores);
      },
    },
    {
      name: `${name} fails where a metric does, and goes on with other candidates`,
      async run() {
        const evaluator = evaluatorOf(space, SEED);
        const [good, bad] = [candidatesBy([forward]), candidatesBy([broken])];
        const candidates = good.flatMap((candidate, i) => (i === 2 ? [...bad.slice(0, 1), candidate] : [candidate]));
        const ended = await Promise.allSettled(candidates.map(async (candidate) => evaluator.evaluate(candidate)));
        const failed = ended.flatMap(({ status }, i) => (status === "rejected" ? [i] : []));
        assert(failed.join() === "2", `failed are ${failed}`);
        assertSame(
          ended.flatMap((end) => (end.status === "fulfilled" ? [end.value] : [])),
          await scoresInTurn(evaluator, good),
        );
      },
    },
    ...(Object.keys(algorithms) as AlgorithmName[]).map((algorithm) => ({
      name: `${name} gives a search by ${algorithm} the history that it has in one thread`,
      async run() {
        const expected = await withLocal((local) => historyOf(algorithm, local));
        assertSame(await historyOf(algorithm, evaluatorOf(space, SEED)), expected);
      },
    })),
  ];
}

async function historyOf(algorithm: AlgorithmName, evaluator: Evaluator): Promise<unknown[]> {
  const told: Evaluation[] = [];
  const problem = {
    space,
    constraints: {},
    seed: SEED,
    topologyObjective: objectiveOf("entropic-score"),
    sizeObjective: objectiveOf("logsynflow"),
    maxEvaluations: EVALUATIONS,
  };
  const outcome = await drive(algorithms[algorithm](problem, defaultAlgorithmOptions), {
    space,
    evaluator,
    onEvaluation: (evaluation) => {
      told.push(evaluation);
    },
  });
  const history = told.map(({ candidate: { genotype, phase, cycle }, scores }) => {
    return { genotype: toJson(space, genotype), phase, cycle, scores };
  });
  return [outcome, ...history];
}

function assertSame(given: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(given), JSON.stringify(expected)];
  if (a === b) return;
  const at = [...a].findIndex((letter, i) => letter !== b[i]);
  throw new Error(
    `gave ...${a.slice(Math.max(0, at - 80), at + 80)}, not ...${b.slice(Math.max(0, at - 80), at + 80)}`,
  );
}
