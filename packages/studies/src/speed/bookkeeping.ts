/** @file What a search does besides scoring: evolution with its admission, and rows of the study. */

import { join } from "node:path";
import {
  architectureCosts,
  type Candidate,
  cyclicSearch,
  defaultAlgorithmOptions,
  drive,
  type Evaluation,
  jsonText,
  mutate,
  type Scores,
  seededRandom,
} from "@esnas/core/internal";
import { Study } from "esnas/dist/study/study.js";
import { version } from "esnas/dist/version.js";
import { problemOf } from "../common/search-in-memory.js";
import { withTemporaryFolder } from "../common/temporary-folder.js";
import { type Measurement, measurementOf } from "./measurement.js";
import { esformer } from "./subjects.js";
import { timed } from "./timing.js";

/** Searches that are repeated, after one that does not count. */
const REPEATS = 5;

/** Scores that cost nothing and follow from the order of asking. */
export function anyScores(): (candidate: Candidate) => Scores {
  const random = seededRandom(0);
  return ({ metrics }) => Object.fromEntries(metrics.map(({ id }) => [id, 1 + random.below(2 ** 30)]));
}

/**
 * Milliseconds a candidate of evolution, admission and the loop around them, by phase, over a search whose scores cost nothing.
 * @param maxEvaluations Of both phases together.
 */
export async function bookkeepingOf(maxEvaluations: number): Promise<ReadonlyMap<string, number>> {
  const problem = problemOf("s0", 0, maxEvaluations);
  const spent = new Map<string, { milliseconds: number; candidates: number }>();
  let last = performance.now();
  await drive(cyclicSearch(problem, defaultAlgorithmOptions), {
    space: problem.space,
    evaluator: { evaluate: anyScores() },
    onEvaluation({ candidate: { phase } }) {
      const now = performance.now();
      const { milliseconds, candidates } = spent.get(phase) ?? { milliseconds: 0, candidates: 0 };
      spent.set(phase, { milliseconds: milliseconds + now - last, candidates: candidates + 1 });
      last = now;
    },
  });
  return new Map([...spent].map(([phase, { milliseconds, candidates }]) => [phase, milliseconds / candidates]));
}

export async function bookkeeping(maxEvaluations: number): Promise<Measurement[]> {
  const runs: ReadonlyMap<string, number>[] = [];
  for (let run = 0; run <= REPEATS; run++) {
    const spent = await bookkeepingOf(maxEvaluations);
    if (run > 0) runs.push(spent);
  }
  return ["topology", "size"].map((phase) =>
    measurementOf(
      `bookkeeping: evolution and admission, ${phase} candidate`,
      "ms",
      runs.map((spent) => spent.get(phase) ?? Number.NaN),
    ),
  );
}

/** Rows that are appended in one go, between which nothing else is done. */
const ROWS = 2000;

/** Milliseconds an evaluation that is appended to a study, commits and JSON included. */
export function database(): Promise<Measurement[]> {
  return withTemporaryFolder(async (folder) => {
    const path = join(folder, "study.sqlite");
    const { space, genotype, constraints } = esformer("s0").surroundings;
    Study.create(
      path,
      {
        space: space.name,
        spaceOptions: {},
        preset: "s0",
        constraints,
        algorithm: "cyclic",
        topologyMetric: "entropic-score",
        sizeMetric: "logsynflow",
        ...defaultAlgorithmOptions,
        maxEvaluations: ROWS,
        seed: 0,
      },
      version,
    );
    const random = seededRandom(0);
    const evaluations = Array.from({ length: ROWS }, (_, i) => {
      const sizes = mutate(space, genotype, random, "size");
      const evaluation: Evaluation = {
        candidate: { genotype: sizes, phase: "size", cycle: 1, metrics: [] },
        scores: { logsynflow: 123456.789 + i },
      };
      return { evaluation, ...architectureCosts(space.build(sizes)), milliseconds: 0.05 };
    });
    const study = Study.open(path, version);
    const append = (round: number) => {
      evaluations.forEach((row, i) => {
        const text = jsonText(space, row.evaluation.candidate.genotype);
        study.append(round * ROWS + i, { ...row, genotype: text });
      });
      study.commit();
    };
    try {
      const action = { name: "database: append an evaluation", times: ROWS, run: append };
      return await timed([action], { warmUp: 2, rounds: 10 });
    } finally {
      study.close();
    }
  });
}
