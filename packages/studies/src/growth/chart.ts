/** @file One curve as an SVG: a line for each series, medians or means, the spread of the repeats behind it. */

import { plotter } from "esnas/dist/report/svg-plot.js";

const WIDTH = 520;
const HEIGHT = 320;
const TEXT = "#222";
/** Okabe and Ito's, which colour-blind eyes tell apart. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
/** Where the largest is more than so many times the smallest, the axis is logarithmic. */
const WIDE = 30;

export interface Line {
  readonly series: string;
  readonly x: number;
  readonly min: number;
  /** What the line goes through. */
  readonly median: number;
  readonly max: number;
}

export interface LineChart {
  readonly title: string;
  /** Of the axes. */
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  /** Absent: the horizontal axis is linear. */
  readonly hasLogarithmicX?: boolean;
  /** Absent: the vertical axis begins at 0, unless it is logarithmic. */
  readonly isRelative?: boolean;
}

export async function lineChart({ title, x, y, lines, hasLogarithmicX, isRelative }: LineChart): Promise<string> {
  const { plot, svg } = await plotter();
  const series = [...new Set(lines.map((line) => line.series))];
  const medians = lines.map(({ median }) => median);
  const isLogarithmic = Math.min(...medians) > 0 && Math.max(...medians) / Math.min(...medians) > WIDE;
  const colours = COLOURS.slice(0, series.length);
  const drawn = svg({
    width: WIDTH,
    height: HEIGHT,
    marginTop: 30 + 16 * series.length,
    marginLeft: 60,
    marginRight: 20,
    style: { fontFamily: "system-ui, sans-serif", background: "white", color: TEXT },
    grid: true,
    x: {
      label: x,
      labelAnchor: "center",
      labelArrow: "none",
      ...(hasLogarithmicX
        ? {
            type: "log",
            ticks: [...new Set(lines.map((line) => line.x))],
            tickFormat: (x: number) => x.toLocaleString("en-US"),
          }
        : { nice: true }),
    },
    y: {
      type: isLogarithmic ? "log" : "linear",
      label: isLogarithmic ? `${y}, logarithmic` : y,
      labelAnchor: "center",
      labelArrow: "none",
      ...(isLogarithmic ? { ticks: 5, tickFormat: "~g" } : { zero: !isRelative, nice: true }),
    },
    color: { domain: series, range: colours },
    marks: [
      plot.areaY(lines, { x: "x", y1: "min", y2: "max", fill: "series", fillOpacity: 0.15 }),
      plot.lineY(lines, { x: "x", y: "median", stroke: "series", strokeWidth: 2 }),
      plot.dot(lines, { x: "x", y: "median", fill: "series", r: 3 }),
      plot.text([title], {
        frameAnchor: "top-left",
        dx: -50,
        dy: -20 - 16 * series.length,
        fontSize: 13,
        fontWeight: "bold",
        fill: TEXT,
      }),
      ...series.map((name, i) =>
        plot.text([`● ${name}`], {
          frameAnchor: "top-left",
          dx: -50,
          dy: -2 - 16 * (series.length - i),
          fontSize: 12,
          fill: colours[i] ?? TEXT,
        }),
      ),
    ],
  });
  // A title for those who hear it; without Plot's own style sheet, which is for pages.
  return `${drawn.replace(/^(<svg [^>]*>)<style>.*?<\/style>/s, `$1<title>${title}</title>`)}\n`;
}
