/** @file What metrics are worth at a fixed budget: a dot and an interval for each. */

import { plotter } from "../report/svg-plot.js";
import type { ObjectiveSummary } from "./correlate-summary.js";

const WIDTH = 720;
const LINE = 26;
const COLOURS = { ours: "#4269d0", line: "#222" } as const;

/** As SVG that needs nothing else; undefined where no metric has a figure. */
export async function budgetSvg(objectives: readonly ObjectiveSummary[]): Promise<string | undefined> {
  const points = objectives.flatMap(({ id, statistics: { partialSpearman } }) =>
    partialSpearman.value === null ? [] : [{ ...partialSpearman, id, value: partialSpearman.value }],
  );
  if (points.length === 0) return undefined;
  const { plot, svg } = await plotter();
  const longest = points.reduce((most, { id }) => Math.max(most, id.length), 0);
  const [x, y] = ["value", "id"];
  const withInterval = points.filter(({ low, high }) => low !== null && high !== null);
  return svg({
    width: WIDTH,
    height: 70 + LINE * points.length,
    marginLeft: Math.min(WIDTH / 2, 20 + 7 * longest),
    marginBottom: 40,
    className: "esnas-budget",
    style: { fontFamily: "system-ui, sans-serif", fontSize: "12px", background: "white", color: COLOURS.line },
    grid: true,
    x: {
      label: "rank correlation with accuracy, parameters and MACs taken out",
      labelAnchor: "center",
      labelArrow: "none",
    },
    y: { label: null, domain: points.toSorted((a, b) => b.value - a.value).map(({ id }) => id) },
    marks: [
      plot.ruleX([0]),
      plot.link(withInterval, { x1: "low", x2: "high", y1: y, y2: y, stroke: COLOURS.ours, strokeWidth: 2 }),
      plot.dot(points, { x, y, r: 5, fill: COLOURS.ours }),
      plot.text(points, { x, y, text: ({ value }: { value: number }) => value.toFixed(2), dy: -11, fontSize: 11 }),
    ],
  });
}
