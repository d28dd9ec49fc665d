/** @file Accuracy of published models over size and scores: panels side by side, a colour a family, as one SVG. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

export interface ChartPoint {
  readonly x: number;
  readonly top1: number;
  readonly family: string;
  readonly title: string;
}

export interface Chart {
  readonly label: string;
  readonly title: string;
  readonly isLogarithmic: boolean;
  readonly points: readonly ChartPoint[];
}

const WIDTH = 380;
const HEIGHT = 320;
const COLUMNS = 3;
const LEGEND = 34;
const TEXT = "#222";
const TITLE = "Top-1 accuracy of published models over their size and scores";
/** Okabe and Ito's, which colour-blind eyes tell apart. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#222222"];

/** Charts in rows of three, over a legend of the families. */
export async function chartOfModels(charts: readonly Chart[]): Promise<string> {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const families = [...new Set(charts.flatMap(({ points }) => points.map(({ family }) => family)))];
  const titles = families.map((family) => familyTitle(charts, family));
  const panels = charts.map((chart, i) => {
    const svg = panel(chart, families, document as unknown as Plot.PlotOptions["document"]);
    const [x, y] = [(i % COLUMNS) * WIDTH, LEGEND + Math.floor(i / COLUMNS) * HEIGHT];
    return svg.replace(/^<svg /, `<svg x="${x}" y="${y}" `);
  });
  const [width, height] = [COLUMNS * WIDTH, LEGEND + Math.ceil(charts.length / COLUMNS) * HEIGHT];
  const keys = titles.map((title, i) => {
    const x = 60 + (i * (width - 80)) / titles.length;
    const colour = COLOURS[i % COLOURS.length];
    return `<circle cx="${x}" cy="18" r="5" fill="${colour}"/><text x="${x + 10}" y="22" fill="${TEXT}">${title}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, sans-serif" font-size="13"><title>${TITLE}</title><rect width="100%" height="100%" fill="white"/>`,
    ...keys,
    ...panels,
    "</svg>\n",
  ].join("");
}

/** The part that the titles of a family share: `EdgeNeXt`. */
function familyTitle(charts: readonly Chart[], family: string): string {
  const title = charts[0]?.points.find((point) => point.family === family)?.title ?? family;
  return title.split(/[-\s]/)[0] ?? title;
}

function panel(
  { label, title, isLogarithmic, points }: Chart,
  families: readonly string[],
  document: Plot.PlotOptions["document"],
): string {
  const element = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 34,
    marginLeft: 48,
    marginRight: 16,
    style: { background: "white", color: TEXT, fontSize: "11px" },
    grid: true,
    x: {
      type: isLogarithmic ? "log" : "linear",
      label,
      labelArrow: "none",
      ticks: 5,
      nice: true,
      ...(isLogarithmic && { tickFormat: "~s" }),
    },
    y: { label: "top-1 on ImageNet-1k, %", labelAnchor: "center", labelArrow: "none", domain: [58, 86] },
    color: { domain: [...families], range: COLOURS.slice(0, families.length) },
    marks: [
      Plot.line(
        points.toSorted((a, b) => a.x - b.x),
        { x: "x", y: "top1", z: "family", stroke: "family", strokeOpacity: 0.35 },
      ),
      Plot.dot(points, { x: "x", y: "top1", fill: "family", r: 4, title: "title" }),
      Plot.text([title], { frameAnchor: "top-left", dy: -26, dx: -30, fontSize: 13, fontWeight: "bold", fill: TEXT }),
    ],
  });
  // A title for those who hear it; without Plot's own style sheet, which is for pages.
  return element.outerHTML.replace(/^(<svg [^>]*>)<style>.*?<\/style>/s, `$1<title>${title}</title>`);
}
