/** @file One search of the curve of evaluations. */

import { cyclicSearch, defaultAlgorithmOptions, type FamilyName } from "@esnas/core/internal";
import { problemOf, runSearch } from "../common/search-in-memory.js";

export interface CurveTask {
  readonly preset: FamilyName;
  readonly evaluations: number;
  readonly seed: number;
}

/** A row of `results/budget-curve.csv`. */
export interface CurveRow extends CurveTask {
  readonly topologyEvaluations: number;
  readonly sizeEvaluations: number;
  readonly cycles: number;
  /** Why the search ended. */
  readonly reason: string;
  readonly entropicScore: number;
  readonly logSynflow: number;
  readonly parameters: number;
  readonly macs: number;
  readonly seconds: number;
}

export async function searchOf(task: CurveTask): Promise<CurveRow> {
  const { preset, evaluations, seed } = task;
  const start = performance.now();
  const problem = problemOf(preset, seed, evaluations);
  const { outcome, costs, entropicScore, logSynflow } = await runSearch(
    problem,
    cyclicSearch(problem, defaultAlgorithmOptions),
  );
  const made = (phase: string) =>
    outcome.phases.reduce((sum, of) => (of.phase === phase ? sum + of.evaluations : sum), 0);
  return {
    ...task,
    topologyEvaluations: made("topology"),
    sizeEvaluations: made("size"),
    cycles: outcome.cycles,
    reason: outcome.reason,
    entropicScore,
    logSynflow,
    parameters: costs.parameters,
    macs: costs.macs,
    seconds: (performance.now() - start) / 1000,
  };
}
