/**
 * @file Scores candidates. Scores that take no run are given at once, by whoever asks: a size phase makes tens of thousands of them.
 * Forward runs are made in this thread, one after another, or by somebody else.
 */

import type { Architecture } from "../architecture/architecture.js";
import { type ForwardMetric, inOrderOf, isForward, type Metric, type Score, type Scores } from "../metrics/metric.js";
import { scoreOrReason } from "../metrics/static-score.js";
import type { Scorer } from "../scoring/scorer.js";
import type { Genotype, Space } from "../spaces/space.js";
import type { Evaluator } from "./drive.js";

/**
 * Makes forward runs in this thread; the scorer keeps the order.
 * @param scorer - Absent where no metric asks for a run.
 */
export function localEvaluator(space: Space, scorer: Scorer | undefined): Evaluator {
  return evaluatorBy(space, (genotype, metrics) => {
    if (scorer === undefined) throw new Error("a metric asks for runs, and nothing runs networks");
    return scorer.scores(space.build(genotype), metrics);
  });
}

/**
 * Scores candidates by means of forward runs that are made elsewhere.
 * @param forward - The scores of a genotype by all of some metrics, each of which has one.
 */
export function evaluatorBy(
  space: Space,
  forward: (genotype: Genotype, metrics: readonly ForwardMetric[]) => Promise<Scores>,
): Evaluator {
  return {
    evaluate({ genotype, metrics }) {
      const ofRuns = metrics.filter(isForward);
      if (ofRuns.length === metrics.length) return forward(genotype, ofRuns);
      const scores = staticScores(space.build(genotype), metrics);
      if (ofRuns.length === 0) return scores;
      return forward(genotype, ofRuns).then((made) => inOrderOf(metrics, { ...scores, ...made }));
    },
  };
}

function staticScores(architecture: Architecture, metrics: readonly Metric[]): Scores {
  const scores: Record<string, Score> = {};
  for (const metric of metrics) if (!isForward(metric)) scores[metric.id] = scoreOrReason(architecture, metric);
  return scores;
}
