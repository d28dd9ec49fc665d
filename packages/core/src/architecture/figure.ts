/**
 * @file An architecture as a drawing for papers and pages: a standalone SVG, legible on light and on dark, that is the same
 * for the same architecture. Layout, shapes and colours are in `figure/`.
 */

import { largest } from "../base/extremes.js";
import { type Architecture, architectureCosts, checkArchitecture } from "./architecture.js";
import { describeStages, type StageDescription } from "./describe.js";
import { drawColumn, type MapScale, stageTitle } from "./figure/column.js";
import { type Layout, layOut, MARGIN } from "./figure/layout.js";
import { drawFooter, totalsOf } from "./figure/legend.js";
import { arrow, rectangle } from "./figure/shapes.js";
import { element, render, type SvgElement } from "./figure/svg.js";
import { textAt } from "./figure/text.js";
import { FONTS, styleSheet } from "./figure/theme.js";
import { wiresOf } from "./figure/wires.js";

/** What a drawing shows. */
export interface FigureOptions {
  /** The architecture's name where none is given. */
  readonly title?: string;
  /** A line under the title; none where it is absent. */
  readonly subtitle?: string;
}

/**
 * The architecture as an SVG document: stages as columns of blocks with their sizes, a legend, parameters and MACs.
 * Colours follow the reader's colour scheme.
 * @example
 * ```ts
 * import { figureSvg, modelNamed } from "@esnas/core";
 *
 * console.log(figureSvg(modelNamed("mobilenetv2_100").build()).length);
 * ```
 */
export function figureSvg(architecture: Architecture, options: FigureOptions = {}): string {
  checkArchitecture("figureSvg", architecture);
  const { title = architecture.name, subtitle = "" } = options;
  const stages = describeStages(architecture);
  const costs = architectureCosts(architecture);
  const output = architecture.blocks.at(-1)?.output ?? architecture.input;
  const layout = layOut(stages, {
    input: { kind: "input", text: `Input ${sizeOf(architecture.input)}` },
    output: { kind: "output", text: `Output ${sizeOf(output)}` },
  });
  const { width, height } = layout;
  const drawing = [
    element("title", {}, title),
    element("desc", {}, [subtitle, stages.map(summaryOf).join("; "), totalsOf(costs)].filter(Boolean).join(". ")),
    element("style", {}, styleSheet(architecture.blocks.map(({ spec }) => spec.kind))),
    rectangle({ x: 0, y: 0, width, height }, "paper", 14),
    ...drawTitles(title, subtitle, width),
    ...drawNetwork(layout, scaleOf(stages)),
    ...drawFooter(stages, costs, layout.footer),
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    class: "esnas-figure",
    role: "img",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "font-family": FONTS,
  };
  return `${render(element("svg", attributes, drawing))}\n`;
}

function sizeOf(shape: readonly number[]): string {
  return shape.slice(1).join("×");
}

function summaryOf({ name, kinds, resolution, width }: StageDescription): string {
  const counts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  const size = resolution === undefined ? `${width} outputs` : `${width} channels at ${resolution.join(" × ")}`;
  return `${stageTitle(name)}: ${counts.join(", ")}, ${size}`;
}

function scaleOf(stages: readonly StageDescription[]): MapScale {
  const maps = stages.filter((stage) => stage.resolution !== undefined);
  const most = (sizes: readonly number[]) => Math.max(1, largest(sizes));
  return {
    side: most(maps.flatMap((stage) => stage.resolution ?? [])),
    channels: most(maps.map((stage) => stage.width)),
  };
}

function drawTitles(title: string, subtitle: string, width: number): SvgElement[] {
  const room = width - 2 * MARGIN;
  const heading = textAt(MARGIN, MARGIN + 10, title, "title", { width: room });
  return subtitle === ""
    ? [heading]
    : [heading, textAt(MARGIN, MARGIN + 34, subtitle, "text", { width: room, paint: "muted" })];
}

function drawNetwork({ columns }: Layout, scale: MapScale): SvgElement[] {
  return [
    ...columns.map((column) => drawColumn(column, scale)),
    element("g", { class: "wires" }, wiresOf(columns).flatMap(arrow)),
  ];
}
