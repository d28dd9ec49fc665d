/** @file All candidates of a search as points, with the front of those that no other one beats, and models that are known by a name. */

import { axisRange, grouped, type LatencyProfile, type Range } from "@esnas/core/internal";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type AxisChoice, axesOf, nearest } from "../state/axes.js";
import type { CandidateTable } from "../state/candidates.js";
import { lab } from "../state/lab.js";
import { Latencies } from "../state/latencies.js";
import { paretoFront } from "../state/pareto.js";
import { profile } from "../state/profile.js";
import { chartVersion, type Study } from "../state/study.js";
import { stepBy } from "../state/walk.js";
import type { KnownModel } from "../workers/lab.worker.js";
import { Chart, type Plot } from "./chart.js";

interface ScatterProps {
  readonly study: Study;
  readonly chosen: number | undefined;
  readonly onChoose: (order: number) => void;
}

/** A model with all that an axis may ask for. */
type ModelPoint = KnownModel & { readonly entropy?: number };

/** Models that are known by a name, their scores as they come. */
function useModels(
  isWanted: boolean,
  needsEntropy: boolean,
  seed: number,
  predictor: LatencyProfile | undefined,
): readonly ModelPoint[] {
  const [models, setModels] = useState<readonly ModelPoint[]>([]);
  useEffect(() => {
    if (!isWanted) return;
    void lab()
      .knownModels(predictor)
      .then(
        (fresh) =>
          setModels((known) => fresh.map((model) => ({ ...known.find(({ name }) => name === model.name), ...model }))),
        () => {},
      );
  }, [isWanted, predictor]);
  useEffect(() => {
    let isGone = false;
    const score = async () => {
      for (const { name } of models.filter(({ entropy }) => entropy === undefined)) {
        const entropy = await lab().modelEntropy(name, seed);
        if (isGone) return;
        const value = typeof entropy === "number" ? entropy : Number.NaN;
        setModels((known) => known.map((model) => (model.name === name ? { ...model, entropy: value } : model)));
      }
    };
    if (isWanted && needsEntropy && models.length > 0) void score().catch(() => {});
    return () => {
      isGone = true;
    };
  }, [isWanted, needsEntropy, models.length === 0]);
  return models;
}

/** By the profile of the search, or else by that of the page. */
function useLatencies(study: Study): Latencies | undefined {
  const known = study.settings.latencyProfile?.profile ?? profile();
  return useMemo(() => (known === undefined ? undefined : new Latencies(study, known)), [study, known]);
}

/** Candidates whose latency is known; works out what is new where that is wanted. */
function useTimed(latencies: Latencies | undefined, isWanted: boolean): number {
  const [timed, setTimed] = useState(0);
  const version = chartVersion.value;
  useEffect(() => {
    if (!isWanted || latencies === undefined) return;
    void latencies.follow(() => setTimed(latencies.count)).catch(() => {});
  }, [latencies, isWanted, version]);
  return timed;
}

function coordinateOf(model: Omit<ModelPoint, "title" | "designedBy">, { id }: AxisChoice): number {
  const values: Readonly<Record<string, unknown>> = {
    parameters: model.parameters,
    macs: model.macs,
    logsynflow: model.logsynflow,
    "entropic-score": model.entropy,
    latency: model.latency,
  };
  const value = values[id];
  return typeof value === "number" ? value : Number.NaN;
}

/** Axes are as long as the candidates need, or half as long again where models stand there. */
function withModels([min, max]: Range, values: readonly number[]): Range {
  const room = (max - min) / 2;
  return axisRange([min, max, ...values.filter((value) => value > min - room && value < max + room)]);
}

function* filled(column: ArrayLike<number>, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield column[i] ?? Number.NaN;
}

function drawFront({ context, x, y, density, colour }: Plot, front: readonly (readonly [number, number])[]): void {
  context.strokeStyle = colour("convnext");
  context.lineWidth = 2 * density;
  context.beginPath();
  front.forEach(([px, py], i) => {
    if (i > 0) context.lineTo(x(px), y(front[i - 1]?.[1] ?? py));
    context.lineTo(x(px), y(py));
  });
  context.stroke();
}

interface PlacedModel {
  readonly title: string;
  readonly designedBy: ModelPoint["designedBy"];
  readonly x: number;
  readonly y: number;
}

