/** @file One search from its start to its end, in memory. */

import {
  type Architecture,
  architectureCosts,
  type Costs,
  drive,
  type Evaluation,
  type FamilyName,
  familyBudgets,
  hybridSpace,
  localEvaluator,
  metricOf,
  type Outcome,
  objectiveOf,
  type SearchAlgorithm,
  type SearchProblem,
} from "@esnas/core/internal";
import { nodeScorer } from "./node-scorer.js";

export interface SearchRun {
  readonly outcome: Outcome;
  readonly architecture: Architecture;
  readonly costs: Costs;
  readonly entropicScore: number;
  readonly logSynflow: number;
  readonly history: readonly Evaluation[];
}

/** The problem that a search of a preset solves, with the paper's metrics. */
export function problemOf(preset: FamilyName, seed: number, maxEvaluations: number): SearchProblem {
  return {
    space: hybridSpace(),
    constraints: familyBudgets[preset],
    seed,
    topologyObjective: objectiveOf("entropic-score"),
    sizeObjective: objectiveOf("logsynflow"),
    maxEvaluations,
  };
}

export async function runSearch(problem: SearchProblem, algorithm: SearchAlgorithm): Promise<SearchRun> {
  const { space, seed } = problem;
  const scorer = nodeScorer({ seed });
  const history: Evaluation[] = [];
  const outcome = await drive(algorithm, {
    space,
    evaluator: localEvaluator(space, scorer),
    onEvaluation: (evaluation) => {
      history.push(evaluation);
    },
  });
  if (outcome === undefined) throw new Error("the search was not stopped");
  const architecture = space.build(outcome.best);
  const entropicScore = Number(await scorer.score(architecture, metricOf("entropic-score")));
  const logSynflow = Number(await scorer.score(architecture, metricOf("logsynflow")));
  await scorer.release();
  return { outcome, architecture, costs: architectureCosts(architecture), entropicScore, logSynflow, history };
}
