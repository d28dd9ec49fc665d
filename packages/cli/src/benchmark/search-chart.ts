/** @file Accuracy of what searches have found so far over the candidates that they have scored. */

import { smallest } from "@esnas/core/internal";
import { plotter } from "../report/svg-plot.js";
import type { MethodSummary, SearchSummary } from "./search-summary.js";

const WIDTH = 820;
/** Below the captions. */
const HEIGHT = 440;
/** Of the candidates, after which every curve is within the chart: what the first few give would flatten the rest. */
const FROM = 0.04;
const COLOURS = ["#4269d0", "#d55e00", "#009e73", "#9467bd", "#8c564b", "#e377c2", "#444444"] as const;
const TEXT = "#222";

interface Curve {
  readonly label: string;
  readonly colour: string;
  readonly points: MethodSummary["curve"];
}

/** Mean and quartiles over the seeds, as SVG that needs nothing else. */
export async function searchChart({ methods, dataset, optimum, seeds }: SearchSummary): Promise<string> {
  const { plot, svg } = await plotter();
  const curves = methods.map(({ label, objective, curve }, i): Curve => {
    return { label: `${label} by ${objective}`, colour: COLOURS[i % COLOURS.length] ?? TEXT, points: curve };
  });
  const captions = [
    { text: `★ optimum, ${optimum.accuracy.toFixed(2)} %`, fill: TEXT },
    ...curves.map(({ label, colour }) => ({ text: `— ${label}`, fill: colour })),
  ];
  const x = "evaluations";
  const marginTop = 40 + 15 * captions.length;
  return `${svg({
    width: WIDTH,
    height: HEIGHT + marginTop,
    marginTop,
    marginLeft: 50,
    marginRight: 25,
    className: "esnas-chart",
    style: { fontFamily: "system-ui, sans-serif", background: "white", color: TEXT },
    grid: true,
    clip: true,
    x: { label: "candidates scored →" },
    y: {
      label: `↑ accuracy on ${dataset} of the best so far, %: mean and quartiles of ${seeds.length} searches`,
      domain: [floorOf(curves), optimum.accuracy],
      nice: true,
    },
    marks: [
      plot.ruleY([optimum.accuracy], { stroke: TEXT, strokeDasharray: "3 3" }),
      ...curves.flatMap(({ points, colour }) => [
        plot.areaY(points, { x, y1: "lowerQuartile", y2: "upperQuartile", fill: colour, fillOpacity: 0.12 }),
        plot.line(points, { x, y: "mean", stroke: colour, strokeWidth: 2 }),
      ]),
      ...captions.map(({ text, fill }, line) =>
        plot.text([text], {
          frameAnchor: "top-left",
          fontSize: 12,
          fill,
          dx: -45,
          dy: 15 * line - marginTop + 24,
          clip: false,
        }),
      ),
    ],
  })}\n`;
}

function floorOf(curves: readonly Curve[]): number {
  const floors = curves.map(({ points }) => points[Math.floor(FROM * points.length)]?.lowerQuartile ?? 0);
  return smallest(floors);
}
