/** @file Charts of a front side by side: each score, and each other cost, over the cost that the front is of. */

import { type Front, isValue, largest, roundNumber, smallest } from "@esnas/core/internal";
import { plotter } from "../report/svg-plot.js";
import { metricsOf } from "./front-report.js";
import { costOf, type FrontPointSummary, type FrontSummary } from "./front-summary.js";

const WIDTH = 400;
const HEIGHT = 340;
const COLOURS = { front: "#4269d0", dominated: "#999", text: "#222" } as const;
/** A score that spans more than this factor has a logarithmic axis, as the costs have. */
const WIDE = 3;

const axisLabels = { macs: "MACs", parameters: "parameters", latency: "ms predicted" } as const;

interface Dot {
  readonly point: number;
  readonly x: number;
  readonly y: number;
  readonly isDominated: boolean;
}

type Quantity = (point: FrontPointSummary) => number | undefined;

/** SVG that needs nothing else. */
export async function frontChart(summary: FrontSummary): Promise<string> {
  const scores = metricsOf(summary).map((metric): readonly [string, Quantity] => {
    return [metric, ({ scores: { [metric]: score } }) => (score !== undefined && isValue(score) ? score : undefined)];
  });
  const costs = (["parameters", "macs"] as const)
    .filter((cost) => cost !== summary.cost)
    .map((cost): readonly [string, Quantity] => [axisLabels[cost], (point) => point[cost]]);
  const panels: string[] = [];
  for (const [label, quantity] of [...scores, ...costs]) panels.push(await panel(summary, label, quantity));
  const placed = panels.map((svg, i) => svg.replace(/^<svg /, `<svg x="${i * WIDTH}" `));
  const size = `viewBox="0 0 ${panels.length * WIDTH} ${HEIGHT}" width="${panels.length * WIDTH}" height="${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${placed.join("")}</svg>\n`;
}

function dotsOf(front: Front, points: readonly FrontPointSummary[], quantity: Quantity): Dot[] {
  return points.flatMap((point) => {
    const y = quantity(point);
    const isDominated = point.dominatedBy.length > 0;
    return y === undefined ? [] : [{ point: point.point, x: costOf(front, point), y, isDominated }];
  });
}

async function panel(summary: FrontSummary, label: string, quantity: Quantity): Promise<string> {
  const { plot, svg } = await plotter();
  const dots = dotsOf(summary, summary.points, quantity);
  const values = dots.map(({ y }) => y);
  const [least, most] = [smallest(values), largest(values)];
  const isLogarithmic = least > 0 && most / least > WIDE;
  return svg({
    width: WIDTH,
    height: HEIGHT,
    marginTop: 50,
    marginLeft: 60,
    marginRight: 25,
    // Dots and their numbers do not touch the frame.
    inset: 15,
    className: "esnas-chart",
    style: { fontFamily: "system-ui, sans-serif", background: "white", color: COLOURS.text },
    grid: true,
    x: { type: "log", label: axisLabels[summary.cost], labelArrow: "right", ticks: 5, tickFormat: "~s" },
    y: {
      type: isLogarithmic ? "log" : "linear",
      label: `${label}${isLogarithmic ? ", logarithmic" : ""}`,
      ticks: 6,
      nice: true,
      ...(isLogarithmic ? most >= 1e4 && { tickFormat: "~s" } : { tickFormat: roundNumber }),
    },
    marks: [
      plot.line(
        dots.filter(({ isDominated }) => !isDominated),
        { x: "x", y: "y", stroke: COLOURS.front, strokeOpacity: 0.5 },
      ),
      plot.dot(dots, {
        x: "x",
        y: "y",
        r: 4,
        fill: (dot: Dot) => (dot.isDominated ? "white" : COLOURS.front),
        stroke: (dot: Dot) => (dot.isDominated ? COLOURS.dominated : COLOURS.front),
      }),
      plot.text(dots, { x: "x", y: "y", text: "point", dy: -10, fontSize: 11, fill: COLOURS.text }),
      plot.text(dots.some(({ isDominated }) => isDominated) ? ["hollow: dominated by another model"] : [], {
        frameAnchor: "top-left",
        fontSize: 11,
        fill: COLOURS.dominated,
        dx: -55,
        dy: -40,
      }),
    ],
  });
}
