/** @file The scores of a search as it went: every candidate, and the best of each phase so far. */

import { axisRange, type Direction, scoreText } from "@esnas/core/internal";
import { useMemo } from "preact/hooks";
import { axesOf, scoreLabel } from "../state/axes.js";
import type { CandidateTable } from "../state/candidates.js";
import { chartVersion, type Study } from "../state/study.js";
import { Chart, type Plot } from "./chart.js";

/** Where the best of a phase became better: order, score, and whether a phase begins there. */
interface Rise {
  readonly order: number;
  readonly score: number;
  readonly isFirst: boolean;
}

function risesOf({ phase, cycle, count }: CandidateTable, scores: ArrayLike<number>, direction: Direction): Rise[] {
  const rises: Rise[] = [];
  const isBetter = (a: number, b: number) => (direction === "maximize" ? a > b : a < b);
  let best = Number.NaN;
  let last = -1;
  for (let i = 0; i < count; i++) {
    const score = scores[i] ?? Number.NaN;
    if (Number.isNaN(score)) continue;
    const isFirst = last < 0 || phase[i] !== phase[last] || cycle[i] !== cycle[last];
    if (isFirst && last >= 0) rises.push({ order: last + 1, score: rises.at(-1)?.score ?? score, isFirst: false });
    if (isFirst || isBetter(score, best)) {
      best = score;
      rises.push({ order: i + 1, score, isFirst });
    }
    last = i;
  }
  if (last >= 0) rises.push({ order: last + 1, score: best, isFirst: false });
  return rises;
}

function drawRises({ context, x, y, density, colour }: Plot, rises: readonly Rise[]): void {
  context.strokeStyle = colour("convnext");
  context.lineWidth = 2 * density;
  context.beginPath();
  let before = 0;
  for (const { order, score, isFirst } of rises) {
    if (isFirst) context.moveTo(x(order), y(score));
    else {
      context.lineTo(x(order), y(before));
      context.lineTo(x(order), y(score));
    }
    before = score;
  }
  context.stroke();
}

function MetricHistory({ study, metric }: { study: Study; metric: string }) {
  const { table, directions } = study;
  const axes = axesOf(study);
  const axis = axes.find(({ id }) => id === metric);
  const orders = axes.find(({ id }) => id === "order");
  const version = chartVersion.value;
  const drawing = useMemo(() => {
    const scores = axis?.column(table) ?? [];
    const { count } = table;
    return {
      scores,
      count,
      rises: risesOf(table, scores, directions[metric] ?? "maximize"),
      yRange: axisRange(Array.from({ length: count }, (_, i) => scores[i] ?? Number.NaN)),
    };
  }, [version, table, metric]);
  if (axis === undefined || orders === undefined) return null;
  const { scores, count, rises, yRange } = drawing;
  const best = rises.at(-1)?.score;
  return (
    <Chart
      label={`${axis.label} of ${count} candidates in order${best === undefined ? "" : `; the best of the last phase has ${scoreText(best)}`}`}
      xLabel="Candidate, in order"
      yLabel={axis.label}
      xRange={[0, Math.max(1, study.expected, count)]}
      yRange={yRange}
      height={240}
      version={version}
      dots={{
        series: `${study.id} ${metric}`,
        xs: orders.column(table),
        ys: scores,
        count,
        size: 2.5,
        opacity: count > 2000 ? 0.35 : 0.7,
        colour: "ibn",
      }}
      draw={(plot) => drawRises(plot, rises)}
    />
  );
}

/** Whether any candidate has a score by it. */
function isScored({ table }: Study, metric: string): boolean {
  return table.scores[metric]?.subarray(0, table.count).some((score) => !Number.isNaN(score)) ?? false;
}

/** What phases are scored by, in words. */
function phasesText({ settings, space }: Study): string {
  const { algorithm, topologyMetric, sizeMetric } = settings;
  const hasSizes = space.genes.some(({ role }) => role === "size");
  if (algorithm !== "cyclic" || topologyMetric === sizeMetric) return "";
  if (!hasSizes) return `All genes of this space are of the topology, which ${scoreLabel(topologyMetric)} orders. `;
  return `Topology phases choose block kinds by ${scoreLabel(topologyMetric)}, size phases choose depths, widths and kernels by ${scoreLabel(sizeMetric)}. `;
}

export function ScoreHistory({ study }: { study: Study }) {
  void chartVersion.value;
  const { metrics } = study.table;
  const scored = metrics.filter((metric) => isScored(study, metric));
  const without = metrics.filter((metric) => !scored.includes(metric)).map(scoreLabel);
  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title">Scores, phase by phase</h2>
      <p class="hint">
        {phasesText(study)}
        {scored.length > 0 && "The line is the best of each phase so far. "}
        {without.length > 0 && `No candidate has a score by ${without.join(", ")}.`}
      </p>
      {scored.map((metric) => (
        <MetricHistory key={metric} study={study} metric={metric} />
      ))}
    </section>
  );
}