/** Diamonds of those that people designed, triangles of ours. */
function drawModels({ context, x, y, density, colour, area }: Plot, placed: readonly PlacedModel[]) {
  context.font = `${12 * density}px system-ui, sans-serif`;
  for (const { title, designedBy, x: px, y: py } of placed) {
    const [cx, cy, r] = [x(px), y(py), 5 * density];
    const corners = [
      [0, -r],
      [r, designedBy === "hand" ? 0 : r],
      ...(designedBy === "hand" ? [[0, r]] : []),
      [-r, designedBy === "hand" ? 0 : r],
    ];
    context.fillStyle = colour(designedBy === "hand" ? "transformer" : "convnext");
    context.beginPath();
    for (const [dx = 0, dy = 0] of corners) context.lineTo(cx + dx, cy + dy);
    context.fill();
    const isRight = cx > area.left + 0.8 * area.width;
    context.textAlign = isRight ? "right" : "left";
    context.fillText(title, cx + (isRight ? -8 : 8) * density, cy + 4 * density);
  }
}

function drawChosen({ context, x, y, density, colour }: Plot, px: number, py: number): void {
  context.strokeStyle = colour("ink");
  context.lineWidth = 2 * density;
  context.beginPath();
  context.arc(x(px), y(py), 7 * density, 0, 2 * Math.PI);
  context.stroke();
}

