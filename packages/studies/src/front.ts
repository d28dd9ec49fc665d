/** @file Is it worth beginning the search of a budget with the models of lesser ones? Fronts over seeds, begun so and begun anew. */

import {
  architectureCosts,
  budgetsBetween,
  cyclicSearch,
  defaultAlgorithmOptions,
  dominatorsOf,
  drive,
  frontSearch,
  hybridSpace,
  localEvaluator,
  metricsOfAll,
  objectiveOf,
  type SearchProblem,
  type Standing,
} from "@esnas/core/internal";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const SEEDS = [0, 1];
const EVALUATIONS = 6000;
const front = { cost: "macs", budgets: budgetsBetween(79e6, 1.26e9, 8) } as const;
const space = hybridSpace();

async function rowsOf(seed: number, begins: "with lesser budgets" | "anew"): Promise<Row[]> {
  const problem: SearchProblem = {
    space,
    constraints: {},
    seed,
    topologyObjective: objectiveOf("entropic-score"),
    sizeObjective: objectiveOf("logsynflow"),
    maxEvaluations: EVALUATIONS,
  };
  const search = (point: SearchProblem) =>
    cyclicSearch(begins === "anew" ? { ...point, initial: [] } : point, defaultAlgorithmOptions);
  const scorer = nodeScorer({ seed });
  const points = await drive(frontSearch(problem, front, search), { space, evaluator: localEvaluator(space, scorer) });
  if (points === undefined) throw new Error("the search was not stopped");
  const objectives = [problem.topologyObjective, problem.sizeObjective];
  const found: (Standing & { readonly parameters: number })[] = [];
  for (const { outcome } of points) {
    const architecture = space.build(outcome.best);
    const { macs, parameters } = architectureCosts(architecture);
    found.push({ cost: macs, parameters, scores: await scorer.scores(architecture, metricsOfAll(objectives)) });
  }
  await scorer.release();
  const dominators = dominatorsOf(found, objectives);
  return found.map(({ cost, parameters, scores }, i) => ({
    seed,
    begins,
    budget: front.budgets[i] ?? 0,
    macs: cost,
    parameters,
    "entropic-score": Number(scores["entropic-score"]),
    logsynflow: Number(scores.logsynflow),
    "dominated by": (dominators[i] ?? []).map((other) => other + 1).join(" "),
  }));
}

export async function fronts(): Promise<void> {
  const rows: Row[] = [];
  for (const seed of SEEDS) {
    for (const begins of ["with lesser budgets", "anew"] as const) rows.push(...(await rowsOf(seed, begins)));
  }
  printTable(rows);
  writeResults("front", rows);
}
