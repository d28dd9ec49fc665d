/** @file Scores candidates in this thread, one after another; the scorer keeps the order. */

import type { Architecture } from "../architecture/architecture.js";
import { UnscorableError } from "../errors.js";
import type { Metric, Score } from "../metrics/metric.js";
import { type Scorer, scoreStatic } from "../metrics/scorer.js";
import type { Space } from "../spaces/space.js";
import type { Candidate, Scores } from "./algorithm.js";
import type { Evaluator } from "./drive.js";

/** What a metric cannot score is a candidate without a score, not the end of a search. */
function reasonOf(error: unknown): Score {
  if (error instanceof UnscorableError) return { value: null, reason: error.message };
  throw error;
}

export function localEvaluator(space: Space, scorer: Scorer): Evaluator {
  async function scoreOne(architecture: Architecture, metric: Metric): Promise<Score> {
    try {
      return await scorer.score(architecture, metric);
    } catch (error) {
      return reasonOf(error);
    }
  }

  async function scoreAll(architecture: Architecture, metrics: readonly Metric[]): Promise<Scores> {
    const scores: Record<string, Score> = {};
    for (const metric of metrics) scores[metric.id] = await scoreOne(architecture, metric);
    return scores;
  }

  /** Scores that take no run are given at once: a size phase makes tens of thousands of them. */
  function scoreAtOnce(architecture: Architecture, metrics: readonly Metric[]): Scores | undefined {
    const scores: Record<string, Score> = {};
    for (const metric of metrics) {
      if ("observe" in metric) return undefined;
      try {
        scores[metric.id] = scoreStatic(architecture, metric);
      } catch (error) {
        scores[metric.id] = reasonOf(error);
      }
    }
    return scores;
  }

  return {
    evaluate({ genotype, metrics }: Candidate) {
      const architecture = space.build(genotype);
      return scoreAtOnce(architecture, metrics) ?? scoreAll(architecture, metrics);
    },
  };
}