function Choice({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: readonly AxisChoice[];
  onChange: (id: string) => void;
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {choices.map(({ id, label: name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Rows of the list of the front. */
const MOST_ROWS = 12;

function spread<T>(things: readonly T[], most: number): readonly T[] {
  if (things.length <= most) return things;
  return Array.from({ length: most }, (_, i) => things[Math.round((i * (things.length - 1)) / (most - 1))] as T);
}

function FrontTable({
  front,
  x,
  y,
  table,
  onChoose,
}: {
  front: readonly number[];
  x: AxisChoice;
  y: AxisChoice;
  table: CandidateTable;
  onChoose: (order: number) => void;
}) {
  return (
    <table>
      <caption class="visually-hidden">Candidates on the front</caption>
      <thead>
        <tr>
          <th scope="col">candidate</th>
          <th scope="col">{x.label}</th>
          <th scope="col">{y.label}</th>
        </tr>
      </thead>
      <tbody>
        {spread(front, MOST_ROWS).map((order) => (
          <tr key={order}>
            <th scope="row">
              <button type="button" onClick={() => onChoose(order)}>
                Show {order + 1}
              </button>
            </th>
            <td>{x.show(x.column(table)[order] ?? Number.NaN)}</td>
            <td>{y.show(y.column(table)[order] ?? Number.NaN)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The last metric that any candidate has a score by: the most of a search's candidates have that. */
function scoredMetric({ metrics, scores, count }: CandidateTable): string | undefined {
  return metrics.findLast((metric) => scores[metric]?.subarray(0, count).some((score) => !Number.isNaN(score)));
}

/** Candidates that have both values. */
function placedOf(xs: ArrayLike<number>, ys: ArrayLike<number>, count: number): number {
  let placed = 0;
  for (let i = 0; i < count; i++) if (Number.isFinite((xs[i] ?? Number.NaN) + (ys[i] ?? Number.NaN))) placed++;
  return placed;
}

function valueText({ label, show }: AxisChoice, value = Number.NaN): string {
  return Number.isNaN(value) ? `no ${label}` : `${label} ${show(value)}`;
}

export function Scatter({ study, chosen, onChoose }: ScatterProps) {
  const { table, settings } = study;
  const latencies = useLatencies(study);
  const axes = axesOf(study, latencies);
  const [xId, setX] = useState("parameters");
  const [yId, setY] = useState(() => scoredMetric(table) ?? "macs");
  const [hasModels, setModels] = useState(false);
  const x = axes.find(({ id }) => id === xId) ?? axes[0];
  const y = axes.find(({ id }) => id === yId) ?? axes[1];
  const models = useModels(
    hasModels,
    xId === "entropic-score" || yId === "entropic-score",
    settings.seed,
    latencies?.profile,
  );
  const isTimed = x?.id === "latency" || y?.id === "latency";
  const timed = useTimed(latencies, isTimed);
  const version = chartVersion.value;
  const drawing = useMemo(() => {
    if (x === undefined || y === undefined) return undefined;
    const [xs, ys] = [x.column(table), y.column(table)];
    const count = isTimed ? (latencies?.count ?? 0) : table.count;
    const front = paretoFront(xs, ys, count, { x: x.better, y: y.better });
    const points = models.flatMap(({ title, designedBy, ...model }): PlacedModel[] => {
      const [px, py] = [coordinateOf(model, x), coordinateOf(model, y)];
      return Number.isFinite(px + py) ? [{ title, designedBy, x: px, y: py }] : [];
    });
    const xRange = withModels(
      axisRange(numbersOfBoth(xs, ys, count)),
      points.map((point) => point.x),
    );
    const yRange = withModels(
      axisRange(numbersOfBoth(ys, xs, count)),
      points.map((point) => point.y),
    );
    return { xs, ys, count, placed: placedOf(xs, ys, count), front, points, xRange, yRange };
  }, [version, table, xId, yId, models, timed]);
  if (x === undefined || y === undefined || drawing === undefined) return null;
  const { xs, ys, count, placed, front, points, xRange, yRange } = drawing;
  const draw = (plot: Plot) => {
    drawFront(
      plot,
      front.map((i) => [xs[i] ?? 0, ys[i] ?? 0]),
    );
    if (hasModels) drawModels(plot, points);
    if (chosen !== undefined) drawChosen(plot, xs[chosen] ?? Number.NaN, ys[chosen] ?? Number.NaN);
  };
  return (
    <section class="panel" aria-labelledby="scatter-title">
      <div class="panel-head">
        <h2 id="scatter-title">All candidates</h2>
        <div class="selects">
          <Choice label="X axis" value={x.id} choices={axes} onChange={setX} />
          <Choice label="Y axis" value={y.id} choices={axes} onChange={setY} />
          <label class="check">
            <span>Known models</span>
            <input
              type="checkbox"
              checked={hasModels}
              onChange={({ currentTarget }) => setModels(currentTarget.checked)}
            />
          </label>
        </div>
      </div>
      {placed === 0 && (
        <p class="hint">
          No candidate has both {x.label} and {y.label} yet.
        </p>
      )}
      {placed > 0 && placed < count && (
        <p class="hint">
          {grouped(placed)} of {grouped(count)} candidates: the others have no value on one of these axes.
        </p>
      )}
      <Chart
        label={`${placed} candidates by ${x.label} and ${y.label}; ${front.length} are on the front, which is listed below`}
        xLabel={x.label}
        yLabel={y.label}
        xRange={xRange}
        yRange={yRange}
        height={420}
        dots={{
          series: `${study.id} ${x.id} ${y.id} ${isTimed ? latencies?.id : ""}`,
          xs,
          ys,
          count,
          size: count > 2000 ? 3 : 4,
          opacity: count > 2000 ? 0.45 : 0.8,
          colour: "ibn",
        }}
        draw={draw}
        version={`${version} ${chosen} ${hasModels} ${points.length} ${timed}`}
        onClick={(px, py, perUnit) => {
          const order = nearest(xs, ys, count, { x: px, y: py }, perUnit);
          if (order !== undefined) onChoose(order);
        }}
        onKey={(key) => {
          const fromLeft = x.better === "less" ? front : front.toReversed();
          const order = stepBy(key, { chosen, front: fromLeft, xs, count });
          if (order !== undefined) onChoose(order);
          return order !== undefined;
        }}
      />
      <p role="status" class="hint">
        {chosen !== undefined &&
          `Candidate ${grouped(chosen + 1)}: ${valueText(x, xs[chosen])}, ${valueText(y, ys[chosen])}${
            front.includes(chosen) ? "; on the front" : ""
          }`}
      </p>
      <ul class="legend">
        <li>
          <span class="mark mark-dot" /> a candidate: click it to see it, or choose by arrow keys: left and right along
          the front, up and down in order
        </li>
        <li>
          <span class="mark mark-line" /> the front: no candidate is better in both
        </li>
        {hasModels && (
          <li>
            <span class="mark mark-triangle" /> ESFormer, which our search found, at 256 × 256 and 1000 classes
          </li>
        )}
        {hasModels && (
          <li>
            <span class="mark mark-diamond" /> a hand-designed model, as far as it lies near
          </li>
        )}
      </ul>
      <details>
        <summary>The front as a list</summary>
        <FrontTable front={front} x={x} y={y} table={table} onChoose={onChoose} />
      </details>
    </section>
  );
}

/** The numbers of one column where the other has one too. */
function* numbersOfBoth(column: ArrayLike<number>, other: ArrayLike<number>, count: number): Generator<number> {
  let i = 0;
  for (const value of filled(column, count)) {
    if (!Number.isNaN(other[i] ?? Number.NaN)) yield value;
    i++;
  }
}
