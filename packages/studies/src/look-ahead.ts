/**
 * @file What does asking ahead cost? One phase of a search, within S0's budget and from a random base, with several numbers of candidates that
 * may be waited for at once: each child is bred without what is still waited for.
 */

import {
  type Candidate,
  drive,
  evolve,
  familyBudgets,
  type Genotype,
  hybridSpace,
  keyOf,
  localEvaluator,
  metricOf,
  objectiveOfMetric,
  orderAmong,
  type Role,
  type Scores,
  type SearchAlgorithm,
  sampleWithin,
  seededRandom,
  withinBounds,
} from "@esnas/core/internal";
import { mean, standardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
const LOOK_AHEADS = [1, 2, 4, 8, 16];
const EVALUATIONS = { topology: 500, size: 5500 } as const;
const space = hybridSpace();
const constraints = familyBudgets.s0;
const metrics = { topology: metricOf("entropic-score"), size: metricOf("logsynflow") } as const;

function* onePhase(role: Role, base: Genotype, seed: number, lookAhead: number): SearchAlgorithm {
  const metric = metrics[role];
  const random = seededRandom(seed);
  const { ranking, exhausted } = yield* evolve({
    space,
    random,
    role,
    initial: Array.from({ length: 25 }, () => sampleWithin(space, constraints, random, role, base)),
    evaluations: EVALUATIONS[role],
    lookAhead,
    memo: new Map(),
    order: orderAmong(objectiveOfMetric(metric)),
    admit: (child) => withinBounds(space, constraints, child),
    candidate: (genotype) => ({ genotype, phase: role, cycle: 1, metrics: [metric] }),
  });
  const best = ranking[0]?.candidate.genotype ?? base;
  return { best, cycles: 1, phases: [], reason: exhausted ? "exhausted" : "evaluations" };
}

export async function lookAhead(): Promise<void> {
  const rows: Row[] = [];
  for (const seed of SEEDS) {
    const scorer = nodeScorer({ seed });
    const local = localEvaluator(space, scorer);
    const known = new Map<string, Scores>();
    const evaluator = {
      async evaluate(candidate: Candidate): Promise<Scores> {
        const key = `${candidate.phase} ${keyOf(space, candidate.genotype)}`;
        const scores = known.get(key) ?? (await local.evaluate(candidate));
        known.set(key, scores);
        return scores;
      },
    };
    const base = sampleWithin(space, constraints, seededRandom(100 + seed));
    for (const role of ["topology", "size"] as const) {
      for (const ahead of LOOK_AHEADS) {
        const outcome = await drive(onePhase(role, base, seed, ahead), { space, evaluator });
        if (outcome === undefined) throw new Error("the search was not stopped");
        const best = Number(await scorer.score(space.build(outcome.best), metrics[role]));
        rows.push({ "genes that change": role, seed, "look-ahead": ahead, metric: metrics[role].id, best });
        process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
      }
    }
    await scorer.release();
  }
  printTable(summary(rows));
  writeResults("look-ahead", rows);
}

/** Over the seeds, in % of what one candidate at a time gives. */
function summary(rows: readonly Row[]): Row[] {
  const bestOf = (role: Role, ahead: number) =>
    rows.flatMap((row) => (row["genes that change"] === role && row["look-ahead"] === ahead ? [Number(row.best)] : []));
  return (["topology", "size"] as const).flatMap((role) =>
    LOOK_AHEADS.map((ahead) => {
      const ratios = bestOf(role, ahead).map((best, i) => (100 * best) / (bestOf(role, 1)[i] ?? Number.NaN));
      return {
        "genes that change": role,
        "look-ahead": ahead,
        "mean of the best": mean(bestOf(role, ahead)),
        "% of 1 ahead": mean(ratios),
        "standard deviation": standardDeviation(ratios),
      };
    }),
  );
}
