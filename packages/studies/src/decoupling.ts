/**
 * @file Does each metric choose what it is meant to choose? In its own phase, evolution against as many random draws; and how
 * much each metric moves when only topology, or only sizes, change (the decoupling that the paper claims).
 */

import {
  architectureCosts,
  better,
  drive,
  type Evaluation,
  evolve,
  familyBudgets,
  type Genotype,
  hybridSpace,
  isWithin,
  localEvaluator,
  type Metric,
  metricOf,
  type Role,
  type SearchAlgorithm,
  sampleWithin,
  scoreBy,
  seededRandom,
} from "@esnas/core/internal";
import { mean, standardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const SEEDS = [0, 1, 2, 3, 4];
/** As many as a phase of the default search has. */
const EVALUATIONS = { topology: 500, size: 5500 } as const;
/** Random draws that both metrics score. */
const BOTH = 500;
const space = hybridSpace();
const constraints = familyBudgets.s0;
const metrics: Readonly<Record<Role, Metric>> = {
  topology: metricOf("entropic-score"),
  size: metricOf("logsynflow"),
};

/** One phase by itself, from a base whose other genes stay frozen. */
function* onePhase(role: Role, base: Genotype, seed: number): SearchAlgorithm {
  const metric = metrics[role];
  const compare = better(metric.contract.direction);
  const random = seededRandom(seed);
  const { ranking } = yield* evolve({
    space,
    random,
    role,
    initial: Array.from({ length: 25 }, () => sampleWithin(space, constraints, random, role, base)),
    evaluations: EVALUATIONS[role],
    memo: new Map(),
    order: (evaluations: readonly Evaluation[]) =>
      evaluations.toSorted((a, b) => compare(scoreBy(a, metric), scoreBy(b, metric))),
    admit: (child) => (isWithin(architectureCosts(space.build(child)), constraints) ? child : undefined),
    candidate: (genotype) => ({ genotype, phase: role, cycle: 1, metrics: [metric] }),
  });
  return { best: ranking[0]?.candidate.genotype ?? base, cycles: 1, phases: [], reason: "evaluations" };
}

export async function decoupling(): Promise<void> {
  const rows: Row[] = [];
  for (const seed of SEEDS) {
    const scorer = nodeScorer({ seed });
    const scored = async (genotype: Genotype, metric: Metric) =>
      Number(await scorer.score(space.build(genotype), metric));
    const random = seededRandom(100 + seed);
    const base = sampleWithin(space, constraints, random);
    for (const role of ["topology", "size"] as const) {
      const draws = Array.from({ length: EVALUATIONS[role] }, () =>
        sampleWithin(space, constraints, random, role, base),
      );
      const own = await Promise.all(draws.map((genotype) => scored(genotype, metrics[role])));
      const other = await Promise.all(
        draws.slice(0, BOTH).map((genotype) => scored(genotype, metrics[role === "topology" ? "size" : "topology"])),
      );
      const outcome = await drive(onePhase(role, base, seed), { space, evaluator: localEvaluator(space, scorer) });
      rows.push({
        "genes that change": role,
        seed,
        metric: metrics[role].id,
        "best by evolution": outcome === undefined ? Number.NaN : await scored(outcome.best, metrics[role]),
        "best of random": Math.max(...own),
        "mean of random": mean(own),
        "entropic-score moves, %": variation(role === "topology" ? own : other),
        "logsynflow moves, %": variation(role === "topology" ? other : own),
      });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
    await scorer.release();
  }
  printTable(rows);
  writeResults("decoupling", rows);
}

/** Standard deviation over mean, in %. */
function variation(values: readonly number[]): number {
  return (100 * standardDeviation([...values])) / mean([...values]);
}
