/**
 * @file A chart on a canvas: uPlot has the axes, scales and sizes; what stands between them is drawn by whoever uses it, since tens
 * of thousands of points in no order are no series.
 */

import { axisTicks, type Range, roundNumber } from "@esnas/core/internal";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { DotLayer, type Dots } from "./dot-layer.js";

/** What a drawing is given: the canvas, and the way from values to its pixels. */
export interface Plot {
  readonly context: CanvasRenderingContext2D;
  x(value: number): number;
  y(value: number): number;
  /** Canvas pixels of the area between the axes. */
  readonly area: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  /** Canvas pixels of one CSS pixel. */
  readonly density: number;
  /** A colour of the style sheets by its name, as it is in the present scheme. */
  colour(name: string): string;
}

interface ChartProps {
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xRange: Range;
  readonly yRange: Range;
  readonly height: number;
  readonly dots: Dots;
  /** Draws what lies above the dots; called whenever the chart is drawn. */
  readonly draw: (plot: Plot) => void;
  /** Changes when there is something new to draw. */
  readonly version: number | string;
  /** A click, in values and in the CSS pixels that one unit of each axis is long. */
  /** True where the key means something here. */
  readonly onKey?: (key: string) => boolean;
  readonly onClick?: (x: number, y: number, perUnit: { readonly x: number; readonly y: number }) => void;
}

/** A probe of colours: `light-dark()` is worked out where it is used, not where it is named. */
function colourOf(probe: HTMLElement, name: string): string {
  probe.style.color = `var(--${name})`;
  const colour = getComputedStyle(probe).color;
  probe.style.color = "";
  return colour;
}

export function Chart(props: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const now = useRef(props);
  now.current = props;

  useEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const make = () => {
      chart.current?.destroy();
      chart.current = makeChart(current, now);
    };
    make();
    const resized = new ResizeObserver(() => {
      const width = current.clientWidth;
      if (chart.current !== undefined && width > 0 && width !== chart.current.width) {
        chart.current.setSize({ width, height: now.current.height });
      }
    });
    resized.observe(current);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", make);
    return () => {
      scheme.removeEventListener("change", make);
      resized.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [props.xLabel, props.yLabel, props.height]);

  const { version, xRange, yRange } = props;
  useEffect(() => {
    const asked = requestAnimationFrame(() => {
      chart.current?.setData([
        [xRange[0], xRange[1]],
        [yRange[0], yRange[1]],
      ]);
    });
    return () => cancelAnimationFrame(asked);
  }, [version, ...xRange, ...yRange]);

  const { onKey } = props;
  if (onKey === undefined) return <div ref={frame} class="chart" role="img" aria-label={props.label} />;
  return (
    <div
      ref={frame}
      class="chart"
      role="application"
      aria-roledescription="chart"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: points are chosen in it by arrow keys
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !onKey(event.key)) return;
        event.preventDefault();
      }}
    />
  );
}

/** CSS pixels from tick to tick, at least, so that their texts stand apart. */
const TICKS_APART = { x: 80, y: 36 } as const;
const LEAST_TICKS = 6;

/** CSS pixels of the chart along an axis; the first is the one below. */
function lengthOf({ width, height }: uPlot, index: number): number {
  return index === 0 ? width : height;
}

function makeChart(frame: HTMLElement, now: { readonly current: ChartProps }): uPlot {
  const { xLabel, yLabel, height } = now.current;
  const colours = new Map<string, string>();
  const colour = (name: string) => {
    const known = colours.get(name) ?? colourOf(frame, name);
    colours.set(name, known);
    return known;
  };
  const layer = new DotLayer();
  const axis = (label: string, range: () => Range, apart: number): uPlot.Axis => ({
    label,
    labelSize: 22,
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1, size: 4 },
    splits: (u, index) => axisTicks(range(), Math.max(LEAST_TICKS, lengthOf(u, index) / apart)),
    values: (_, values) => values.map(roundNumber),
  });
  const made = new uPlot(
    {
      width: Math.max(200, frame.clientWidth),
      height,
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [...now.current.xRange] },
        y: { range: () => [...now.current.yRange] },
      },
      axes: [
        axis(xLabel, () => now.current.xRange, TICKS_APART.x),
        { ...axis(yLabel, () => now.current.yRange, TICKS_APART.y), size: 64 },
      ],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      hooks: {
        draw: [
          (u) => {
            const { ctx: context } = u;
            const { left, top, width, height: tall } = u.bbox;
            context.save();
            context.beginPath();
            context.rect(left, top, width, tall);
            context.clip();
            const { xRange, yRange } = now.current;
            const perX = width / (xRange[1] - xRange[0]);
            const perY = tall / (yRange[1] - yRange[0]);
            const across = (value: number) => (value - xRange[0]) * perX;
            const down = (value: number) => tall - (value - yRange[0]) * perY;
            layer.draw(
              {
                width: Math.max(1, Math.round(width)),
                height: Math.max(1, Math.round(tall)),
                density: devicePixelRatio,
                x: across,
                y: down,
                colour,
              },
              now.current.dots,
              [...xRange, ...yRange].join(),
            );
            now.current.draw({
              context,
              x: (value) => left + across(value),
              y: (value) => top + down(value),
              area: { left, top, width, height: tall },
              density: devicePixelRatio,
              colour,
            });
            context.restore();
          },
        ],
      },
    },
    [
      [0, 1],
      [0, 1],
    ],
    frame,
  );
  made.under.append(layer.canvas);
  made.over.addEventListener("click", ({ offsetX, offsetY }) => {
    const { xRange, yRange, onClick } = now.current;
    const perUnit = {
      x: made.over.clientWidth / (xRange[1] - xRange[0]),
      y: made.over.clientHeight / (yRange[1] - yRange[0]),
    };
    onClick?.(xRange[0] + offsetX / perUnit.x, yRange[1] - offsetY / perUnit.y, perUnit);
  });
  return made;
}
