/** @file Accuracies of picks along the budgets of a table: a panel for each way to choose, between chance and the best network. */

import { plotter } from "../report/svg-plot.js";
import { BEST, RANDOM } from "./picks-statistics.js";
import { meanOf, type PicksSummary } from "./picks-summary.js";
import { brokenName, inOrder } from "./picks-table.js";

const COLUMNS = 3;
/** Pixels of a panel, and of a line of its title. */
const PANEL = { width: 250, height: 100 } as const;
const TITLE_LINE = 13;
/** Characters of a title that a panel has room for. */
const TITLE = 36;
const MARGIN = { left: 50, bottom: 40 } as const;
const COLOURS = { pick: "#4269d0", chance: "#888", best: "#d55e00", text: "#222" } as const;

/** As SVG that needs nothing else; undefined of a single budget, which has no line. */
export async function panelsSvg(summary: PicksSummary): Promise<string | undefined> {
  const { budgets, dataset } = summary;
  if (budgets.length < 2) return undefined;
  const shown = inOrder(summary.contenders)
    .filter(({ id }) => id !== BEST && id !== RANDOM)
    .map(({ id, runs }, panel) => ({
      runs,
      title: brokenName(id, TITLE),
      fx: panel % COLUMNS,
      fy: Math.floor(panel / COLUMNS),
    }));
  const points = shown.flatMap(({ runs, fx, fy }) =>
    budgets.map(({ mean, deviation, best }, budget) => ({
      fx,
      fy,
      x: budget + 1,
      pick: meanOf(runs.map(({ picks }) => picks[budget]?.accuracy ?? null)) ?? Number.NaN,
      mean,
      low: mean - deviation,
      high: mean + deviation,
      best,
    })),
  );
  const titles = shown.map(({ title, fx, fy }) => ({ title: title.join("\n"), fx, fy }));
  const above = 8 + TITLE_LINE * shown.reduce((most, { title }) => Math.max(most, title.length), 1);
  const lines = Math.ceil(shown.length / COLUMNS);
  const { plot, svg } = await plotter();
  const [x, fx, fy] = ["x", "fx", "fy"];
  return svg({
    width: MARGIN.left + COLUMNS * PANEL.width,
    height: above + lines * (PANEL.height + above) - above + MARGIN.bottom,
    marginLeft: MARGIN.left,
    marginTop: above,
    marginBottom: MARGIN.bottom,
    className: "esnas-picks",
    style: { fontFamily: "system-ui, sans-serif", fontSize: "11px", background: "white", color: COLOURS.text },
    grid: true,
    x: {
      label: "budget, from the first to the last",
      labelAnchor: "center",
      labelArrow: "none",
      ticks: budgets.length < 6 ? budgets.map((_, i) => i + 1) : 5,
      tickFormat: "d",
    },
    y: {
      label: `accuracy on ${dataset}, %`,
      labelAnchor: "center",
      labelArrow: "none",
      nice: true,
      ticks: 4,
      inset: 6,
    },
    fx: { axis: null, padding: 0.08 },
    fy: { axis: null, padding: above / (PANEL.height + above) },
    marks: [
      plot.frame({ stroke: "#ddd" }),
      plot.areaY(points, { x, y1: "low", y2: "high", fx, fy, fill: COLOURS.chance, fillOpacity: 0.2 }),
      plot.lineY(points, { x, y: "mean", fx, fy, stroke: COLOURS.chance, strokeDasharray: "3 2" }),
      plot.lineY(points, { x, y: "best", fx, fy, stroke: COLOURS.best }),
      plot.lineY(points, { x, y: "pick", fx, fy, stroke: COLOURS.pick, strokeWidth: 2 }),
      plot.text(titles, {
        text: "title",
        fx,
        fy,
        frameAnchor: "top-left",
        lineAnchor: "bottom",
        dy: -5,
        fontWeight: 600,
      }),
    ],
  });
}

/** What the lines of the panels are. */
export const panelsLegend =
  "Blue: the pick. Orange: the best network of the budget. Grey, dashed: the mean of all that the budget admits, with their standard deviation.";
