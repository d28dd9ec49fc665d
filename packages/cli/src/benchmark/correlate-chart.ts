/** @file Accuracy over score: all networks of a table and its best tenth, the optimum, and what the score would pick. */

import { roundNumber, type TableRow } from "@esnas/core/internal";
import { plotter } from "../report/svg-plot.js";
import type { Pick } from "./correlate-statistics.js";

const WIDTH = 560;
const HEIGHT = 400;
/** Up to so many networks are drawn one by one. */
const MOST_DOTS = 2000;
/** Pixels between hexagons. */
const HEXAGON = 6;
/** A score that spans more than this factor has a logarithmic axis. */
const WIDE = 1000;
/** Networks without a score stand before the begin of the axis, by this share of it. */
const ASIDE = 0.07;
/** Of as many rows the best tenth has a chart of its own. */
const ENOUGH_FOR_TENTH = 200;
const COLOURS = { dots: "#4269d0", optimum: "#d55e00", pick: "#009e73", text: "#222" } as const;

export interface Scatter {
  /** Of the score. */
  readonly label: string;
  readonly dataset: string;
  readonly rows: readonly TableRow[];
  /** Of each row, as much as it is worth to the objective; NaN where there is none. */
  readonly merits: Float64Array;
  readonly optimum: TableRow;
  readonly pick: Pick;
}

interface Point {
  readonly score: number;
  readonly accuracy: number;
  readonly row: TableRow;
}

/** One chart, or two side by side, as SVG that needs nothing else. */
export async function scatterSvg(scatter: Scatter): Promise<string> {
  const { rows, merits } = scatter;
  const points = rows.map((row, i): Point => ({ score: merits[i] ?? Number.NaN, accuracy: row.accuracy, row }));
  const panels = [await panel(scatter, points, `all ${rows.length.toLocaleString("en-US")} networks`)];
  if (rows.length >= ENOUGH_FOR_TENTH) {
    const best = points.toSorted((a, b) => b.accuracy - a.accuracy).slice(0, Math.ceil(points.length / 10));
    panels.push(await panel(scatter, best, "the tenth with the best accuracies"));
  }
  const placed = panels.map((svg, i) => svg.replace(/^<svg /, `<svg x="${i * WIDTH}" `));
  const size = `viewBox="0 0 ${panels.length * WIDTH} ${HEIGHT}" width="${panels.length * WIDTH}" height="${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${placed.join("")}</svg>\n`;
}

async function panel(scatter: Scatter, points: readonly Point[], what: string): Promise<string> {
  const { label, dataset, optimum, pick } = scatter;
  const { plot, svg } = await plotter();
  const axis = axisOf(points);
  const placed = points.map((point) => ({ ...point, x: Number.isNaN(point.score) ? axis.aside : point.score }));
  const [x, y] = ["x", "accuracy"];
  const isEach = placed.length <= MOST_DOTS;
  const marked = (row: TableRow) => placed.filter((point) => point.row === row);
  const isThere = (row: TableRow) => (marked(row).length > 0 ? "" : ", not in this chart");
  const ties = pick.tied > 1 ? `, one of ${pick.tied} that tie` : "";
  const captions = [
    { text: `${what}${isEach ? "" : ": the darker a hexagon, the more"}`, fill: COLOURS.text },
    { text: `★ optimum, ${accuracyOf(optimum)}${isThere(optimum)}`, fill: COLOURS.optimum },
    { text: `◆ pick of the score, ${accuracyOf(pick.row)}${ties}${isThere(pick.row)}`, fill: COLOURS.pick },
    ...(axis.hasAbsent ? [{ text: "left of the dashed line: networks without a score", fill: COLOURS.text }] : []),
  ];
  return svg({
    width: WIDTH,
    height: HEIGHT,
    marginTop: 75,
    marginLeft: 60,
    marginRight: 25,
    className: "esnas-chart",
    style: { fontFamily: "system-ui, sans-serif", background: "white", color: COLOURS.text },
    grid: true,
    x: {
      type: axis.isLogarithmic ? "log" : "linear",
      domain: [axis.hasAbsent ? axis.aside : axis.least, axis.most],
      label: `${label}${axis.isLogarithmic ? ", logarithmic" : ""}`,
      labelArrow: "right",
      ticks: 6,
      ...(axis.isLogarithmic ? axis.most >= 1e4 && { tickFormat: "~s" } : { tickFormat: roundNumber }),
    },
    y: { label: `accuracy on ${dataset}, %`, labelAnchor: "center", labelArrow: "none", nice: true },
    color: { type: "log", scheme: "blues" },
    marks: [
      isEach
        ? plot.dot(placed, { x, y, r: 2, fill: COLOURS.dots, fillOpacity: 0.6 })
        : plot.hexagon(placed, plot.hexbin({ fill: "count" }, { x, y, binWidth: HEXAGON })),
      ...(axis.hasAbsent ? [plot.ruleX([axis.least], { strokeDasharray: "2 3" })] : []),
      plot.dot(marked(optimum), { x, y, r: 6, symbol: "star", fill: COLOURS.optimum }),
      plot.dot(marked(pick.row), { x, y, r: 6, symbol: "diamond", stroke: COLOURS.pick, strokeWidth: 2.5 }),
      ...captions.map(({ text, fill }, line) =>
        plot.text([text], { frameAnchor: "top-left", fontSize: 12, fill, dx: -50, dy: 15 * line - 65 }),
      ),
    ],
  });
}

interface Axis {
  readonly least: number;
  readonly most: number;
  readonly isLogarithmic: boolean;
  /** Where points without a score stand. */
  readonly aside: number;
  readonly hasAbsent: boolean;
}

function axisOf(points: readonly Point[]): Axis {
  let [least, most, hasAbsent] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
  for (const { score } of points) {
    if (Number.isNaN(score)) hasAbsent = true;
    else [least, most] = [Math.min(least, score), Math.max(most, score)];
  }
  if (least > most) [least, most] = [0, 1];
  if (least === most) [least, most] = [least - 0.5, most + 0.5];
  const isLogarithmic = least > 0 && most / least > WIDE;
  const aside = isLogarithmic ? least * (least / most) ** ASIDE : least - ASIDE * (most - least);
  return { least, most, isLogarithmic, aside, hasAbsent };
}

function accuracyOf({ accuracy, index }: TableRow): string {
  return `${accuracy.toFixed(2)} % (index ${index})`;
}
