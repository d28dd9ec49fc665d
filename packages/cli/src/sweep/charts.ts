/** @file What groups of searches have found beside each other: a chart a score or a cost, a line a group, a dot a search. */

import { isValue, largest, roundNumber } from "@esnas/core/internal";
import { plotter } from "../report/svg-plot.js";
import { costNames, type Estimate, type GroupSummary, type SearchSummary, type SweepSummary } from "./summary.js";
import { costTitles } from "./table.js";

const WIDTH = 760;
/** Of a group's line. */
const LINE = 26;
const COLOURS = { mean: "#4269d0", search: "#999", text: "#222" } as const;
/** Dots of a group; more would be a line. */
const MOST_DOTS = 200;
/** Pixels of a letter in the names of groups. */
const LETTER = 6.5;

export interface SweepChart {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

/** What is drawn: a number of each search, and its estimate for each group. */
interface Quantity {
  readonly title: string;
  readonly of: (search: SearchSummary) => number | undefined;
  readonly estimate: (group: GroupSummary) => Estimate | undefined;
}

/** Charts of what is not the same in all searches. */
export async function sweepCharts(summary: SweepSummary): Promise<readonly SweepChart[]> {
  const charts: SweepChart[] = [];
  for (const quantity of quantitiesOf(summary)) {
    if (new Set(summary.searches.flatMap((search) => quantity.of(search) ?? [])).size < 2) continue;
    const name = quantity.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    const taken = charts.filter((chart) => chart.name.startsWith(`chart-${name}`)).length;
    charts.push({
      name: `chart-${name}${taken === 0 ? "" : `-${taken + 1}`}`,
      title: quantity.title,
      svg: await chartOf(summary, quantity),
    });
  }
  return charts;
}

function quantitiesOf({ metrics }: SweepSummary): readonly Quantity[] {
  return [
    ...metrics.map((metric): Quantity => {
      const of = ({ scores: { [metric]: score } }: SearchSummary) =>
        score !== undefined && isValue(score) ? score : undefined;
      return { title: metric, of, estimate: ({ scores }) => scores[metric] };
    }),
    ...costNames.map((cost): Quantity => {
      return { title: costTitles[cost], of: ({ costs }) => costs[cost], estimate: ({ costs }) => costs[cost] };
    }),
  ];
}

async function chartOf({ groups, searches, bootstrap }: SweepSummary, { title, of, estimate }: Quantity) {
  const { plot, svg } = await plotter();
  const means = groups.flatMap((group) => {
    const { mean = null, low = null, high = null } = estimate(group) ?? {};
    return mean === null ? [] : [{ group: group.name, mean, low: low ?? mean, high: high ?? mean }];
  });
  const drawn = new Set(means.map(({ group }) => group));
  const dots = [...drawn].flatMap((name) =>
    searches
      .filter(({ group }) => group === name)
      .slice(0, MOST_DOTS)
      .flatMap((search) => {
        const value = of(search);
        return value === undefined ? [] : [{ group: name, value }];
      }),
  );
  const longest = largest([...drawn, " "].map((name) => name.length));
  return svg({
    width: WIDTH,
    height: 90 + LINE * drawn.size,
    marginTop: 50,
    marginLeft: Math.min(WIDTH / 2, 20 + LETTER * longest),
    marginRight: 30,
    className: "esnas-chart",
    style: { fontFamily: "system-ui, sans-serif", background: "white", color: COLOURS.text },
    grid: true,
    x: { label: `${title} →`, nice: true, inset: 8, tickFormat: roundNumber },
    y: { label: null, type: "band", domain: [...drawn] },
    marks: [
      plot.ruleY(means, { y: "group", x1: "low", x2: "high", stroke: COLOURS.mean, strokeWidth: 2 }),
      plot.dot(dots, { x: "value", y: "group", r: 3, fill: COLOURS.search, stroke: "white", strokeWidth: 0.5 }),
      plot.dot(means, { x: "mean", y: "group", r: 5, fill: COLOURS.mean }),
      plot.text([`● mean, with ${100 * bootstrap.level} % interval      • one search`], {
        frameAnchor: "top-left",
        fontSize: 12,
        fill: COLOURS.text,
        dy: -40,
      }),
    ],
  });
}
