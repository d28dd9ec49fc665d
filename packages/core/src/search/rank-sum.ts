/** @file Several metrics as one order: the sum of an evaluation's ranks by each (FreeREA's aggregation, by ranks). */

import { better, type Metric } from "../metrics/metric.js";
import { type Evaluation, scoreBy } from "./algorithm.js";

/** Evaluations by the sum of their ranks, best first; of equal sums, the earlier first. Equal scores share a rank. */
export function rankSum(evaluations: readonly Evaluation[], metrics: readonly Metric[]): Evaluation[] {
  const totals = new Map<Evaluation, number>(evaluations.map((evaluation) => [evaluation, 0]));
  for (const metric of metrics) {
    const compare = better(metric.contract);
    const order = evaluations.toSorted((a, b) => compare(scoreBy(a, metric), scoreBy(b, metric)));
    let rank = 0;
    order.forEach((evaluation, i) => {
      const before = order[i - 1];
      if (before !== undefined && compare(scoreBy(before, metric), scoreBy(evaluation, metric)) !== 0) rank = i;
      totals.set(evaluation, (totals.get(evaluation) ?? 0) + rank);
    });
  }
  return evaluations.toSorted((a, b) => (totals.get(a) ?? 0) - (totals.get(b) ?? 0));
}
