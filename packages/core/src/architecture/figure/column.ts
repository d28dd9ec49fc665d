/** @file How a stage looks: the feature map that it gives, and below it a card with its figures and its blocks. */

import { big } from "../../base/numbers.js";
import type { StageDescription } from "../describe.js";
import { drawBlock, labels } from "./block.js";
import { type Column, HEADING_LINE, HEADING_TITLE, PADDING, type PlacedItem, type Rectangle } from "./layout.js";
import { polygon, rectangle } from "./shapes.js";
import { element, type SvgElement } from "./svg.js";
import { textAt } from "./text.js";

/** The largest feature map of a figure. */
export interface MapScale {
  /** Pixels of the longer side. */
  readonly side: number;
  readonly channels: number;
}

/** In pixels of the figure, those of the largest feature map. */
const FACE = 50;
const SLANT = 26;
const SMALLEST_FACE = 5;

export function drawColumn({ stage, map, card, items }: Column, scale: MapScale): SvgElement {
  return element("g", { class: "stage", "data-stage": stage.name }, [
    ...drawMap(stage, map, scale),
    rectangle(card, "card", 10),
    ...drawHeading(stage, card),
    ...items.map(drawItem),
  ]);
}

/** `stages.2` is called Stage 3, as papers count. */
export function stageTitle(name: string): string {
  const index = /^stages\.(\d+)$/.exec(name)?.[1];
  return index === undefined ? name.charAt(0).toUpperCase() + name.slice(1) : `Stage ${Number(index) + 1}`;
}

/** A solid whose face grows with the map's sides and whose depth grows with its channels; a rod for a vector. */
function drawMap(stage: StageDescription, { x, y, width, height }: Rectangle, scale: MapScale): SvgElement[] {
  const face = (side: number) => Math.max(SMALLEST_FACE, FACE * Math.sqrt(side / scale.side));
  const [rows, columns] = stage.resolution ?? [0, 0];
  const [faceHeight, faceWidth] = [face(rows), face(columns)];
  const slant = SLANT * Math.sqrt(Math.min(1, stage.width / scale.channels));
  const left = x + (width - faceWidth - slant) / 2;
  const right = left + faceWidth;
  const bottom = y + height - PADDING;
  const top = bottom - faceHeight;
  return [
    polygon("map-side", [
      [left, top],
      [left + slant, top - slant],
      [right + slant, top - slant],
      [right, top],
    ]),
    polygon("map-side", [
      [right, top],
      [right + slant, top - slant],
      [right + slant, bottom - slant],
      [right, bottom],
    ]),
    rectangle({ x: left, y: top, width: faceWidth, height: faceHeight }, "map-face", 0),
  ];
}

function drawHeading(stage: StageDescription, card: Rectangle): SvgElement[] {
  const [left, right, top] = [card.x + PADDING, card.x + card.width - PADDING, card.y + PADDING];
  const title = top + HEADING_TITLE / 2 - 2;
  const depth = stage.depth === 1 ? "1 block" : `${stage.depth} blocks`;
  return [
    textAt(left, title, stageTitle(stage.name), "heading", { width: right - left }),
    ...(stage.name.startsWith("stages.") ? [textAt(right, title, depth, "text", { anchor: "end" })] : []),
    ...figuresOf(stage).flatMap(([name, value], i) => {
      const middle = top + HEADING_TITLE + (i + 0.5) * HEADING_LINE;
      return [
        textAt(left, middle, name, "small", { paint: "muted" }),
        textAt(right, middle, value, "small", { anchor: "end" }),
      ];
    }),
  ];
}

function figuresOf({ resolution, width, parameters, macs }: StageDescription): [name: string, value: string][] {
  return [
    ["Resolution", resolution === undefined ? "–" : resolution.join(" × ")],
    [resolution === undefined ? "Outputs" : "Channels", String(width)],
    ["Parameters", big(parameters)],
    ["MACs", big(macs)],
  ];
}

function drawItem({ item, box }: PlacedItem): SvgElement {
  if (item.kind === "block") return drawBlock(item.block, box);
  const ring = rectangle(box, "end", box.height / 2);
  return element("g", { class: item.kind }, [ring, ...labels(box, item.text, "")]);
}
