/** @file What searches found against random genotypes, stage by stage, as charts. */

import { type HybridStage, largest, type TraitKind } from "@esnas/core/internal";
import { plotter } from "../report/svg-plot.js";
import type { Analysis, AnalysisSummary } from "./summary.js";
import { shownTraits, valueTitle } from "./table.js";

const WIDTH = 860;
const HEIGHT = 300;
const COLOURS = { found: "#4269d0", random: "#999", text: "#222" } as const;
/** Random genotypes that are drawn one by one. */
const MOST_DOTS = 400;

const STYLE = { fontFamily: "system-ui, sans-serif", background: "white", color: COLOURS.text };
const common = { width: WIDTH, height: HEIGHT, marginTop: 85, marginLeft: 55, className: "esnas-chart", style: STYLE };

export interface Chart {
  /** Of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

export async function chartsOf(analysis: Analysis): Promise<readonly Chart[]> {
  const { summary } = analysis;
  return [
    { name: "kinds", title: "Kinds of blocks", svg: await sharesChart(summary, "kind") },
    { name: "ffns", title: "Feed-forward networks of encoders", svg: await sharesChart(summary, "ffn") },
    { name: "kernels", title: "Kernel size", svg: await kernelsChart(summary) },
    { name: "qkv", title: "QKV dimension over embedding dimension", svg: await qkvChart(analysis) },
  ];
}

function legend(summary: AnalysisSummary, what: string): readonly { text: string; fill: string }[] {
  return [
    { text: `● ${what} of ${summary.seeds.length} searches, with 95 % interval`, fill: COLOURS.found },
    { text: "○ random genotypes within the same budget", fill: COLOURS.random },
  ];
}

type Plotter = Awaited<ReturnType<typeof plotter>>;

function captions({ plot }: Plotter, lines: readonly { text: string; fill: string }[]) {
  return lines.map(({ text, fill }, line) =>
    plot.text([text], {
      facet: "super",
      frameAnchor: "top-left",
      fontSize: 12,
      fill,
      dx: -50,
      dy: 15 * line - 58,
    }),
  );
}

/** Share of each kind, a panel a stage. */
async function sharesChart(summary: AnalysisSummary, kind: TraitKind): Promise<string> {
  const tool = await plotter();
  const { plot, svg } = tool;
  const points = shownTraits(summary)
    .filter((trait) => trait.kind === kind)
    .map((trait) => ({ ...trait, label: valueTitle(trait.value ?? ""), panel: `stage ${trait.stage + 1}` }));
  const place = { x: "label", fx: "panel" } as const;
  return svg({
    ...common,
    grid: true,
    x: { label: null, domain: points.map(({ label }) => label) },
    fx: { label: null },
    y: { label: "share", domain: [0, 1] },
    marks: [
      plot.frame({ stroke: "#ddd" }),
      plot.ruleX(points, { ...place, y1: "low", y2: "high", stroke: COLOURS.found, strokeWidth: 2 }),
      plot.dot(points, { ...place, y: "found", r: 5, fill: COLOURS.found }),
      plot.dot(points, { ...place, y: "random", r: 5, stroke: COLOURS.random, strokeWidth: 2 }),
      ...captions(tool, legend(summary, "mean")),
    ],
  });
}

async function kernelsChart(summary: AnalysisSummary): Promise<string> {
  const tool = await plotter();
  const { plot, svg } = tool;
  const points = shownTraits(summary)
    .filter((trait) => trait.kind === "kernel")
    .map((trait) => ({ ...trait, label: `stage ${trait.stage + 1}` }));
  return svg({
    ...common,
    grid: true,
    x: { label: null, type: "point" },
    y: { label: "kernel size", nice: true },
    marks: [
      plot.line(points, { x: "label", y: "random", stroke: COLOURS.random, strokeDasharray: "3 3" }),
      plot.line(points, { x: "label", y: "found", stroke: COLOURS.found }),
      plot.ruleX(points, { x: "label", y1: "low", y2: "high", stroke: COLOURS.found, strokeWidth: 2 }),
      plot.dot(points, { x: "label", y: "found", r: 5, fill: COLOURS.found }),
      plot.dot(points, { x: "label", y: "random", r: 5, stroke: COLOURS.random, strokeWidth: 2 }),
      ...captions(tool, legend(summary, "mean")),
    ],
  });
}

/** QKV dimension over embedding dimension of every candidate, a panel a stage that has encoders. */
async function qkvChart({ summary, found, random }: Analysis): Promise<string> {
  const tool = await plotter();
  const { plot, svg } = tool;
  const foundPoints = found.flat().flatMap(({ stages }) => encoders(stages));
  const randomPoints = random.slice(0, MOST_DOTS).flatMap(({ stages }) => encoders(stages));
  const panels = [...new Set([...foundPoints, ...randomPoints].map(({ panel }) => panel))].sort();
  const most = Math.max(
    1,
    largest([...foundPoints, ...randomPoints].map(({ width, qkvDim }) => Math.max(width, qkvDim))),
  );
  const diagonals = panels.map((panel) => ({ panel, x1: 0, x2: most }));
  const place = { x: "width", y: "qkvDim", fx: "panel" } as const;
  return svg({
    ...common,
    height: HEIGHT + 80,
    grid: true,
    x: { label: "embedding dimension", domain: [0, most] },
    fx: { label: null, domain: panels },
    y: { label: "QKV dimension", domain: [0, most] },
    marks: [
      plot.frame({ stroke: "#ddd" }),
      plot.link(diagonals, {
        fx: "panel",
        x1: "x1",
        y1: "x1",
        x2: "x2",
        y2: "x2",
        stroke: "#bbb",
        strokeDasharray: "3 3",
      }),
      plot.dot(randomPoints, { ...place, r: 2, stroke: COLOURS.random, strokeOpacity: 0.5 }),
      plot.dot(foundPoints, { ...place, r: 2.5, fill: COLOURS.found, fillOpacity: 0.5 }),
      ...captions(tool, [
        { text: `● the top ${summary.top} candidates of ${summary.seeds.length} searches`, fill: COLOURS.found },
        { text: "○ random genotypes within the same budget", fill: COLOURS.random },
      ]),
    ],
  });
}

function encoders(stages: readonly HybridStage[]) {
  return stages.flatMap(({ width, blocks }, i) => {
    const qkvDim = blocks.find((block) => block.qkvDim !== undefined)?.qkvDim;
    return qkvDim === undefined ? [] : [{ panel: `stage ${i + 1}`, width, qkvDim }];
  });
}
