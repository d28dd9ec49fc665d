/** @file What several ways to choose are worth: a dot and an interval for each, the best on top. */

import { plotter } from "../report/svg-plot.js";

/** Of the plot without the names. */
const WIDTH = 440;
const LINE = 26;
const COLOURS = { ours: "#4269d0", line: "#222" } as const;

export interface IntervalPoint {
  readonly id: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface IntervalChart {
  /** Of the values. */
  readonly label: string;
  readonly className: string;
}

/** As SVG that needs nothing else; undefined where there is no point. */
export async function intervalSvg(
  points: readonly IntervalPoint[],
  { label, className }: IntervalChart,
): Promise<string | undefined> {
  if (points.length === 0) return undefined;
  const { plot, svg } = await plotter();
  const marginLeft = 20 + 7 * points.reduce((most, { id }) => Math.max(most, id.length), 0);
  const [x, y] = ["value", "id"];
  const withInterval = points.filter(({ low, high }) => low !== null && high !== null);
  return svg({
    width: marginLeft + WIDTH,
    height: 70 + LINE * points.length,
    marginLeft,
    marginBottom: 40,
    className,
    style: { fontFamily: "system-ui, sans-serif", fontSize: "12px", background: "white", color: COLOURS.line },
    grid: true,
    x: { label, labelAnchor: "center", labelArrow: "none" },
    y: { label: null, domain: points.toSorted((a, b) => b.value - a.value).map(({ id }) => id) },
    marks: [
      plot.ruleX([0]),
      plot.link(withInterval, { x1: "low", x2: "high", y1: y, y2: y, stroke: COLOURS.ours, strokeWidth: 2 }),
      plot.dot(points, { x, y, r: 5, fill: COLOURS.ours }),
      plot.text(points, { x, y, text: ({ value }: { value: number }) => value.toFixed(2), dy: -11, fontSize: 11 }),
    ],
  });
}
