/** @file What metrics are worth at a fixed budget: a dot and an interval for each. */

import type { ObjectiveSummary } from "./correlate-summary.js";
import { intervalSvg } from "./interval-chart.js";

/** As SVG that needs nothing else; undefined where no metric has a figure. */
export function budgetSvg(objectives: readonly ObjectiveSummary[]): Promise<string | undefined> {
  const points = objectives.flatMap(({ id, statistics: { partialSpearman } }) =>
    partialSpearman.value === null ? [] : [{ ...partialSpearman, id, value: partialSpearman.value }],
  );
  return intervalSvg(points, {
    label: "rank correlation with accuracy, parameters and MACs taken out",
    className: "esnas-budget",
  });
}
